"""Values on the border between event and dead letter, and the fields that a reason may name."""

import json
from dataclasses import dataclass

from tests.oracle.white_space import WHITE_SPACE

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A rejected value; the reason names one of ``fields``, if there are any."""

    fact: str
    value: bytes | None
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class GoodRecord:
    """An accepted value."""

    fact: str
    value: bytes


Changes = dict[str, object]


def value_of(changes: Changes) -> bytes:
    """Return a message of the end user with some of its fields changed; an absent one is given as an Ellipsis."""
    fields: Changes = {
        "event_id": ID,
        "type": "message",
        "agent_id": "AGENT",
        "conversation_id": "chat",
        "occurred_at": "2024-04-02T10:00:00Z",
        "sender": "end_user",
        "content": "hello",
    }
    kept = {name: value for name, value in (fields | changes).items() if value is not ...}
    return json.dumps(kept, ensure_ascii=False).encode()


def _bad(field: str, *values: object, **others: object) -> list[BadRecord]:
    return [
        BadRecord(
            f"{field} {'absent' if value is ... else ascii(value)[:60]}",
            value_of({**others, field: value}),
            frozenset({field}),
        )
        for value in values
    ]


def _good(field: str, *values: object, **others: object) -> list[GoodRecord]:
    return [
        GoodRecord(f"{field} {'absent' if value is ... else ascii(value)[:60]}", value_of({**others, field: value}))
        for value in values
    ]


def _nested(levels: int) -> bytes:
    opening = b'{"a":' * (levels - 2)
    return value_of({})[:-1] + b',"metadata":' + opening + b"{}" + b"}" * (levels - 2) + b"}"


NOTHING: frozenset[str] = frozenset()
BROKEN = [
    BadRecord("no value", None, NOTHING),
    BadRecord("an empty value", b"", NOTHING),
    BadRecord("text", b"hello", NOTHING),
    BadRecord("a cut object", value_of({})[:-1], NOTHING),
    BadRecord("two objects", value_of({}) * 2, NOTHING),
    BadRecord("a list", b"[" + value_of({}) + b"]", NOTHING),
    BadRecord("null", b"null", NOTHING),
    BadRecord("a number", b"5", NOTHING),
    BadRecord("a string", b'"hello"', NOTHING),
    BadRecord("latin-1", value_of({"content": "caf\u00e9"}).decode().encode("latin-1"), NOTHING),
    BadRecord("utf-16", value_of({}).decode().encode("utf-16"), NOTHING),
    BadRecord("NaN", value_of({"metadata": {"a": float("nan")}}), NOTHING),
    BadRecord("Infinity", value_of({"metadata": {"a": float("-inf")}}), NOTHING),
    BadRecord("1e999", value_of({"metadata": {"a": 0.5}}).replace(b"0.5", b"1e999"), NOTHING),
    BadRecord("-1e999 in an unknown field", value_of({"else": 0.5}).replace(b"0.5", b"-1e999"), NOTHING),
    BadRecord("a lone surrogate", value_of({"content": "X"}).replace(b"X", b"\\ud800"), NOTHING),
    BadRecord("a lone low surrogate in a key", value_of({"metadata": {"X": 1}}).replace(b"X", b"\\udc00"), NOTHING),
    BadRecord("a raw control character", value_of({"content": "X"}).replace(b"X", b"\n"), NOTHING),
    BadRecord("single quotes", value_of({}).replace(b'"', b"'"), NOTHING),
    BadRecord("a trailing comma", value_of({})[:-1] + b",}", NOTHING),
    BadRecord("nested 65 levels", _nested(65), NOTHING),
    BadRecord("nested 5,000 levels", _nested(5_000), NOTHING),
]
NO_TIMES = (
    "2024-04-02", "2024-04-02T10:00", "2024-04-02T10:00:60Z", "2024-04-02T24:00:00Z", "2024-04-02T10:60:00Z",
    "2023-02-29T10:00:00Z", "2024-13-01T10:00:00Z", "2024-00-01T10:00:00Z", "2024-04-31T10:00:00Z",
    "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2024-04-02T10:00:00.Z", "2024-04-02T10:00:00,5Z",
    "2024-04-02T10:00:00+0200", "2024-04-02T10:00:00+02", "2024-04-02T10:00:00+24:00", "2024-04-02T10:00:00+02:60",
    " 2024-04-02T10:00:00Z", "2024-04-02T10:00:00Z\n", "2024-04-02  10:00:00", "20240402T100000Z", "2024-4-2T1:0:0Z",
    "\u0662\u0660\u0662\u0664-04-02T10:00:00Z", "2024-04-02T10:00:00\u221202:00", "1712052000", "now", "",
)  # fmt: skip
TIMES = (
    "2024-04-02T10:00:00", "2024-04-02t10:00:00z", "2024-04-02 10:00:00.1", "2024-04-02 10:00:00.123456789012Z",
    "2024-02-29T23:59:59-23:59", "2024-04-02T10:00:00-00:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
)  # fmt: skip
ACTION: Changes = {"type": "action", "action_name": "search"}
FEEDBACK: Changes = {"type": "feedback", "rating": 5}
TOKENS: Changes = {"type": "token_usage"}

BAD_RECORDS = [
    *BROKEN,
    *_bad("event_id", ..., None, "", ID[:-1], ID + "0", ID.replace("-", ""), "{" + ID + "}", ID.replace("0", "g"), 5),
    *_bad("type", ..., None, "", "Message", "message ", "conversation_started", 5, [], {}),
    *_bad("schema_version", 0, 2, "1", 1.0, True, -1, [1]),
    *_bad("agent_id", ..., None, "", " \u3000", "a" * 201, "\U0001f600" * 201, 5, ["a"]),
    *_bad("environment", "", "\t", "e" * 65, 5, True),
    *_bad("conversation_id", ..., None, "", "\u2028", "c" * 256, 5),
    *_bad("occurred_at", ..., None, 1712052000, *NO_TIMES),
    *_bad("metadata", "text", 5, [], True),
    *_bad("sender", ..., None, "user", "End_User", "", 5),
    *_bad("content", 5, ["hello"], {}),
    *_bad("attachments", "file", {}, [5], [[]], [{"filename": 5}], [{"mime_type": {}}], content=None),
    *_bad("attachments", *([{"size_bytes": size}] for size in (-1, 5.0, "5", True, 2**53)), content=None),
    *_bad("attachments", [{}, {"filename": 5}]),
    *_bad("action_name", ..., None, "", " \n", 5, type="action"),
    *_bad("started_at", "yesterday", 5, "2024-04-02T10:00:60Z", **ACTION),
    *_bad("ended_at", "", {}, **ACTION),
    *_bad("duration_ms", "5", True, [], {}, **ACTION),
    *_bad("tools_used", "search", ["search"], 5, **ACTION),
    *_bad("response", 5, {"text": "hi"}, **ACTION),
    *_bad("error_message", 5, False, **ACTION),
    *_bad("button_event", ..., None, "", "\u2009", 5, type="button"),
    *_bad("label", 5, type="button", button_event="yes"),
    *_bad("value", True, type="button", button_event="yes"),
    *_bad("rating", ..., None, [5], type="feedback"),
    *_bad("comment", 5, **FEEDBACK),
    *_bad("rated_by", "Staff", "", "agent", 5, **FEEDBACK),
    *_bad("prompt_tokens", -1, 5.0, "5", True, 2**53, **TOKENS),
    *_bad("completion_tokens", -1, **TOKENS),
    *_bad("total_tokens", 0.5, **TOKENS),
    *_bad("embedding_tokens", 10**30, **TOKENS),
    *_bad("model", 5, **TOKENS),
    *_bad("customer_id", 5, type="conversation_visited"),
    *_bad("customer_ip_address", 5, ["81.2.69.142"], type="conversation_engaged"),
    *_bad("device", {}, type="conversation_engaged"),
    *_bad("source", True, type="conversation_visited"),
    *_bad("language", ["en"], type="conversation_engaged"),
    *_bad("name", 5, type="conversation_engaged"),
    BadRecord("neither content nor attachment", value_of({"content": ...}), frozenset({"content", "attachments"})),
    BadRecord("blank content", value_of({"content": WHITE_SPACE}), frozenset({"content", "attachments"})),
    BadRecord(
        "blank content and no attachment in the list",
        value_of({"content": " ", "attachments": []}),
        frozenset({"content", "attachments"}),
    ),
    BadRecord(
        "an object without anything",
        b"{}",
        frozenset({"event_id", "type", "agent_id", "conversation_id", "occurred_at"}),
    ),
]
OVERSIZED = BadRecord("longer than 1 MiB", value_of({"content": "x" * 1024**2}), NOTHING)
GOOD_RECORDS = [
    *_good("event_id", ID.upper(), ID.title(), "00000000-0000-0000-0000-000000000000"),
    *_good("schema_version", 1, None, ...),
    *_good("agent_id", "a" * 200, "\U0001f600" * 200, "\u200b", "\x1c"),
    *_good("environment", "e" * 64, None, ..., " production "),
    *_good("conversation_id", "c" * 255, "\u00e9" * 255, "a/b", "\x00"),
    *_good("occurred_at", *TIMES),
    *_good("metadata", {}, {"a": [1, None, {"b": 2**60}]}, None),
    *_good("sender", "end_user", "agent", "system"),
    *_good("content", "\u200b", "\ufeff", "\x1f", "\x00", "x" * 100_000, "\U0001f600"),
    *_good("attachments", [{}], [{"size_bytes": 0, "else": 5}], [{"size_bytes": 2**53 - 1}], content=None),
    *_good("attachments", [], [{"filename": "", "mime_type": "x"}]),
    *_good("duration_ms", 0, -5, 1.5, 1e300, **ACTION),
    *_good("started_at", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59Z", **ACTION),
    *_good("tools_used", {}, {"a": None}, **ACTION),
    *_good("rating", "", "so-so", 0, 1e300, True, {}, {"a": {"b": []}}, type="feedback"),
    *_good("prompt_tokens", 0, 2**53 - 1, None, **TOKENS),
    *_good("type", "conversation_visited", "conversation_engaged", "conversation_ended", "token_usage"),
    *_good("device", 5, ["a field that a message does not list"], {"a": 1}),
    *_good("device", "", "fridge", type="conversation_visited"),
    GoodRecord("of duplicate keys the last counts", b'{"type":5,"content":5,' + value_of({})[1:]),
    GoodRecord("white space around", b" \r\n\t" + value_of({}) + b" \n"),
    GoodRecord("nested 64 levels", _nested(64)),
    GoodRecord("a surrogate pair", value_of({"content": "X"}).replace(b"X", b"\\ud83d\\ude00")),
]
