"""Decodes the bytes of records into valid events, or into reasons for rejecting them."""
