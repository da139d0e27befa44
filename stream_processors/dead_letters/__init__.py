"""Records that were refused: list, replay and drop them."""
