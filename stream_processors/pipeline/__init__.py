"""The steps of a flush, in their order."""
