"""The tracking calls: trackers, conversations and timed actions."""
