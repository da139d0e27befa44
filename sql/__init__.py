"""The ClickHouse schema and the metric views, one object a file, and the tool that applies and checks them.

`python -m sql apply|check|print`; README.md beside this file is the map of the objects.
"""
