"""The HTTP side of the server: connections, requests, bodies and responses."""
