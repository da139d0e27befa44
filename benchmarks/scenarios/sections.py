"""The sections of a run: each measures and returns its tables; together they tell what an event costs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from benchmarks.contenders.registry import CONTENDERS
from benchmarks.harness import coefficients
from benchmarks.harness.coefficients import Coefficients
from benchmarks.harness.contender import ContenderFailed, Testbed
from benchmarks.harness.plan import Plan
from benchmarks.harness.stack import PARTITIONS, Say, fill, running_stack
from benchmarks.harness.tables import Table, cost_table, speed_table, step_table
from benchmarks.scenarios import tables as scenario_tables
from benchmarks.scenarios import variations
from benchmarks.scenarios.end_to_end import Result, compete
from benchmarks.scenarios.large_database import run_beside
from benchmarks.scenarios.steady import Latency, measure_steadily
from benchmarks.scenarios.tracking_calls import has_other_clients, measure_tracking_calls
from benchmarks.scenarios.views import measure_views
from benchmarks.workload.load import Load, make_load
from deploy.embedded.stack.stack import Broker


class Sections:
    """The sections of one run, by a plan."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self._plan = plan
        self._say = say
        self._load = Load([], {})
        self._catch_up: Result | None = None
        self._steady: Sequence[Latency] = ()
        self._stored_bytes = 0

    def end_to_end(self) -> Sequence[Table]:
        """Let all contenders catch up, on each broker."""
        self._say(f"making {self._plan.events:,} events")
        self._load = load = make_load(self._plan.events)
        left_out: dict[tuple[Broker, str], str] = {}
        results = [result for broker in self._plan.brokers for result in self._race(broker, load, left_out)]
        self._catch_up = results[-1]
        return [speed_table(results, load, left_out), cost_table(results), step_table(results)]

    def variations(self) -> Sequence[Table]:
        """Let the worker catch up under other circumstances."""
        with running_stack(self._plan.broker, self._say) as stack:
            outcomes = variations.vary(stack, self._plan.broker, self._plan.variation_events, self._say)
            return [scenario_tables.variation_table(list(outcomes))]

    def steady(self) -> Sequence[Table]:
        """Send at steady rates."""
        broker, seconds = self._plan.broker, self._plan.steady_seconds
        with running_stack(broker, self._say) as stack:
            rates = self._plan.rates
            self._steady = [measure_steadily(stack, broker, rate, seconds, self._say) for rate in rates]
        named = [replace(latency.result, contender=f"{latency.rate:,} events/s") for latency in self._steady]
        return [scenario_tables.steady_table(self._steady), step_table(named, "Time by step at steady rates")]

    def views(self) -> Sequence[Table]:
        """Time the views on ever more events."""
        with running_stack(self._plan.broker, self._say) as stack:
            timings, stored = measure_views(stack, self._plan.broker, self._plan.view_sizes, self._say)
            result = run_beside(stack, self._plan.broker, stored, self._plan.beside_events, self._say)
        return [scenario_tables.view_table(timings), scenario_tables.beside_table(stored, result)]

    def emit(self) -> Sequence[Table]:
        """Time the calls of the SDK and of other clients."""
        self._say("calls with the broker up, down and hung")
        rows = list(measure_tracking_calls(self._plan.calls))
        left_out = " Others are left out: confluent-kafka is not installed (make bench does it)."
        if has_other_clients():
            from benchmarks.scenarios.client_sends import measure_client_sends  # it imports what may not be installed

            rows, left_out = [*rows, *measure_client_sends(self._plan.calls)], ""
        return [scenario_tables.tracking_table(rows, left_out)]

    def costs(self, facts: Mapping[str, str]) -> Coefficients | None:
        """Return what an event costs, when the sections that tell have run."""
        if not self._catch_up or not self._steady:
            return None
        source = f"{facts['date']}, {facts['machine']}, {self._catch_up.broker}, revision {facts['revision']}"
        return coefficients.measured(source, self._catch_up, self._steady[0], self._stored_bytes, self._load)

    def _race(self, broker: Broker, load: Load, left_out: dict[tuple[Broker, str], str]) -> Sequence[Result]:
        """Let all contenders run; one of other makers that fails is left out."""
        results: list[Result] = []
        with running_stack(broker, self._say) as stack:
            place = fill(stack, broker, "agent-events", load, PARTITIONS, 1, self._say)
            left_out |= {
                (broker, contender.name): why for contender in CONTENDERS if (why := contender.missing(broker))
            }
            able = [contender for contender in CONTENDERS if (broker, contender.name) not in left_out]
            for contender in able:
                try:
                    results.append(compete(place, load, contender, self._say))
                except ContenderFailed as failure:
                    if contender.job != "small":
                        raise
                    left_out[broker, contender.name] = f"it failed: {str(failure).splitlines()[0]}"
            self._stored_bytes = _stored_bytes(place)
        return results


def _stored_bytes(place: Testbed) -> int:
    return coefficients.stored_bytes(place.writer())
