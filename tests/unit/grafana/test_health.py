"""The health dashboard shows every metric of a worker, queries only exported ones, and its alert rules are valid."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from prometheus_client import Histogram
from prometheus_client.metrics import MetricWrapperBase
from pydantic import BaseModel, ConfigDict, Field

from deploy.grafana.health import JOB
from stream_processors import metrics
from stream_processors.settings import WorkerSettings
from tests.support.grafana.panels import Panel, panels
from tests.support.project.compose_file import Service, resolved
from tests.support.project.env_example import variables
from tests.support.project.metadata import ROOT

FOLDER = ROOT / "deploy/prometheus"
PANELS = panels("pipeline-health")
RANGES = {"$__rate_interval": "1m", "$__range": "6h"}

every_panel = pytest.mark.parametrize("panel", PANELS, ids=[panel.title for panel in PANELS])


class Rule(BaseModel):
    """An alert; Prometheus rejects every other key too."""

    model_config = ConfigDict(extra="forbid")

    alert: str
    expr: str
    lasts: str = Field("0s", alias="for", pattern=r"\d+[smh]")
    labels: dict[str, str]
    annotations: dict[str, str]


class Group(BaseModel):
    """A group of alerts."""

    model_config = ConfigDict(extra="forbid")

    name: str
    rules: list[Rule]


class Rules(BaseModel):
    """The file of the alerts."""

    model_config = ConfigDict(extra="forbid")

    groups: list[Group]


def _rules() -> list[Rule]:
    read = Rules.model_validate(yaml.safe_load((FOLDER / "alerts.yml").read_text()))
    return [rule for group in read.groups for rule in group.rules]


def _names(metric: MetricWrapperBase) -> Iterator[str]:
    """Return the exposed names of a metric."""
    for found in metric.describe():
        if isinstance(metric, Histogram):
            yield from (f"{found.name}_{part}" for part in ("bucket", "sum", "count"))
        else:
            yield f"{found.name}_total" if found.type == "counter" else found.name


def _asked(expressions: list[str]) -> set[str]:
    return {name for expression in expressions for name in re.findall(r"convostream_\w+", expression)}


METRICS = {name: set(_names(value)) for name, value in vars(metrics).items() if isinstance(value, MetricWrapperBase)}
SERVED = set().union(*METRICS.values())
SHOWN = _asked([target.promql for panel in PANELS for target in panel.targets])


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_of_a_worker_is_shown(metric: str) -> None:
    assert METRICS[metric] & SHOWN


def test_every_queried_metric_is_exported_by_a_worker() -> None:
    assert (SHOWN | _asked([rule.expr for rule in _rules()])) - SERVED == set()


@every_panel
def test_a_panel_has_a_unit_a_description_and_a_query(panel: Panel) -> None:
    assert panel.config.defaults["unit"]
    assert panel.description
    assert all(target.promql for target in panel.targets)
    assert panel.targets


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: str(rule.alert))
def test_an_alert_has_a_summary_a_description_and_a_severity(rule: Rule) -> None:
    assert rule.labels["severity"] in {"critical", "warning"}
    assert rule.annotations.keys() == {"summary", "description"}


def test_prometheus_finds_the_workers_where_compose_runs_them() -> None:
    services, scraped = _services(), _scraped(JOB)
    (found,) = scraped["dns_sd_configs"]
    port = WorkerSettings.model_fields["metrics_port"].default
    assert (found["names"], found["type"], found["port"]) == (["worker"], "A", port)
    assert services["worker"].environment["CONVOSTREAM_METRICS_PORT"] == str(port)
    assert services["worker"].environment["CONVOSTREAM_METRICS_HOST"] == "0.0.0.0"  # noqa: S104  (of a container)


def _services() -> dict[str, Service]:
    return resolved({v.name: v.value for v in variables() if v.active}).services


def _scraped(job: str) -> dict[str, Any]:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    return next(dict(found) for found in jobs if found["job_name"] == job)


def test_prometheus_scrapes_clickhouse_where_its_configuration_serves_metrics() -> None:
    mounted = {volume.split(":")[0] for volume in _services()["clickhouse"].volumes}
    assert "./deploy/clickhouse/config.d/convostream.xml" in mounted
    port = ET.parse(ROOT / "deploy/clickhouse/config.d/convostream.xml").findtext("prometheus/port")  # noqa: S314
    assert _scraped("clickhouse")["static_configs"] == [{"targets": [f"clickhouse:{port}"]}]


def test_alerts_reach_the_alertmanager_of_compose() -> None:
    alerting = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["alerting"]["alertmanagers"]
    assert alerting == [{"static_configs": [{"targets": ["alertmanager:9093"]}]}]
    assert "127.0.0.1:9093:9093" in _services()["alertmanager"].ports


@pytest.mark.parametrize("name", ["alertmanager.yml", "receivers.example.yml"])
def test_alertmanager_accepts_the_configuration(name: str) -> None:
    assert _complaints("amtool", "check-config", ROOT / "deploy/alertmanager" / name) == ""


def test_compose_mounts_every_file_of_prometheus() -> None:
    mounted = {volume.split(":")[0] for volume in _services()["prometheus"].volumes}
    assert {f"./deploy/prometheus/{path.name}" for path in FOLDER.iterdir()} <= mounted


def _complaints(tool: str, *arguments: str | Path) -> str:
    """Return the errors of promtool or amtool for a file, empty if it is valid."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} (Debian's packages prometheus and prometheus-alertmanager) is not installed")
    done = subprocess.run([tool, *arguments], capture_output=True, text=True, check=False)
    return f"{done.returncode}: {done.stdout}{done.stderr}" if done.returncode else ""


def test_prometheus_accepts_its_configuration_and_the_alerts() -> None:
    assert _complaints("promtool", "check", "config", FOLDER / "prometheus.yml") == ""


def test_prometheus_accepts_the_query_of_every_panel(tmp_path: Path) -> None:
    expressions = {target.promql for panel in PANELS for target in panel.targets}
    for name, value in RANGES.items():
        expressions = {expression.replace(name, value) for expression in expressions}
    rules = [{"record": f"query:{number}", "expr": text} for number, text in enumerate(sorted(expressions))]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    assert _complaints("promtool", "check", "rules", file) == ""
