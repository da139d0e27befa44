"""Queries to ClickHouse: time ranges, filters, lists and cursors."""
