"""Faults of readers: hostile queries that kill others, sleep, and take memory and CPU."""

import http.client
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

from tests.faults.catalogue.kinds import FaultKind
from tests.faults.fault_stack import FaultStack

READERS: Final = 70
QUERIES: Final = (
    "KILL QUERY WHERE 1",
    "SELECT sleepEachRow(1) FROM numbers(60) SETTINGS max_block_size = 1",
    "SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))",
    "SELECT groupArray(number) FROM numbers(10000000000)",
    "SELECT query FROM system.processes",
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "INSERT INTO convostream.events (agent_id) VALUES ('x')",
    "DROP TABLE convostream.events",
)
ANSWER_SECONDS: Final = 15


@contextmanager
def _hostile(stack: FaultStack) -> Iterator[None]:
    """Query ClickHouse from 70 connections again and again as long as the fault lasts."""
    ended = threading.Event()
    address = stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"]
    threads = [threading.Thread(target=_ask, args=(address, number, ended)) for number in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _ask(address: str, number: int, ended: threading.Event) -> None:
    url = urlsplit(address)
    login = b64encode(f"{url.username}:{url.password}".encode()).decode()
    while not ended.is_set():
        connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=ANSWER_SECONDS)
        with suppress(OSError, http.client.HTTPException):  # rejected, delayed, or ClickHouse is unavailable
            connection.request("POST", "/", QUERIES[number % len(QUERIES)], {"Authorization": f"Basic {login}"})
            connection.getresponse().read(4096)
        connection.close()
        number += 1
        ended.wait(0.05)


KINDS = (FaultKind("hostile reader", "readers", _hostile, (3, 6)),)
