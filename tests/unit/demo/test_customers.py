import csv
from collections import Counter

import pytest

from examples.demo.attributes import attributes_of, rating_of
from examples.demo.customers import COUNT, NETWORKS, customer_of, make_customer
from examples.demo.transcripts import Language
from stream_processors.enrichment.devices import classify_device
from stream_processors.enrichment.geolocation import Geolocator, default_database
from stream_processors.enrichment.ip_addresses import addresses_of
from stream_processors.enrichment.languages import parse_language
from tests.support.demo_events import transcripts

ALL = [make_customer(language, number) for language in COUNT for number in range(COUNT[language])]


def test_every_network_is_in_the_country_of_the_file() -> None:
    locate = Geolocator(default_database()).locate
    with NETWORKS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["address"] for row in rows if locate(row["address"]).country_code != row["country"]] == []
    assert len({row["country"] for row in rows}) > 35


def test_a_customer_is_always_the_same() -> None:
    assert make_customer("en", 7) == make_customer("en", 7)
    assert customer_of("es", 0.5, "t", "01") == customer_of("es", 0.5, "t", "01")


@pytest.mark.parametrize("language", ["en", "es"])
def test_customers_speak_the_language_of_the_words(language: Language) -> None:
    tags = [make_customer(language, number).language for number in range(COUNT[language])]
    read = Counter(parsed.code for tag in tags if tag and (parsed := parse_language(tag)))
    assert set(read) == {language}
    assert read.total() > 0.85 * COUNT[language]


def test_customers_have_every_kind_of_device() -> None:
    assert {classify_device(customer.device or "") for customer in ALL} == {
        "desktop",
        "mobile",
        "tablet",
        "other",
        None,
    }
    assert any("Mozilla" in (customer.device or "") for customer in ALL)


def test_addresses_have_every_form_that_servers_see() -> None:
    texts = [customer.customer_ip_address for customer in ALL]
    assert {None, "192.168.1.20"} < set(texts)
    for mark in ("10.0.0.7, ", ":49152", "::ffff:"):
        matches = [text for text in texts if text and mark in text]
        assert matches, mark
        assert all(addresses_of(text).public for text in matches)


def test_some_customers_come_back_and_some_are_anonymous() -> None:
    given = [attributes_of(transcript, f"{copy:02d}") for transcript in transcripts() for copy in range(10)]
    ids = Counter(attributes.customer_id for attributes in given)
    assert max(count for name, count in ids.items() if name and name.startswith("customer")) > 5
    assert {None, "anonymous", "null"} < set(ids)


def test_on_whatsapp_a_customer_has_one_conversation() -> None:
    given = [attributes_of(transcript, f"{copy:02d}") for transcript in transcripts() for copy in range(10)]
    numbers = [attributes for attributes in given if attributes.conversation_id.startswith("whatsapp-")]
    assert len({attributes.conversation_id for attributes in numbers}) < len(numbers)
    assert {attributes.channel for attributes in numbers} == {"whatsapp"}


def test_new_customers_come_all_the_time() -> None:
    early, late = (
        {customer_of("en", age, "customer", number).customer_id for number in range(2_000)} for age in (0.99, 0.01)
    )
    assert len(early - late) < 5
    assert len(late - early) > 150


def test_solved_tasks_are_rated_differently() -> None:
    solved, unsolved = (
        [rating_of(t, str(copy), 1) for t in transcripts() if t.solved is solved for copy in range(50)]
        for solved in (True, False)
    )
    assert solved.count("up") / len(solved) > 3 * unsolved.count("up") / len(unsolved)
    assert None in solved
