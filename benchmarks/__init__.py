"""What Convostream costs and how fast it is, measured on this machine: `python -m benchmarks`."""
