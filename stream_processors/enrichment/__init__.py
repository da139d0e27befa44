"""From an event to its derived columns."""
