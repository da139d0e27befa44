"""The stack without Docker: a Kafka-protocol broker and a real ClickHouse engine, started from Python wheels."""
