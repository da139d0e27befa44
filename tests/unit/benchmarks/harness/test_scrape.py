"""The steps of several workers are added up from their pages of metrics."""

from benchmarks.harness.contender import Step
from benchmarks.harness.scrape import steps_of, summed

PAGE = """\
# HELP convostream_step_seconds Time of a flush in each step, seconds.
# TYPE convostream_step_seconds histogram
convostream_step_seconds_bucket{le="0.5",step="decode"} 1.0
convostream_step_seconds_bucket{le="+Inf",step="decode"} 2.0
convostream_step_seconds_count{step="decode"} 2.0
convostream_step_seconds_sum{step="decode"} 1.5
convostream_step_seconds_bucket{le="+Inf",step="insert"} 1.0
convostream_step_seconds_count{step="insert"} 1.0
convostream_step_seconds_sum{step="insert"} 4.0
# HELP convostream_events_total Events written to ClickHouse, by type.
# TYPE convostream_events_total counter
convostream_events_total{type="message"} 7.0
convostream_events_total{type="action"} 2.0
"""


def test_the_longest_step_comes_first() -> None:
    assert steps_of(summed([PAGE])) == [Step("insert", 1, 4.0), Step("decode", 2, 1.5)]


def test_the_pages_of_two_workers_are_added_up() -> None:
    samples = summed([PAGE, PAGE])
    assert samples["convostream_events_total", ""] == 18
    assert steps_of(samples)[0] == Step("insert", 2, 8.0)


def test_a_worker_that_has_done_nothing_has_no_steps() -> None:
    assert steps_of(summed([""])) == []
