"""Connections to Kafka: TLS, SASL, tokens and diagnosis."""
