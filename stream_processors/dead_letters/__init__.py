"""Refused records: list, replay and drop them."""
