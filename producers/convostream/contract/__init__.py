"""The event contract: models, JSON Schema, event ids and the wire format."""
