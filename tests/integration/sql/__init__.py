"""The schema and the views on a real engine, with handwritten rows."""
