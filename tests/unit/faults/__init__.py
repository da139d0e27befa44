"""The fault suite's own parts."""
