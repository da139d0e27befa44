"""Conversations in memory, loaded from ClickHouse."""
