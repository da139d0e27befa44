"""The domain: computes the facts of a conversation as a pure function of its events (docs/metrics.md)."""
