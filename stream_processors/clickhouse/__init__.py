"""The ClickHouse client, and the columns, rows and blocks that it sends."""
