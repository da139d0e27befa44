"""The state of ingestion: events by minute, partitions, dead letters and the last audit."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter

from dashboard.protection.query_queue import all_of
from dashboard.queries.rows import seconds_between
from dashboard.queries.times import clickhouse_text, iso, iso_of
from dashboard.routes.dependencies import Clock, ReaderNow
from dashboard.routes.problems import described
from dashboard.routes.schemas import (
    AuditSchema,
    DeadLettersSchema,
    IngestionResponse,
    LastEvent,
    MinuteSchema,
    PartitionSchema,
)

MINUTE_MS: Final = 60_000
MINUTES: Final = 60
BLOCKED_SECONDS: Final = 30
MINUTES_SQL: Final = (
    "SELECT toUnixTimestamp(toStartOfMinute(received_at)) AS minute, count() AS events FROM events"
    " WHERE received_at >= {since:DateTime64(3, 'UTC')} GROUP BY minute"
)
LAST_SQL: Final = (
    "SELECT received_at AS received, max(occurred_at) AS occurred FROM events"
    " WHERE received_at = (SELECT max(received_at) FROM events) GROUP BY received_at"
)
# A range has one row from its begin and one more when it is confirmed: the time of writing is that of its begin.
PARTITIONS_SQL: Final = (
    "SELECT topic, partition, last AS last_offset, max(last_record_time) AS recorded, min(written_at) AS written,"
    " max(confirmed) AS confirmed,"
    " if(confirmed, 0, greatest(0, dateDiff('millisecond', min(seen_at), now64(3)) / 1000)) AS waiting"
    " FROM ranges WHERE (topic, partition, owner_epoch, first, log_epoch) IN"
    " (SELECT topic, partition, owner_epoch, first, log_epoch FROM latest_ranges)"
    " GROUP BY topic, partition, last ORDER BY topic, partition"
)
DEAD_LETTERS_SQL: Final = (
    "SELECT reason_code, count() AS dead_letters, countIf(received_at >= {since:DateTime64(3, 'UTC')}) AS last_hour,"
    " max(received_at) AS last_at FROM dead_letters GROUP BY reason_code ORDER BY dead_letters DESC, reason_code"
)

AUDIT_SQL: Final = (
    "SELECT started_at, finished_at, since, conversations, touched, mapKeys(differences) AS tables,"
    " mapValues(differences) AS rows, repaired, is_clean FROM audits ORDER BY started_at DESC LIMIT 1"
)

router = APIRouter(prefix="/api", tags=["operation"])


@router.get("/ingestion", responses=described(503))
async def ingestion(reader: ReaderNow, clock: Clock) -> IngestionResponse:
    """Return events by minute of the last hour, partitions, dead letters by reason, and the last audit."""
    now = clock()
    first = (now // MINUTE_MS - MINUTES + 1) * MINUTE_MS
    since = {"since": clickhouse_text(first)}
    minutes, last, partitions, dead_letters, audits = await all_of(
        reader.rows(MINUTES_SQL, since),
        reader.rows(LAST_SQL, {}),
        reader.rows(PARTITIONS_SQL, {}),
        reader.rows(DEAD_LETTERS_SQL, since),
        reader.rows(AUDIT_SQL, {}),
    )
    return IngestionResponse(
        now=iso_of(now),
        minutes=_minutes(first, minutes),
        last_event=LastEvent(received_at=iso(last[0]["received"]), occurred_at=iso(last[0]["occurred"]))
        if last
        else None,
        partitions=[_partition(row) for row in partitions],
        dead_letters=[_dead_letters(row) for row in dead_letters],
        last_audit=_audit(audits[0]) if audits else None,
    )


def _minutes(first: int, rows: Sequence[Mapping[str, Any]]) -> list[MinuteSchema]:
    counted = {row["minute"] * 1000: row["events"] for row in rows}
    starts = range(first, first + MINUTES * MINUTE_MS, MINUTE_MS)
    return [MinuteSchema(minute=iso_of(at), events=counted.get(at, 0)) for at in starts]


def _partition(row: Mapping[str, Any]) -> PartitionSchema:
    return PartitionSchema(
        topic=row["topic"],
        partition=row["partition"],
        last_offset=row["last_offset"],
        last_record_at=iso(row["recorded"]),
        written_at=iso(row["written"]),
        confirmed=bool(row["confirmed"]),
        delay_seconds=seconds_between(row["recorded"], row["written"]) or 0.0,
        waiting_seconds=row["waiting"],
        is_blocked=row["waiting"] > BLOCKED_SECONDS,
    )


def _dead_letters(row: Mapping[str, Any]) -> DeadLettersSchema:
    return DeadLettersSchema(
        reason_code=row["reason_code"],
        count=row["dead_letters"],
        last_hour=row["last_hour"],
        last_at=iso(row["last_at"]),
    )


def _audit(row: Mapping[str, Any]) -> AuditSchema:
    return AuditSchema(
        started_at=iso(row["started_at"]),
        finished_at=iso(row["finished_at"]),
        since=iso(row["since"]) if row["since"] else None,
        conversations=row["conversations"],
        touched=row["touched"],
        differences=dict(zip(row["tables"], row["rows"], strict=True)),
        repaired=row["repaired"],
        is_clean=bool(row["is_clean"]),
    )
