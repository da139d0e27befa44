"""The stack without Docker: a Kafka-protocol broker and a real ClickHouse engine from Python wheels."""
