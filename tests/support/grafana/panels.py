"""Read the generated dashboards as Grafana does, as far as the tests need them."""

import json
from typing import Any, Literal

from pydantic import BaseModel, Field

from deploy.grafana.files import HERE

Name = Literal["overview", "pipeline-health"]
NAMES: tuple[Name, ...] = ("overview", "pipeline-health")


class Source(BaseModel):
    """A reference to a data source."""

    type: str
    uid: str


class Target(BaseModel):
    """One query of a panel."""

    datasource: Source
    sql: str = Field("", alias="rawSql")
    promql: str = Field("", alias="expr")


class Override(BaseModel):
    """The options of one column."""

    matcher: dict[str, str]
    properties: list[dict[str, Any]]


class FieldConfig(BaseModel):
    """The options of a panel's values."""

    defaults: dict[str, Any]
    overrides: list[Override]


class Panel(BaseModel):
    """One panel with data."""

    id: int
    type: str
    title: str
    description: str = ""
    targets: list[Target]
    config: FieldConfig = Field(alias="fieldConfig")
    grid: dict[str, int] = Field(alias="gridPos")


def dashboard(name: Name) -> dict[str, Any]:
    """Return a whole dashboard."""
    loaded: dict[str, Any] = json.loads((HERE / f"dashboards/{name}.json").read_text())
    return loaded


def panels(name: Name) -> list[Panel]:
    """Return the panels of a dashboard without its headings."""
    return [Panel.model_validate(panel) for panel in dashboard(name)["panels"] if panel["type"] != "row"]
