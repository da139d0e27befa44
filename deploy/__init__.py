"""What starts Convostream's parts: the embedded stack, Apache Kafka, and the configuration of ClickHouse."""
