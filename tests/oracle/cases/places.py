"""world_map and world_map_places, with MaxMind's test database (tests/data/geoip)."""

from tests.oracle.cases.script import Cases, Script
from tests.oracle.scope import Row

PLACES = Cases()
LONDON = ("GB", "England", "London", 51.5142, -0.0931)
BOXFORD = ("GB", "West Berkshire", "Boxford", 51.75, -1.25)
JAPAN = ("JP", "unknown", "unknown", 35.68536, 139.75309)
UNKNOWN = ("unknown", "unknown", "unknown", None, None)


def _addresses(script: Script, *addresses: str) -> None:
    for number, address in enumerate(addresses):
        script.engage("10:00:00", f"chat-{number}", customer_ip_address=address)


@PLACES.of("world_map")
def most_conversations_come_first_then_the_name(script: Script) -> None:
    _addresses(script, "81.2.69.142", "2.125.160.216", "89.160.20.112", "2001:218::1")
    script.expect("world_map", [("GB", 2), ("JP", 1), ("SE", 1)])


@PLACES.of("world_map")
def of_a_list_the_first_public_address_counts(script: Script) -> None:
    _addresses(script, "10.0.0.1, 81.2.69.142, 89.160.20.112", "nonsense,::1 , 89.160.20.112", "224.0.0.1,81.2.69.142")
    script.expect("world_map", [("GB", 2), ("SE", 1)])


@PLACES.of("world_map")
def a_port_is_stripped_and_a_mapped_address_is_its_ipv4(script: Script) -> None:
    _addresses(script, "81.2.69.142:443", "[2001:218::1]:8080", "::ffff:89.160.20.112", " [::ffff:81.2.69.142]:1 ")
    script.expect("world_map", [("GB", 2), ("JP", 1), ("SE", 1)])


@PLACES.of("world_map")
def private_reserved_invalid_and_missing_addresses_are_ignored(script: Script) -> None:
    _addresses(script, "10.1.2.3", "192.168.1.1", "127.0.0.1", "203.0.113.5", "fe80::1", "239.1.1.1", "81.2.69", "host")
    script.user("10:00:00", "absent")
    script.expect("world_map", [("unknown", 9)])


@PLACES.of("world_map")
def the_first_public_address_counts_and_a_private_one_before_it_does_not(script: Script) -> None:
    script.engage("10:00:00", customer_ip_address="192.168.1.1")
    script.visit("10:02:00", customer_ip_address="89.160.20.112")
    script.visit("10:01:00", customer_ip_address="81.2.69.142")
    script.expect("world_map", [("GB", 1)])


@PLACES.of("world_map")
def a_public_address_missing_in_the_database_stays_first(script: Script) -> None:
    script.engage("10:00:00", customer_ip_address="8.8.8.8")
    script.engage("10:01:00", customer_ip_address="81.2.69.142")
    script.engage("10:00:00", "list", customer_ip_address="8.8.8.8, 81.2.69.142")
    script.expect("world_map", [("unknown", 2)])
    script.expect("world_map_places", [(*UNKNOWN, 2)])


@PLACES.of("world_map")
def only_engaged_conversations_are_on_the_map(script: Script) -> None:
    script.visit("10:00:00", "visited", customer_ip_address="89.160.20.112")
    script.visit("10:00:00", "engaged", customer_ip_address="81.2.69.142")
    script.user("12:00:00", "engaged")
    script.expect("world_map", [("GB", 1)])
    script.expect("world_map", [], since="10:00:00", until="11:00:00")


@PLACES.of("world_map_places")
def the_last_subdivision_names_the_region(script: Script) -> None:
    _addresses(script, "2.125.160.216", "81.2.69.142", "81.2.69.160")
    script.expect("world_map_places", [(*LONDON, 2), (*BOXFORD, 1)])


@PLACES.of("world_map_places")
def missing_names_in_the_database_are_unknown_beside_the_coordinates(script: Script) -> None:
    _addresses(script, "2001:218::1", "nonsense")
    rows: list[Row] = [(*JAPAN, 1), (*UNKNOWN, 1)]
    script.expect("world_map_places", rows)
