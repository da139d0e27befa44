"""Example programs for the SDK, and the demo."""
