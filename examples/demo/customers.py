"""The demo's customers: a few hundred of them, each with a place, a device and a language.

A customer is a function of its number: the same customer always writes from the same network with the same device.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from examples.demo.deterministic_random import Weighted, chance, share
from examples.demo.transcripts import Language

NETWORKS: Final = Path(__file__).parent / "data" / "networks.tsv"

# How many customers speak each language.
COUNT: Final[dict[Language, int]] = {"en": 420, "es": 70}

# How many of them are already customers when the demo's time begins; the others follow one by one.
_EARLY: Final = 0.5

_CHROME = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 {}Safari/537.36"
_SAFARI = "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 {}Safari/604.1"
_DEVICES: Final = Weighted[str | None](
    [
        ("mobile", 26),
        ("desktop", 20),
        ("tablet", 4),
        (_CHROME.format("Windows NT 10.0; Win64; x64", ""), 12),
        (_CHROME.format("Macintosh; Intel Mac OS X 10_15_7", ""), 6),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", 3),
        (_SAFARI.format("iPhone; CPU iPhone OS 18_6 like Mac OS X", "Mobile/15E148 "), 10),
        (_CHROME.format("Linux; Android 10; K", "Mobile "), 9),
        (_SAFARI.format("iPad; CPU OS 18_6 like Mac OS X", "Mobile/15E148 "), 3),
        (_CHROME.format("Linux; Android 10; K", ""), 2),
        ("smart speaker", 1.5),
        ("unknown", 1),
        (None, 2.5),
    ]
)
_FORMS_OF_A_TAG: Final = Weighted(
    [("tag", 66), ("underscore", 10), ("capitals", 4), ("subtag", 9), ("name", 6), ("", 5)]
)
_FORMS_OF_AN_ADDRESS: Final = Weighted(
    [("plain", 78), ("list", 7), ("port", 4), ("mapped", 2), ("private", 5), ("absent", 4)]
)
_LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "es": "Spanish"}


@dataclass(frozen=True, slots=True)
class Network:
    """An address of an institution, and the language tag of the customers there."""

    address: str
    tag: str


@dataclass(frozen=True, slots=True)
class Customer:
    """The attributes of a customer; None is not sent."""

    customer_id: str
    customer_ip_address: str | None
    device: str | None
    language: str | None


def customer_of(language: Language, age: float, *names: object) -> Customer:
    """Return the customer for these names; early customers return more often than later ones.

    `age` is 0 for the latest conversation, which any customer may have, and nearly 1 for the earliest.
    """
    customers = COUNT[language] * (1 - (1 - _EARLY) * age)
    return make_customer(language, int(customers * share("customer", *names) ** 1.4))


def make_customer(language: Language, number: int) -> Customer:
    """Return the customer of this number among those who speak the language."""
    customer_id = f"customer-{language}-{number:03d}"
    network = _networks(language).choose("network", customer_id)
    return Customer(
        customer_id,
        _address(network.address, customer_id),
        _DEVICES.choose("device", customer_id),
        _tag(network.tag, language, customer_id),
    )


@lru_cache
def _networks(language: Language) -> Weighted[Network]:
    with NETWORKS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    spoken = [row for row in rows if row["language"].startswith(language)]
    return Weighted((Network(row["address"], row["language"]), float(row["weight"])) for row in spoken)


def _address(address: str, customer_id: str) -> str | None:
    """Return the address as a server receives it: behind proxies, with a port, mapped into IPv6, or not at all."""
    form = _FORMS_OF_AN_ADDRESS.choose("address", customer_id)
    is_v6 = ":" in address
    forms = {
        "list": f"10.0.0.7, {address}",
        "port": f"[{address}]:49152" if is_v6 else f"{address}:49152",
        "mapped": address if is_v6 else f"::ffff:{address}",
        "private": "192.168.1.20",
        "absent": None,
    }
    return forms.get(form, address)


def _tag(tag: str, language: Language, customer_id: str) -> str | None:
    form = _FORMS_OF_A_TAG.choose("language", customer_id)
    if chance(0.02, "no language", customer_id):
        return "unknown"
    forms = {
        "underscore": tag.replace("-", "_"),
        "capitals": language.upper(),
        "subtag": language,
        "name": _LANGUAGE_NAMES[language],
        "": None,
    }
    return forms.get(form, tag)
