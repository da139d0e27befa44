"""`python -m benchmarks.scenarios.policies`: what each policy for texts adds to an event, in microseconds.

The best of several rounds over the same records in memory, as other work on the machine only ever adds time.
"""

import gc
import time
from typing import Final

import click

from benchmarks.workload.load import make_load
from stream_processors.app import SLICE
from stream_processors.dead_letters.storage import DeadLetterPolicy
from stream_processors.enrichment.policy import Enrichment, make_enrichment
from stream_processors.kafka.light_records import LightRecord
from stream_processors.pipeline.batch import FlushBatch
from stream_processors.pipeline.steps import decode_records
from stream_processors.settings import WorkerSettings

RULES: Final = "stream_processors/privacy/redaction.toml"
POLICIES: Final[dict[str, dict[str, object]]] = {
    "full": {},
    "hashed": {"content_storage": "hashed", "hash_key": "k" * 32},
    "dropped": {"content_storage": "dropped"},
    "full, redacted": {"redaction_file": RULES},
    "hashed, redacted": {"content_storage": "hashed", "hash_key": "k" * 32, "redaction_file": RULES},
}


@click.command()
@click.option("--events", default=50_000, show_default=True, help="Events of a round.")
@click.option("--rounds", default=7, show_default=True, help="Rounds of each policy, one after the other.")
def main(events: int, rounds: int) -> None:
    """Print the time that decoding and enriching take of an event under each policy."""
    values = [value for _, value in make_load(events).records]
    records = [LightRecord(0, offset, 1, None, value, ()) for offset, value in enumerate(values)]
    policies = {name: make_enrichment(WorkerSettings.model_validate(each)) for name, each in POLICIES.items()}
    best = {name: float("inf") for name in policies}
    for _ in range(rounds):
        for name, enrichment in policies.items():
            best[name] = min(best[name], _seconds(records, enrichment))
    for name, seconds in best.items():
        click.echo(f"{name:18} {seconds / events * 1e6:6.2f} us an event")


def _seconds(records: list[LightRecord], enrichment: Enrichment) -> float:
    batch = FlushBatch(records)
    gc.collect()
    gc.disable()
    began = time.process_time()
    for begin in range(0, len(records), SLICE):
        decode_records(batch, enrichment, DeadLetterPolicy(content=enrichment.content).keep, begin, begin + SLICE)
    took = time.process_time() - began
    gc.enable()
    return took


if __name__ == "__main__":
    main()
