"""The measurements: what is run, and the tables that it fills."""
