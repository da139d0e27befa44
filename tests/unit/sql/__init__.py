"""The Python side of the schema, without a server."""
