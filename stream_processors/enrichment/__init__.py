"""Derives columns and fold events from valid events; its only I/O is reading the GeoIP database."""
