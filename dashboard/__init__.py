"""The dashboard: the metrics over HTTP, and the page that shows them."""
