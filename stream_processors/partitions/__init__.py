"""Owning partitions, and writing them exactly once."""
