"""What every measurement needs: stacks, resource usage, questions, tables and reports."""
