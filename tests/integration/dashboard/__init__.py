"""The metrics API over the running product."""
