"""Computes the duration of an action: as measured, else from start to end (docs/metrics.md, tool_usage)."""

from typing import Final, NamedTuple

# 31.7 years. A longer duration is a measuring error and counts as unknown.
MAX_DURATION_MS: Final = 10**12

# 1900-01-01T00:00:00Z, the earliest time of ClickHouse's DateTime64.
EARLIEST_MS: Final = -2_208_988_800_000

# 2299-12-31T23:59:59.999Z, the latest time of ClickHouse's DateTime64.
LATEST_MS: Final = 10_413_791_999_999


class Duration(NamedTuple):
    """A duration, None when unknown, and whether any of the values it was computed from is invalid."""

    milliseconds: float | None
    is_invalid: bool


_UNKNOWN: Final = Duration(None, is_invalid=False)


def call_duration_ms(duration_ms: float | None, started_at: int | None, ended_at: int | None) -> Duration:
    """Return the duration of an action; times are in milliseconds since 1970 UTC, None when absent."""
    if duration_ms is None and started_at is None and ended_at is None:
        return _UNKNOWN
    measured = None if duration_ms is None else _plausible(duration_ms)
    between = _between(started_at, ended_at)
    is_invalid = (
        (duration_ms is not None and measured is None)
        or (started_at is not None and ended_at is not None and between is None)
        or not (_in_range(started_at) and _in_range(ended_at))
    )
    if duration_ms is not None and duration_ms >= 0:
        return Duration(measured, is_invalid)
    return Duration(between, is_invalid)


def _plausible(milliseconds: float) -> float | None:
    return milliseconds + 0.0 if 0 <= milliseconds <= MAX_DURATION_MS else None


def _between(started_at: int | None, ended_at: int | None) -> float | None:
    if started_at is None or ended_at is None or not (_in_range(started_at) and _in_range(ended_at)):
        return None
    return _plausible(ended_at - started_at)


def _in_range(at: int | None) -> bool:
    return at is None or EARLIEST_MS <= at <= LATEST_MS
