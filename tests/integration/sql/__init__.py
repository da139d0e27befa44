"""The schema and the views on a real engine, with rows made by hand."""
