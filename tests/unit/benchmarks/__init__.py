"""The benchmark's own parts, without a server."""
