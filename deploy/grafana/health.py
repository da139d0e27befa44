"""The dashboard "Convostream: pipeline health": the workers' Prometheus metrics.

Counters are shown as increases. A worker that lost a partition keeps exporting its last value, so values by partition
are the maximum over all workers.
"""

from typing import Final

from grafana_foundation_sdk.builders import table
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.models.dashboard import DashboardCursorSync, DataTransformerConfig

from deploy.grafana.charts import Chart, described, number, time_series
from deploy.grafana.overview import TAG, other_dashboards
from deploy.grafana.sources import listing
from stream_processors import metrics

UID: Final = "convostream-pipeline-health"
JOB: Final = "convostream-workers"


def _each(metric: str, label: str) -> str:
    return f"sum by ({label}) (rate({metric}[$__rate_interval]))"


def _grown(metric: str) -> str:
    return f"sum(increase({metric}[$__range])) or vector(0)"


def _quantiles(metric: str, by: str = "") -> tuple[tuple[str, str], ...]:
    labels = f"le, {by}" if by else "le"
    legend = f"{{{{{by}}}}} " if by else ""
    buckets = f"sum by ({labels}) (rate({metric}_bucket[$__rate_interval]))"
    return tuple((f"histogram_quantile(0.{q}, {buckets})", f"{legend}p{q}") for q in (50, 95))


PARTITION: Final = "partition {{partition}}"
STATE: Final = (
    Chart(
        "Workers",
        "none",
        ((f'count(up{{job="{JOB}"}} == 1) or vector(0)', "up"),),
        note="Number of running workers.",
    ),
    Chart(
        "Lag",
        "locale",
        (("sum(max by (partition) (convostream_lag_records))", "records"),),
        note="Records of all partitions that are not yet in ClickHouse.",
    ),
)
FAULTS: Final = (
    Chart(
        "Blocked partitions",
        "none",
        (("sum(max by (partition) (convostream_blocked_partitions)) or vector(0)", "blocked"),),
        (metrics.BLOCKED,),
    ),
    Chart("Stale owners", "locale", ((_grown("convostream_stale_owners_total"), "refused"),), (metrics.STALE,)),
    Chart("Lost records", "locale", ((_grown("convostream_lost_records_total"), "lost"),), (metrics.LOST_RECORDS,)),
    Chart(
        "Last audit",
        "none",
        (("1 - min(convostream_audit_clean and convostream_audit_finished_seconds > 0)", "differs"),),
        (metrics.AUDIT_CLEAN,),
        "0: no differences. 1: differences remain.",
    ),
    Chart("Repaired rows", "locale", ((_grown("convostream_repaired_rows_total"), "rows"),), (metrics.REPAIRED_ROWS,)),
)
AUDIT_AGE: Final = Chart(
    "Age of the last audit",
    "s",
    (("time() - max(convostream_audit_finished_seconds > 0)", "age"),),
    (metrics.AUDIT_TIME,),
)
OVERDUE_SECONDS: Final = 3 * 3600
ALERTS: Final = Chart(
    "Alerts", "string", (), note="Pending and firing alerts. The rules are in deploy/prometheus/alerts.yml."
)
FLOW: Final = (
    Chart("Events by type", "eps", ((_each("convostream_events_total", "type"), "{{type}}"),), (metrics.EVENTS,)),
    Chart(
        "Lag, records",
        "locale",
        (("max by (partition) (convostream_lag_records)", PARTITION),),
        (metrics.LAG_RECORDS,),
    ),
    Chart("Lag, seconds", "s", (("max by (partition) (convostream_lag_seconds)", PARTITION),), (metrics.LAG_SECONDS,)),
    Chart(
        "Dead letters by reason",
        "eps",
        (
            (_each("convostream_dead_letters_total", "reason_code"), "{{reason_code}}"),
            ("sum(rate(convostream_replayed_dead_letters_total[$__rate_interval]))", "replayed"),
        ),
        (metrics.DEAD_LETTERS, metrics.REPLAYED),
    ),
    Chart(
        "Duplicate and forwarded records",
        "eps",
        (
            ("sum(rate(convostream_repetitions_total[$__rate_interval]))", "duplicates"),
            ("sum(rate(convostream_forwarded_records_total[$__rate_interval]))", "forwarded"),
            ("sum(rate(convostream_ignored_headers_total[$__rate_interval]))", "headers ignored"),
            ("sum(rate(convostream_erased_records_total[$__rate_interval]))", "erased"),
        ),
        (metrics.REPETITIONS, metrics.FORWARDED, metrics.IGNORED_HEADERS, metrics.ERASED),
    ),
    Chart(
        "Invalid fields",
        "eps",
        ((_each("convostream_invalid_fields_total", "field"), "{{field}}"),),
        (metrics.INVALID_FIELDS,),
    ),
)
AUDITS: Final = (
    Chart(
        "Rows that differed",
        "locale",
        (
            ("max by (table) (convostream_audit_differences)", "{{table}}"),
            ("max(convostream_audit_repaired_rows)", "repaired"),
        ),
        (metrics.AUDIT_DIFFERENCES, metrics.AUDIT_REPAIRED),
    ),
    Chart(
        "Conversations left for the next audit",
        "locale",
        (("max(convostream_audit_touched)", "left"),),
        (metrics.AUDIT_TOUCHED,),
    ),
)
KAFKA: Final = (
    Chart(
        "Under-replicated partitions",
        "none",
        (("max(convostream_under_replicated_partitions)", "partitions"),),
        (metrics.UNDER_REPLICATED,),
    ),
    Chart(
        "Records behind an open transaction",
        "locale",
        (("max by (partition) (convostream_uncommitted_records)", PARTITION),),
        (metrics.UNCOMMITTED_RECORDS,),
    ),
)
FLUSHES: Final = (
    Chart("Rows per flush", "locale", _quantiles("convostream_flush_rows"), (metrics.FLUSH_ROWS,)),
    Chart("Seconds in each step", "s", _quantiles("convostream_step_seconds", "step"), (metrics.STEP_SECONDS,)),
    Chart(
        "Flushes",
        "ops",
        (("sum by (instance) (rate(convostream_flush_rows_count[$__rate_interval]))", "{{instance}}"),),
        note="Flushes per second of each worker.",
    ),
    Chart(
        "Corrections",
        "eps",
        ((_each("convostream_corrections_total", "kind"), "{{kind}}"),),
        (metrics.CORRECTIONS,),
        "A high rate means that events arrive late or out of order.",
    ),
    Chart("Retries", "ops", ((_each("convostream_clickhouse_retries_total", "call"), "{{call}}"),), (metrics.RETRIES,)),
    Chart(
        "New logs",
        "locale",
        (("increase(convostream_log_epochs_total[$__rate_interval])", "{{instance}}"),),
        (metrics.LOG_EPOCHS,),
    ),
)
MEMORY: Final = (
    Chart("Cache", "bytes", (("max by (partition) (convostream_cache_bytes)", PARTITION),), (metrics.CACHE_BYTES,)),
    Chart(
        "Cached conversations",
        "locale",
        (("max by (partition) (convostream_cached_conversations)", PARTITION),),
        (metrics.CONVERSATIONS_CACHED,),
    ),
    Chart(
        "Cache misses",
        "ops",
        (("sum by (instance) (rate(convostream_cache_misses_total[$__rate_interval]))", "{{instance}}"),),
        (metrics.CACHE_MISSES,),
    ),
    Chart(
        "Memory of each worker",
        "bytes",
        ((f'process_resident_memory_bytes{{job="{JOB}"}}', "{{instance}}"),),
        note="Resident memory.",
    ),
    Chart(
        "CPU of each worker",
        "percentunit",
        ((f'rate(process_cpu_seconds_total{{job="{JOB}"}}[$__rate_interval])', "{{instance}}"),),
        note="Share of one core.",
    ),
)


