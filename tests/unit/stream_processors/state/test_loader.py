"""A loaded event is exactly the one that the fold took when it arrived."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_processors.clickhouse.block import build_block
from stream_processors.clickhouse.client import ClickHouse
from stream_processors.clickhouse.columns import COLUMN_TYPES, FLAG, KIND_COLUMNS
from stream_processors.conversations import events as kinds
from stream_processors.conversations.events import Call, FoldEvent, Profile
from stream_processors.conversations.rules import EscalationActions, FoldRules
from stream_processors.conversations.values import UNKNOWN_PLACE
from stream_processors.kafka.records import LogPosition
from stream_processors.state.loader import EVENTS_SQL, FOLD_COLUMNS, fold_event, load_events
from tests.support.kafka.records import AT_MS, fields_of
from tests.support.run_length import by_length
from tests.support.worker.wire_events import TYPES, Fields, enriched, enriched_events, events_of, rows_of

CONSTANTS: dict[str, str | int] = {"topic": "t", "partition": 0, "log_epoch": 1, "owner_epoch": 1, "owner_id": "w"}
READ = [column.strip() for column in FOLD_COLUMNS.split(",")]
BEFORE = LogPosition("t", 0, 1, 0)
RULES = FoldRules(1_800_000, EscalationActions())


def as_clickhouse_returns_it(fields: Fields) -> dict[str, object]:
    """Return the row of `events` with the columns of the fold; an absent value is the default of its column."""
    table = pa.ipc.open_stream(build_block(rows_of(enriched_events(fields)), CONSTANTS).data).read_all()
    values = {name: table.column(name).combine_chunks().flatten() for name in KIND_COLUMNS["event"]}
    row = {name: _stored(name, values[name][0].as_py()) for name in READ if " AS " not in name}
    return {**row, "occurred_at_ms": values["occurred_at"].cast(pa.int64())[0].as_py()}


def read_back(fields: Fields, rules: FoldRules = RULES) -> FoldEvent:
    """Return what the fold sees of a loaded event."""
    return fold_event(as_clickhouse_returns_it(fields), rules)


def _stored(name: str, value: object) -> object:
    return int(bool(value)) if COLUMN_TYPES[name] == FLAG else value


@pytest.mark.parametrize("type_", TYPES)
@given(data=st.data())
@settings(max_examples=by_length(60, 1_000))
def test_a_loaded_event_is_the_one_that_was_folded(type_: str, data: st.DataObject) -> None:
    fields = data.draw(events_of(type_))
    assert read_back(fields) == enriched(fields).fold_event


def test_the_columns_of_the_fold_are_columns_of_the_inbox() -> None:
    assert [name for name in READ if " AS " not in name and name not in COLUMN_TYPES] == []


def test_a_public_address_without_a_known_place_is_not_the_same_as_no_address() -> None:
    known, unknown = (
        read_back(fields_of("conversation_visited", customer_ip_address=address)) for address in ("8.8.8.8", "10.0.0.1")
    )
    assert isinstance(known.detail, Profile)
    assert known.detail.place == UNKNOWN_PLACE
    assert isinstance(unknown.detail, Profile)
    assert unknown.detail.place is None


@pytest.mark.parametrize(
    ("fields", "kind", "detail"),
    [
        pytest.param(fields_of("feedback", rating=5), kinds.RATING, "positive", id="a customer's rating"),
        pytest.param(fields_of("feedback", rating=5, rated_by="staff"), kinds.SILENT, None, id="a rating by staff"),
        pytest.param(fields_of("message", sender="system", content="x"), kinds.SILENT, None, id="a system message"),
        pytest.param(fields_of("token_usage"), kinds.SILENT, None, id="token usage"),
        pytest.param(fields_of("conversation_ended"), kinds.END, None, id="an end"),
        pytest.param(
            fields_of("action", action_name=" Ticket ", error_message="no"),
            kinds.ACTION,
            Call(escalates=True, failed=True),
            id="an escalation that failed",
        ),
    ],
)
def test_each_kind_is_recognised(fields: Fields, kind: int, detail: object) -> None:
    read = read_back(fields)
    assert (read.occurred_at, read.kind, read.detail) == (AT_MS, kind, detail)


def test_an_action_escalates_by_the_current_rules() -> None:
    handed_over = fields_of("action", action_name=" Hand_Over ")
    assert enriched(handed_over).fold_event.detail == Call(escalates=False, failed=False)
    later = FoldRules(1_800_000, EscalationActions(["hand_over"]))
    assert read_back(handed_over, later).detail == Call(escalates=True, failed=False)


async def test_no_hashes_need_no_query() -> None:
    assert await load_events(ClickHouse("http://nobody:@127.0.0.1:1/none"), [], BEFORE, RULES) == {}


def test_events_of_an_unwritten_flush_are_not_loaded() -> None:
    assert "log_epoch = {log_epoch:UInt64} AND offset >= {offset:UInt64}" in EVENTS_SQL
    assert set(BEFORE._asdict()) == {"topic", "partition", "log_epoch", "offset"}
