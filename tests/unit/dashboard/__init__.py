"""The dashboard without ClickHouse: times, windows, cursors, the catalogue, and who may read."""
