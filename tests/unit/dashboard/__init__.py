"""The dashboard without ClickHouse: times, windows, cursors, the catalogue, and access control."""
