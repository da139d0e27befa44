"""Which dead letters belong to a person. They were refused, so their fields may be missing or broken.

A dead letter whose body is a JSON object that names another agent or environment does not belong to the person. One
that names a conversation belongs to that conversation, and to the customer whose id is the value of any of its fields.
Any other belongs to the person if it contains an id of the person: in its record key, in a header, or anywhere in its
bytes, as a quoted text, or as a word of six characters or more.
"""

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

import orjson

from stream_processors.clickhouse.client import ClickHouse, Row
from stream_processors.enrichment.profiles import known_customer
from stream_processors.maintenance.person import Person
from stream_processors.pipeline.erased_records import environment_of, fields_of

# Shorter ids count only in quotes: as words they occur in other people's texts.
MIN_WORD: Final = 6

COLUMNS: Final = (
    "topic, partition, log_epoch, offset, origin_topic, origin_partition, origin_log_epoch, origin_offset,"
    " received_at, reason, reason_code, raw, has_value, key, has_key, headers"
)
# Candidates include whatever may contain an id in another spelling: escaped, or in bytes that are not UTF-8.
CANDIDATES_SQL: Final = (
    f"SELECT {COLUMNS} FROM dead_letter_records WHERE status = 'refused' AND ("  # noqa: S608 - our own SQL
    "arrayExists(id -> position(raw, id) > 0 OR position(key, id) > 0"
    " OR arrayExists(header -> position(ifNull(header.2, ''), id) > 0, headers),"
    " arrayPushBack((SELECT groupUniqArray(conversation_id) FROM ({conversations})), {named:String}))"
    " OR position(raw, '\\\\') > 0 OR position(raw, '\\0') > 0 OR NOT isValidUTF8(raw) OR NOT isValidUTF8(key)"
    " OR arrayExists(header -> NOT isValidUTF8(ifNull(header.2, '')), headers))"
    " ORDER BY origin_topic, origin_partition, origin_log_epoch, origin_offset, topic, partition, log_epoch, offset"
)
_ESCAPED: Final = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|[^u])")
_OTHER_ENCODINGS: Final = ("latin-1", "utf-16-le", "utf-16-be")
_REPLACED: Final = "\N{REPLACEMENT CHARACTER}"


class Matcher:
    """Recognises the dead letters of a person by the ids of the customer and of all conversations."""

    def __init__(self, person: Person, conversation_ids: Collection[str]) -> None:
        self._person = person
        self._conversation_ids = frozenset(conversation_ids)
        self._ids = [*self._conversation_ids, *([person.customer] if person.customer else [])]
        self._keys = {f"{person.agent_id}/{id_}".encode() for id_ in self._conversation_ids}

    def matches(self, dead_letter: Row) -> bool:
        """Tell whether a dead letter belongs to the person; its texts are bytes."""
        fields, key = fields_of(dead_letter["raw"]), dead_letter["key"]
        if self._is_of_another(fields) or (not isinstance(fields.get("agent_id"), str) and self._names_another(key)):
            return False
        if any(value is not None and self._is_in(value) for _, value in dead_letter["headers"]):
            return True
        conversation_id = fields.get("conversation_id")
        if isinstance(fields.get("agent_id"), str) and isinstance(conversation_id, str | int):
            return str(conversation_id) in self._conversation_ids or self._is_a_value_of(fields)
        return key in self._keys or self._is_in(key) or self._is_in(dead_letter["raw"])

    def _is_of_another(self, fields: dict[str, object]) -> bool:
        agent_id, environment = fields.get("agent_id"), environment_of(fields)
        is_anothers = isinstance(agent_id, str) and agent_id != self._person.agent_id
        return is_anothers or environment not in (None, self._person.environment)

    def _names_another(self, key: bytes) -> bool:
        """Tell whether a record key names another agent's conversation with the id of one of the person's."""
        return key not in self._keys and any(key.endswith(f"/{id_}".encode()) for id_ in self._conversation_ids)

    def _is_a_value_of(self, fields: dict[str, object]) -> bool:
        """Tell whether the customer's id is a value anywhere in a JSON object."""
        values: list[object] = [fields]
        while values and self._person.customer is not None:
            match values.pop():
                case dict() as inner:
                    values += inner.values()
                case list() as inner:
                    values += inner
                case str() | int() | float() as value if known_customer(str(value)) == self._person.customer:
                    return True
        return False

    def _is_in(self, raw: bytes) -> bool:
        return any(_has(text, id_) for text in _readings(raw) for id_ in self._ids if id_ in text)


def _has(text: str, id_: str) -> bool:
    """Tell whether an id that occurs in a text counts as named there."""
    escaped = re.escape(id_)
    word = f"|(?<!\\w){escaped}(?!\\w)" if len(id_) >= MIN_WORD else ""
    return re.search(f'"\\s*{escaped}\\s*"|^{escaped}$|/{escaped}$' + word, text) is not None


def _readings(raw: bytes) -> Iterator[str]:
    """Yield the texts that bytes may stand for, as they are and with JSON escapes resolved."""
    texts = [raw.decode(errors="replace")]
    if _REPLACED in texts[0] or b"\0" in raw:
        texts += [raw.decode(encoding, errors="replace") for encoding in _OTHER_ENCODINGS]
    for text in texts:
        yield text
        if "\\" in text:
            yield _ESCAPED.sub(_unescaped, text)


def _unescaped(match: re.Match[str]) -> str:
    try:
        return str(orjson.loads(f'"{match[0]}"'))
    except orjson.JSONDecodeError:  # half of a surrogate pair, or not a JSON escape
        return match[0]


async def scan_dead_letters(
    clickhouse: ClickHouse, person: Person, conversation_ids: Collection[str], take: Callable[[Row], None]
) -> None:
    """Pass each dead letter of a person to `take`, in another thread; texts are bytes.

    Raises ClickHouseError when ClickHouse breaks off the answer.
    """
    matcher = Matcher(person, conversation_ids)

    def check(dead_letter: Row) -> None:
        if matcher.matches(dead_letter):
            take(dead_letter)

    named = person.customer or person.conversation_id
    sql = CANDIDATES_SQL.replace("{conversations}", person.conversations_sql)
    await clickhouse.scan(sql, {**person.parameters, "named": named}, check)
