"""Reads what a worker tells on its metrics port."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

from benchmarks.harness.contender import Step

# The value of a metric by its name and its step, over all workers; the step is empty for all but `step_seconds`.
Samples = Mapping[tuple[str, str], float]

_STEP_SECONDS = "convostream_step_seconds"


def scrape(ports: Iterable[int]) -> Samples:
    """Return the sums over the workers at these ports."""
    return summed(_page(port) for port in ports)


def summed(pages: Iterable[str]) -> Samples:
    """Return the sums over some pages of metrics."""
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    for page in pages:
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if not sample.name.endswith(("_bucket", "_created")):
                    sums[sample.name, sample.labels.get("step", "")] += sample.value
    return sums


def steps_of(samples: Samples) -> Sequence[Step]:
    """Return the steps of all flushes, the longest first."""
    names = {step for name, step in samples if name == f"{_STEP_SECONDS}_count"}
    steps = [
        Step(name, int(samples[f"{_STEP_SECONDS}_count", name]), samples[f"{_STEP_SECONDS}_sum", name])
        for name in names
    ]
    return sorted(steps, key=lambda step: -step.seconds)


def _page(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())
