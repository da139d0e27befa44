"""The embedded stack with its usual clients: clickhouse-connect, clickhouse-go, curl."""
