"""From a call to the broker: queues, the spool and the Kafka producer."""
