"""The files that Grafana is provisioned with, as text."""

import json
from pathlib import Path
from typing import Final

import yaml
from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.health import health
from deploy.grafana.overview import overview
from deploy.grafana.sources import data_sources

HERE: Final = Path(__file__).parent

# Where docker-compose.yml puts the dashboards.
DASHBOARDS: Final = "/etc/grafana/dashboards"
_NOTE: Final = "# Written by `python -m deploy.grafana`; change the program, not this file.\n"


def files() -> dict[Path, str]:
    """Every generated file with its text."""
    return {
        HERE / "provisioning/datasources/convostream.yaml": _yaml(data_sources()),
        HERE / "provisioning/dashboards/convostream.yaml": _yaml(_provider()),
        HERE / "dashboards/overview.json": _json(overview()),
        HERE / "dashboards/pipeline-health.json": _json(health()),
    }


def drifted() -> list[Path]:
    """The files that are not there or say something else."""
    return [path for path, text in files().items() if not path.exists() or path.read_text() != text]


def write() -> list[Path]:
    """Writes what has drifted, and says which files these were."""
    found = drifted()
    for path in found:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files()[path])
    return found


def _provider() -> dict[str, object]:
    options = {"path": DASHBOARDS}
    ours = {"name": "Convostream", "folder": "Convostream", "type": "file", "allowUiUpdates": False, "options": options}
    return {"apiVersion": 1, "providers": [ours]}


def _yaml(content: dict[str, object]) -> str:
    return _NOTE + yaml.safe_dump(content, sort_keys=False, width=120)


def _json(dashboard: Dashboard) -> str:
    built = dashboard.build()
    for number, panel in enumerate(built.panels or (), start=1):
        panel.id_val = number
    return json.dumps(built, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
