"""Apache Kafka from Maven Central: one KRaft node on the loopback address, for `make up BROKER=kafka` and the tests."""
