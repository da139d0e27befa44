"""The ClickHouse HTTP server over the chDB engine."""
