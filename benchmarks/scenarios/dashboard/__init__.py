"""How fast the dashboard is on millions of events."""
