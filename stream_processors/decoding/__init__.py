"""From bytes to a valid event, or to the reason for refusing it."""
