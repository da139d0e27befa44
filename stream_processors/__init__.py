"""Stream processors: from records of the events topic to rows and signed facts in ClickHouse. Start with `app.py`."""
