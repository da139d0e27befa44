"""A fixed round on each broker, as CI runs it; `make faults` runs more."""

import os
from pathlib import Path

import pytest

from deploy.embedded.stack.stack import Broker
from deploy.kafka.jars import missing_programs
from tests.faults import report
from tests.faults.round import Round, RoundPlan

SECONDS = 40

# In each round; the run has two.
REBALANCES = 10
SEED = 1


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "broker",
    ["embedded", pytest.param("kafka", marks=pytest.mark.kafka)],
    ids=["embedded broker", "Apache Kafka"],
)
def test_every_number_is_correct_after_a_round_of_faults(broker: Broker, tmp_path: Path) -> None:
    if broker == "kafka" and (missing := missing_programs()):
        assert os.environ.get("CI") != "true", f"CI must test Apache Kafka too, but lacks {missing}"
        pytest.skip(f"Apache Kafka needs {' and '.join(missing)}, which this machine lacks")
    outcome = Round(RoundPlan(broker, SECONDS, rebalances=REBALANCES), SEED, tmp_path).run()
    report.round_line(1, outcome, tmp_path)
    assert not outcome.wrong
    assert not outcome.deaths
    assert outcome.events
    assert outcome.rebalances >= REBALANCES
