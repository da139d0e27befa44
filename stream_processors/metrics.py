"""Every Prometheus metric of a worker, with its unit and meaning."""

from contextlib import suppress
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

EVENTS = Counter("convostream_events", "Events written to ClickHouse, by type.", ["type"])
REPETITIONS = Counter("convostream_repetitions", "Events dropped because their id was there already.")
DEAD_LETTERS = Counter(
    "convostream_dead_letters", "Records that the contract refuses, by reason code.", ["reason_code"]
)
REPLAYED = Counter("convostream_replayed_dead_letters", "Dead letters that a replay made events of, repetitions too.")
INVALID_FIELDS = Counter(
    "convostream_invalid_fields", "Fields that could not be read and count as unknown, by field.", ["field"]
)
CORRECTIONS = Counter("convostream_corrections", "Facts taken back because an event changed them, by kind.", ["kind"])
ERASED = Counter("convostream_erased_records", "Records dropped because what they belong to was erased.")
IGNORED_HEADERS = Counter(
    "convostream_ignored_headers", "Records whose headers name an origin or a dead letter that is not there."
)
FORWARDED = Counter("convostream_forwarded_records", "Records sent on to the partition of their conversation.")

LAG_RECORDS = Gauge("convostream_lag_records", "Records of a partition not yet landed in ClickHouse.", ["partition"])
LAG_SECONDS = Gauge(
    "convostream_lag_seconds",
    "Age of the newest landed record when it landed, seconds; grows while records wait and none lands.",
    ["partition"],
)
UNCOMMITTED_RECORDS = Gauge(
    "convostream_uncommitted_records",
    "Records of a partition behind the first open transaction; they are read when it ends.",
    ["partition"],
)
LOST_RECORDS = Counter("convostream_lost_records", "Offsets that Kafka's retention removed before they were read.")
UNDER_REPLICATED = Gauge(
    "convostream_under_replicated_partitions",
    "Partitions of the topic with fewer replicas in sync than they should have, as of the last flush.",
)
LOG_EPOCHS = Counter("convostream_log_epochs", "Times a partition's log proved to be another one.")

FLUSH_ROWS = Histogram(
    "convostream_flush_rows", "Rows of a flush, all kinds.", buckets=(1, 10, 100, 1_000, 5_000, 20_000, 50_000, 200_000)
)
STEP_SECONDS = Histogram(
    "convostream_step_seconds", "Time of a flush in each step, seconds.", ["step"], buckets=SECONDS
)
CONVERSATIONS_CACHED = Gauge("convostream_cached_conversations", "Conversations in memory.", ["partition"])
CACHE_BYTES = Gauge("convostream_cache_bytes", "Memory of the cached conversations, bytes, estimated.", ["partition"])
CACHE_MISSES = Counter("convostream_cache_misses", "Known conversations folded again from ClickHouse.")
RETRIES = Counter("convostream_clickhouse_retries", "Calls to ClickHouse tried again, by what was called.", ["call"])
BLOCKED = Gauge(
    "convostream_blocked_partitions", "1 while ClickHouse refuses what a partition needs to go on.", ["partition"]
)
REPAIRED_ROWS = Counter("convostream_repaired_rows", "Rows that an engine had lost, added again.")
AUDIT_TIME = Gauge("convostream_audit_finished_seconds", "When the last audit ended, seconds since 1970; 0 is never.")
AUDIT_CLEAN = Gauge("convostream_audit_clean", "1 when nothing differed after the last audit, and after its repairs.")
AUDIT_DIFFERENCES = Gauge(
    "convostream_audit_differences", "Rows missing or too many that the last audit found, by table.", ["table"]
)
AUDIT_REPAIRED = Gauge("convostream_audit_repaired_rows", "Rows that the last audit repaired.")
AUDIT_TOUCHED = Gauge("convostream_audit_touched", "Conversations that the last audit left, because flushes came.")
STALE = Counter("convostream_stale_owners", "Writes refused because the partition had a later claim.")


def forget_partition(partition: int) -> None:
    """Remove the gauges of a partition that another worker owns now; otherwise their last values would stay."""
    for gauge in (LAG_RECORDS, LAG_SECONDS, UNCOMMITTED_RECORDS, CONVERSATIONS_CACHED, CACHE_BYTES, BLOCKED):
        with suppress(KeyError):
            gauge.remove(partition)
