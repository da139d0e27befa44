"""Send records to a running stack, wait until they are written, and compare the views with the oracle.

1. `send` produces records and returns them as the broker stores them, with its timestamps.
2. `drain` waits until the range log covers every record of the topic, including rerouted ones.
3. `view` queries a metric view; `differences` queries all of them and compares them with the oracle.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from deploy.embedded.stack.processes import Process
from deploy.embedded.stack.stack import Stack
from tests.oracle import COLUMNS, City, History, Question, Record, Sent, differences
from tests.oracle.date_times import utc_text
from tests.support.kafka.topic_log import PlacedRecord, TopicLog

DRAIN_SECONDS = 60
CONCURRENT_QUERIES = 4
WRITTEN_SQL = """
SELECT partition, if(confirmed, toInt64(last), -1) AS written FROM latest_ranges WHERE topic = {topic:String}
"""
Row = tuple[object, ...]
GEOIP = Path(__file__).parents[2] / "data" / "geoip" / "GeoIP2-City-Test.mmdb"
CITY = City(GEOIP)


class Harness:
    """One topic of a stack with the worker that reads it."""

    def __init__(self, stack: Stack, log: TopicLog, worker: Process) -> None:
        self.stack = stack
        self.log = log
        self.worker = worker
        self.reader = reader(stack)
        self._writer = client(stack.environment()["CONVOSTREAM_CLICKHOUSE_URL"])
        self._threads = ThreadPoolExecutor(CONCURRENT_QUERIES)

    def send(self, records: Sequence[Sent | PlacedRecord]) -> list[Record]:
        """Produce the records in order; return them as delivered."""
        return self.log.append(records)

    def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Wait until the whole topic is written, twice, because a flush may reroute records."""
        deadline = time.monotonic() + seconds
        ends: dict[int, int] = {}
        while (now := self.log.end_offsets()) != ends:
            ends = now
            while missing := self._missing(ends):
                assert self.worker.pid, f"the worker has ended:\n{self._worker_log()}"
                assert time.monotonic() < deadline, f"not written: {missing}; log of the worker:\n{self._worker_log()}"
                time.sleep(0.1)

    def view(self, name: str, question: Question) -> list[tuple[object, ...]]:
        """Return the rows of a metric view, queried as the contract says."""
        answer = self.reader.query(statement(name, question))
        if answer.result_rows:
            assert tuple(answer.column_names) == COLUMNS[name], f"{name} has the columns {answer.column_names}"
        return [tuple(row) for row in answer.result_rows]

    def rows(self, query: str, **parameters: object) -> list[tuple[object, ...]]:
        """Return the rows of any other query of the writer, who sees all tables."""
        return [tuple(row) for row in self._writer.query(query, parameters=parameters).result_rows]

    def now(self) -> int:
        """Return ClickHouse's clock."""
        return int(str(self.rows("SELECT toUnixTimestamp64Milli(now64(3))")[0][0]))

    def differences(self, known: History, questions: Iterable[Question]) -> list[str]:
        """Return the differences between the views and the oracle, with the question."""
        return [wrong for question in questions for wrong in self._differences(known, question)]

    def _differences(self, known: History, question: Question) -> list[str]:
        names = list(COLUMNS)
        shown = self._threads.map(lambda name: self.view(name, question), names)
        return wrong_rows(known, question, dict(zip(names, shown, strict=True)), self.now)

    def _worker_log(self) -> str:
        return "\n".join(self.worker.last_lines(40))

    def _missing(self, ends: dict[int, int]) -> dict[int, str]:
        written = {
            int(str(partition)): int(str(last)) for partition, last in self.rows(WRITTEN_SQL, topic=self.log.topic)
        }
        return {
            partition: f"{written.get(partition, -1)} of {end - 1}"
            for partition, end in ends.items()
            if written.get(partition, -1) < end - 1
        }


def wrong_rows(
    known: History, question: Question, shown: Mapping[str, Sequence[Row]], clock: Callable[[], int]
) -> list[str]:
    """Return the differences between views and the oracle, which hold both for the clock before the queries and after.

    Sessions may close in between.
    """
    expected = known.views(question)
    wrong = {name: differences(name, expected[name], rows) for name, rows in shown.items()}
    if any(wrong.values()):
        later = known.views(replace(question, now=clock()))
        wrong = {name: wrong[name] for name, rows in shown.items() if differences(name, later[name], rows)}
    return [f"{each}\n    {statement(name, question)}" for name, found in wrong.items() for each in found]


def reader(stack: Stack) -> Client:
    """Return a read-only client of ClickHouse."""
    return client(stack.environment()["CONVOSTREAM_CLICKHOUSE_READER_URL"])


def client(url: str) -> Client:
    """Return a client of ClickHouse for many threads."""
    return clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)


def statement(name: str, question: Question) -> str:
    """Return the contract's query for a view."""
    since, until = (utc_text(at).replace("T", " ").removesuffix("Z") for at in (question.since, question.until))
    return (
        f"SELECT * FROM convostream.{name}(agent_id='{question.agent_id}', environment='{question.environment}', "
        f"since='{since}', until='{until}', time_zone='{question.time_zone}')"
    )


def history(records: Iterable[Record]) -> History:
    """Return the oracle's history of the delivered records."""
    return History(records, locate=CITY.locate)


def unique_agent(name: str = "agent") -> str:
    """Return an agent id that no other test uses."""
    return f"{name}-{uuid.uuid4().hex[:12]}"
