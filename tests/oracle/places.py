"""Addresses to places: the first public address of a text, and what a GeoIP City database says about it."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import maxminddb

from tests.oracle.white_space import trim

PORT_AFTER_IPV4 = re.compile(r"([0-9.]+):[0-9]+")
BRACKETS = re.compile(r"\[([^\]]*)\](:[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Place:
    """A place as the database gives it; what it does not name is `unknown`."""

    country_code: str = "unknown"
    region: str = "unknown"
    city: str = "unknown"
    latitude: float | None = None
    longitude: float | None = None


UNKNOWN_PLACE = Place()
Locate = Callable[[str], Place]


def nowhere(address: str) -> Place:
    """Return the place of an address in an empty database."""
    return UNKNOWN_PLACE


def first_public_address(text: str) -> str | None:
    """Return the first public address of a list, None when there is none."""
    return next((address for part in text.split(",") if (address := _public(trim(part))) is not None), None)


def _public(text: str) -> str | None:
    match = BRACKETS.fullmatch(text) or PORT_AFTER_IPV4.fullmatch(text)
    try:
        address = ipaddress.ip_address(match[1] if match else text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return str(address) if address.is_global and not address.is_multicast else None


class City:
    """A GeoIP City file."""

    def __init__(self, path: Path) -> None:
        self._reader = maxminddb.open_database(path, maxminddb.MODE_MEMORY)
        self.locate: Locate = lru_cache(maxsize=10_000)(self._locate)

    def _locate(self, address: str) -> Place:
        entry = self._reader.get(address)
        if entry is None:
            return UNKNOWN_PLACE
        return Place(
            country_code=_text(entry, "country", "iso_code"),
            region=_text(_last_subdivision(entry), "names", "en"),
            city=_text(entry, "city", "names", "en"),
            latitude=_number(entry, "location", "latitude"),
            longitude=_number(entry, "location", "longitude"),
        )


def _at(entry: object, *path: str) -> object:
    for name in path:
        entry = entry.get(name) if isinstance(entry, dict) else None
    return entry


def _text(entry: object, *path: str) -> str:
    found = _at(entry, *path)
    return found if isinstance(found, str) and found else "unknown"


def _number(entry: object, *path: str) -> float | None:
    found = _at(entry, *path)
    return float(found) if isinstance(found, int | float) else None


def _last_subdivision(entry: object) -> object:
    subdivisions = _at(entry, "subdivisions")
    return subdivisions[-1] if isinstance(subdivisions, list) and subdivisions else None