def health() -> Dashboard:
    """Return the dashboard: faults first, then throughput, then resources."""
    dashboard = Dashboard("Convostream: pipeline health").uid(UID).tags([TAG]).timezone("browser").time("now-6h", "now")
    dashboard.description("Metrics of the workers.").refresh("30s").tooltip(DashboardCursorSync.CROSSHAIR)
    dashboard.readonly().annotations([]).link(other_dashboards()).with_row(Row("Health"))
    for chart in STATE:
        dashboard.with_panel(number(chart, 3))
    for chart in FAULTS:
        dashboard.with_panel(number(chart, 3, bad=1))
    dashboard.with_panel(number(AUDIT_AGE, 3, bad=OVERDUE_SECONDS))
    dashboard.with_panel(_alerts())
    rows = {"Flow": FLOW, "Flushes": FLUSHES, "Audits": AUDITS, "Kafka": KAFKA, "Memory": MEMORY}
    for title, charts in rows.items():
        dashboard.with_row(Row(title))
        for chart in charts:
            dashboard.with_panel(time_series(chart))
    return dashboard


def _alerts() -> table.Panel:
    shown = {"excludeByName": {"Time": True, "Value": True, "__name__": True}}
    panel = described(table.Panel(), ALERTS, 24, 6).with_target(listing("ALERTS")).no_value("No alert")
    return panel.with_transformation(DataTransformerConfig("organize", options=shown))
