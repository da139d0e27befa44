"""A ClickHouse HTTP server over the chDB engine."""
