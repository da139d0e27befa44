"""Metrics of end users: places, devices, customers, sources and languages."""

from dashboard.catalogue.entries import Column, Filled, LeftOut, Link, Metric, count, key
from dashboard.catalogue.volume import NEVER_ENGAGED

COORDINATES = "of the place, from the GeoIP database; NULL when unknown"


def _opening(argument: str, value: str) -> Filled:
    return Filled(argument, f'tracker.get_or_create_conversation("c-1842", {argument}="{value}")')


def _conversations(**from_row: str) -> Column:
    return count("conversations", "Conversations", "conversations", "engaged", Link("conversations", from_row=from_row))


WORLD_MAP = Metric(
    "world_map",
    "World map",
    "breakdown",
    "Engaged conversations (as in total_conversations) per country, with region, city and coordinates on drill-down, "
    "from the first valid public `customer_ip_address`. Of a list (`a, b`) the first public address counts; a port is "
    "removed; `::ffff:a.b.c.d` is a.b.c.d. Public means `is_global` in Python's `ipaddress` and not multicast. A "
    "public address that is not in the database remains the first one and is `unknown`; private, reserved, invalid "
    "and missing addresses are ignored.",
    (
        key("country_code", "Country", "country", "ISO 3166-1 alpha-2, or unknown"),
        _conversations(country="country_code"),
    ),
    (NEVER_ENGAGED,),
    (_opening("customer_ip_address", "203.0.113.7"),),
)

WORLD_MAP_PLACES = Metric(
    "world_map_places",
    "World map, places",
    "breakdown",
    "World map by region, city and coordinates: one row for each distinct place of the GeoIP database.",
    (
        key("country_code", "Country", "country", "ISO 3166-1 alpha-2, or unknown"),
        key("region", "Region", "name", "English name of the last subdivision, or unknown"),
        key("city", "City", "name", "English name, or unknown"),
        Column("latitude", "Latitude", "coordinate", "degrees", COORDINATES),
        Column("longitude", "Longitude", "coordinate", "degrees", COORDINATES),
        _conversations(
            country="country_code", region="region", city="city", latitude="latitude", longitude="longitude"
        ),
    ),
    WORLD_MAP.left_out,
    WORLD_MAP.filled_by,
    drill_down_of="world_map",
)

DEVICE_USAGE = Metric(
    "device_usage",
    "Device usage",
    "breakdown",
    "Engaged conversations per device: desktop, tablet, mobile, other or unknown. Values are case-folded; a value "
    "with a `/` is parsed as a user-agent string; bots, televisions and any other text are `other`. The last known "
    "value counts.",
    (
        key("device", "Device", "name", "desktop, tablet, mobile, other or unknown"),
        _conversations(device="device"),
    ),
    (NEVER_ENGAGED,),
    (_opening("device", "mobile"),),
)

INDIVIDUAL_USERS = Metric(
    "individual_users",
    "Individual users",
    "totals",
    "Distinct `customer_id` (last known value) of conversations with at least one `end_user` message in range. Ids are "
    'trimmed and case-sensitive. "", none, null, undefined, anonymous and unknown (in any case) are not ids and erase '
    "nothing; a conversation without an id counts as anonymous. New: the customer's first `end_user` message ever, for "
    "this agent and environment and within the retention, is in range. Returning: all others.",
    (
        count("users", "Users", "customers", "distinct customer ids with a message in the range", Link("customers")),
        count(
            "new_users", "New", "customers", "first message ever is in the range", Link("customers", {"user": "new"})
        ),
        count("returning_users", "Returning", "customers", "all others", Link("customers", {"user": "returning"})),
        count(
            "anonymous_conversations",
            "Anonymous conversations",
            "conversations",
            "with an end-user message in the range and no customer id",
            Link("conversations", {"basis": "wrote", "user": "anonymous"}),
        ),
    ),
    (LeftOut("conversations without a customer id", "anonymous_conversations"),),
    (_opening("customer_id", "u-77"),),
)

SOURCES = Metric(
    "sources",
    "Sources",
    "breakdown",
    "Engaged conversations per channel in which they started: the first known `source`, trimmed and in lower case.",
    (
        key("source", "Source", "name", "trimmed and in lower case, or unknown"),
        _conversations(source="source"),
    ),
    (NEVER_ENGAGED,),
    (_opening("source", "web"),),
)

LANGUAGES = Metric(
    "languages",
    "Languages",
    "breakdown",
    "Engaged conversations per primary language subtag. en-US, en_US, EN and English are `en`; English names of ISO "
    "639-1 languages are recognised. A primary subtag has 2 or 3 letters and is kept; anything else counts as "
    "missing. The region, in capitals, is kept for the drill-down. The last known value counts.",
    (
        key("language", "Language", "language", "primary language subtag, or unknown"),
        _conversations(language="language"),
    ),
    (NEVER_ENGAGED,),
    (_opening("language", "en-US"),),
)

LANGUAGE_REGIONS = Metric(
    "language_regions",
    "Languages, regions",
    "breakdown",
    "Languages by the region of the language tag, in capitals; `unknown` for tags without a region.",
    (
        key("language", "Language", "language", "primary language subtag, or unknown"),
        key("region", "Region", "name", "of the language tag, in capitals, or unknown"),
        _conversations(language="language", language_region="region"),
    ),
    LANGUAGES.left_out,
    LANGUAGES.filled_by,
    drill_down_of="languages",
)

PEOPLE = (
    WORLD_MAP,
    WORLD_MAP_PLACES,
    DEVICE_USAGE,
    INDIVIDUAL_USERS,
    SOURCES,
    LANGUAGES,
    LANGUAGE_REGIONS,
)
