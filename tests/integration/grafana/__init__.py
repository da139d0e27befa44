"""Grafana's panels on the embedded engine."""
