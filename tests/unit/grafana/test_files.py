"""The files in the repository are those of the generator, and Compose passes Grafana the variables that they need."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from deploy.grafana import files, sources
from deploy.grafana.__main__ import main
from tests.support.grafana.panels import NAMES, Name, dashboard, panels
from tests.support.project.compose_file import resolved
from tests.support.project.env_example import variables

SERVICES = resolved({variable.name: variable.value for variable in variables() if variable.active}).services
GRAFANA = SERVICES["grafana"]

every_dashboard = pytest.mark.parametrize("name", NAMES)


def test_no_file_has_drifted() -> None:
    assert files.drifted() == []


def test_no_file_is_left_over() -> None:
    there = {path for folder in ("provisioning", "dashboards") for path in (files.HERE / folder).rglob("*.*")}
    assert there == files.files().keys()


def test_the_command_lists_drifted_files_and_fixes_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "HERE", tmp_path / "deploy/grafana")
    monkeypatch.setattr("deploy.grafana.__main__.HERE", tmp_path / "deploy/grafana")
    run = CliRunner().invoke
    checked, written, again = run(main, ["--check"]), run(main), run(main, ["--check"])
    assert (checked.exit_code, written.exit_code, again.exit_code) == (1, 0, 0)
    assert checked.output == written.output
    assert "deploy/grafana/dashboards/overview.json\n" in checked.output
    assert again.output == ""


@every_dashboard
def test_a_dashboard_uses_only_provisioned_data_sources(name: Name) -> None:
    provisioned = yaml.safe_load((files.HERE / "provisioning/datasources/convostream.yaml").read_text())
    known = {(source["type"], source["uid"]) for source in provisioned["datasources"]}
    asked = {(target.datasource.type, target.datasource.uid) for panel in panels(name) for target in panel.targets}
    assert asked <= known


@every_dashboard
def test_panels_have_ids_of_their_own_and_do_not_overlap(name: Name) -> None:
    shown = panels(name)
    cells = [
        (x, y)
        for panel in shown
        for x in range(panel.grid["x"], panel.grid["x"] + panel.grid["w"])
        for y in range(panel.grid["y"], panel.grid["y"] + panel.grid["h"])
    ]
    assert len({panel.id for panel in shown}) == len(shown)
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_a_dashboard_loads_nothing_from_another_host() -> None:
    texts = [text for path, text in files.files().items() if path.suffix == ".json"]
    hosts = {host for text in texts for host in re.findall(r"https?://([\w.-]+)", text)}
    assert hosts == {"db-ip.com"}


def test_the_source_of_geolocation_is_named() -> None:
    (link,) = [link for link in dashboard("overview")["links"] if link["type"] == "link"]
    assert (link["title"], link["url"]) == ("IP geolocation by DB-IP", "https://db-ip.com")
    assert link["placement"] != "inControlsMenu"


def test_compose_installs_the_version_of_the_data_source_that_queries_are_written_for() -> None:
    plugin = f"{sources.CLICKHOUSE_PLUGIN}@{sources.CLICKHOUSE_PLUGIN_VERSION}"
    assert GRAFANA.environment["GF_PLUGINS_PREINSTALL_SYNC"] == plugin


def test_compose_passes_grafana_the_variables_in_its_files() -> None:
    named = {name for text in files.files().values() for name in re.findall(r"\$(CONVOSTREAM_\w+)", text)}
    assert named == {sources.READER_PASSWORD}
    assert named <= GRAFANA.environment.keys()
    assert sources.ADMIN_PASSWORD in {variable.name for variable in variables() if variable.active}


def test_compose_mounts_every_generated_file_where_grafana_looks() -> None:
    mounted = {v.split(":")[0].removeprefix("./"): v.split(":")[1] for v in GRAFANA.volumes if v.startswith("./")}
    root = files.HERE.parents[1]
    places = {path.parent.relative_to(root).as_posix() for path in files.files()}
    assert places == mounted.keys()
    assert mounted["deploy/grafana/dashboards"] == files.DASHBOARDS
    assert GRAFANA.environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] == f"{files.DASHBOARDS}/overview.json"


def test_the_data_sources_name_services_and_ports_that_compose_starts() -> None:
    provisioned = yaml.safe_load((files.HERE / "provisioning/datasources/convostream.yaml").read_text())
    clickhouse, prometheus = provisioned["datasources"]
    host, port = prometheus["url"].removeprefix("http://").split(":")
    for name, number in ((clickhouse["jsonData"]["host"], clickhouse["jsonData"]["port"]), (host, port)):
        assert f"127.0.0.1:{number}:{number}" in SERVICES[name].ports
