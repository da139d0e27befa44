"""Random event sets in three deliveries, each after the previous was written: late events meet stored ones."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.oracle import History, Question, Record, Sent
from tests.support.run_length import by_length
from tests.support.stack.harness import Harness, history, unique_agent
from tests.support.strategies.choices import RandomChoices
from tests.support.strategies.questions import questions
from tests.support.strategies.random_events import generate

SEEDS = range(by_length(3, 20))
PARTS = 3
CONVERSATIONS = 40
QUESTIONS = {"production": 2, "staging": 1}


@dataclass
class RandomSet:
    """A set with its two agents and the delivered records."""

    seed: int
    agents: list[str]
    sent: list[Sent]
    delivered: list[Record] = field(default_factory=list)

    @property
    def history(self) -> History:
        """The oracle's history of the delivered records."""
        return history(self.delivered)

    def questions(self, known: History, now: int) -> Iterator[Question]:
        """Yield some questions for each agent and environment."""
        for agent_id in self.agents:
            for environment, count in QUESTIONS.items():
                scope = agent_id, environment
                moments = [event.at for event in known.events if event.key[:2] == scope]
                yield from questions(RandomChoices(self.seed), scope, moments, now, count)


def deliver_all(harness: Harness) -> list[RandomSet]:
    """Deliver a set for each seed; all sets share the waiting."""
    sets = [_set(seed, harness.now()) for seed in SEEDS]
    for part in range(PARTS):
        for each in sets:
            size = -(-len(each.sent) // PARTS)
            each.delivered.extend(harness.send(each.sent[part * size : (part + 1) * size]))
        harness.drain()
    return sets


def _set(seed: int, now: int) -> RandomSet:
    agents = [unique_agent(f"seed-{seed}") for _ in range(2)]
    return RandomSet(seed, agents, generate(seed, CONVERSATIONS, agent_ids=agents, now=now))
