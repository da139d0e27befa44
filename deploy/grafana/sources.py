"""The two data sources of Grafana, and the queries of the dashboards."""

from typing import Final

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

CLICKHOUSE_PLUGIN: Final = "grafana-clickhouse-datasource"
CLICKHOUSE_PLUGIN_VERSION: Final = "4.20.0"
CLICKHOUSE: Final = DataSourceRef(CLICKHOUSE_PLUGIN, "convostream-clickhouse")
PROMETHEUS: Final = DataSourceRef("prometheus", "convostream-prometheus")

ADMIN_PASSWORD: Final = "CONVOSTREAM_GRAFANA_PASSWORD"  # noqa: S105  (the name of a variable)

# Grafana expands environment variables in its provisioning files; docker-compose.yml sets this one.
READER_PASSWORD: Final = "CONVOSTREAM_READER_PASSWORD"  # noqa: S105  (the name of a variable)

# The format "table": the plugin neither fills gaps nor splits text columns into series.
_TABLE: Final = 1


class SqlQuery(Dataquery, Builder[Dataquery]):
    """One SQL query to ClickHouse, as the editor of the data source stores it."""

    def __init__(self, sql: str) -> None:
        self.sql = sql

    def build(self) -> Dataquery:
        """Return the query, which is its own builder."""
        return self

    def to_json(self) -> dict[str, object]:
        """Return the JSON of the dashboard file."""
        return {
            "refId": "A",
            "datasource": CLICKHOUSE,
            "pluginVersion": CLICKHOUSE_PLUGIN_VERSION,
            "editorType": "sql",
            "queryType": "table",
            "format": _TABLE,
            "rawSql": self.sql,
        }


def series(expression: str, legend: str) -> prometheus.Dataquery:
    """Return a Prometheus query over the range of the dashboard."""
    return prometheus.Dataquery().datasource(PROMETHEUS).expr(expression).legend_format(legend).range()


def instant(expression: str, legend: str = "") -> prometheus.Dataquery:
    """Return a Prometheus query at the end of the range."""
    return prometheus.Dataquery().datasource(PROMETHEUS).expr(expression).legend_format(legend).instant()


def listing(expression: str) -> prometheus.Dataquery:
    """Return a Prometheus query at the end of the range, with one row per set of labels."""
    return instant(expression).format(PromQueryFormat.TABLE)


def data_sources() -> dict[str, object]:
    """Return the provisioning file of both data sources."""
    clickhouse = {
        "name": "Convostream",
        "type": CLICKHOUSE.type_val,
        "uid": CLICKHOUSE.uid,
        "isDefault": True,
        "editable": False,
        "jsonData": {
            "version": CLICKHOUSE_PLUGIN_VERSION,
            "host": "clickhouse",
            "port": 8123,
            "protocol": "http",
            "username": "reader",
            "defaultDatabase": "convostream",
            "dialTimeout": "10",
            "queryTimeout": "30",
        },
        "secureJsonData": {"password": f"${READER_PASSWORD}"},
    }
    workers = {
        "name": "Convostream's workers",
        "type": PROMETHEUS.type_val,
        "uid": PROMETHEUS.uid,
        "editable": False,
        "access": "proxy",
        "url": "http://prometheus:9090",
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s"},
    }
    return {"apiVersion": 1, "datasources": [clickhouse, workers]}
