"""The embedded stack asked by the clients that people use: clickhouse-connect, clickhouse-go, curl."""
