"""Grafana's generated files, and the rules of Prometheus."""
