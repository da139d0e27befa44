"""A probe is seen once, in the order in which it was sent, and its percentiles are those of a list of seconds."""

import orjson
import pytest

from benchmarks.scenarios.steady import Latency, Probes
from benchmarks.workload.produce import home
from convostream.contract.events import validate_event
from tests.unit.benchmarks.harness.test_report import RESULT


def test_every_partition_gets_a_probe_of_its_own_name() -> None:
    sent = list(Probes(4).send())
    assert [home(key, 4) for key, _ in sent] == [0, 1, 2, 3]
    names = [validate_event(orjson.loads(value)).__dict__["action_name"] for _, value in sent]
    assert names == ["probe-0", "probe-1", "probe-2", "probe-3"]


def test_a_probe_counts_when_the_view_first_counts_it() -> None:
    probes = Probes(1)
    for _ in range(3):
        list(probes.send())
    probes.see({}, 0.0)
    assert not probes.seconds
    probes.see({"probe-0": 2}, 1e12)
    probes.see({"probe-0": 2}, 2e12)
    assert len(probes.seconds) == 2
    probes.see({"probe-0": 3}, 3e12)
    assert len(probes.seconds) == probes.sent == 3


@pytest.mark.parametrize(("percent", "seconds"), [(50, 0.51), (99, 1.0)])
def test_percentiles_lie_among_the_seconds_of_the_probes(percent: int, seconds: float) -> None:
    latency = Latency(2_000, [number / 100 for number in range(1, 102)], RESULT, 0)
    assert latency.percentile(percent) == pytest.approx(seconds)


def test_what_the_asking_cost_is_no_cost_of_the_events() -> None:
    latency = Latency(2_000, [1.0], RESULT, asking=0.5)
    left = {role: cost.cpu_seconds for role, cost in latency.without_asking.costs.items()}
    assert left == {role: cost.cpu_seconds - 0.5 * (role == "clickhouse") for role, cost in RESULT.costs.items()}
