"""Cases given to the oracle in every order of arrival that they allow."""

import random
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from tests.oracle import City, History, Record
from tests.oracle.cases import Case, Script
from tests.oracle.date_times import epoch_ms

NOW = epoch_ms("2026-06-01T12:00:00Z")
DATABASE = Path(__file__).parents[2] / "data" / "geoip" / "GeoIP2-City-Test.mmdb"


@lru_cache
def city() -> City:
    """Return MaxMind's test database."""
    return City(DATABASE)


def facts(cases: Iterable[Case]) -> list[str]:
    """Return the sentences that name the cases."""
    return [case.fact for case in cases]


def differences_of(case: Case) -> list[str]:
    """Return the oracle's differences from a case: in order, reversed and shuffled, repeated or not."""
    script = case.script("agent", NOW)
    records = [Record(sent.value, NOW) for sent in script.sent]
    arrivals = [records, records * 2]
    if not case.in_order:
        shuffled = random.Random(case.fact).sample(records * 2, 2 * len(records))
        arrivals += [records[::-1], shuffled]
    return [wrong for arrival in arrivals for wrong in _differences(script, arrival)]


def _differences(script: Script, records: list[Record]) -> list[str]:
    history = History(records, locate=city().locate)
    return [
        wrong
        for expectation in script.expectations
        for wrong in expectation.differences(history.view(expectation.view, expectation.question))
    ]
