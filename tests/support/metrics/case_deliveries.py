"""Deliver all cases to the running product at once, in three ways, each case with its own agent.

- at once: in the order of the case, so that one flush holds it;
- piecemeal: every second record in reverse; once these are written, the others; and everything a second time;
- piecemeal, forgetful: the same for a worker that caches no conversation.
If the order of arrival is part of the case, the pieces are its first and its second half.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from tests.oracle import Sent
from tests.oracle.cases import ALL_CASES, Case, Script
from tests.support.stack.harness import Harness, unique_agent

AT_ONCE, PIECEMEAL, FORGETFUL = "at once", "piecemeal", "piecemeal, forgetful"
DELIVERIES = (AT_ONCE, PIECEMEAL, FORGETFUL)


@dataclass(frozen=True, slots=True)
class DeliveredCase:
    """A case in one delivery, and the harness whose views show it."""

    case: Case
    script: Script
    harness: Harness

    def differences(self) -> list[str]:
        """Return the differences between the views and the case."""
        return [
            wrong
            for expectation in self.script.expectations
            for wrong in expectation.differences(self.harness.view(expectation.view, expectation.question))
        ]


DeliveredCases = dict[tuple[str, str], DeliveredCase]


def deliver_all_cases(harness: Harness, forgetful: Harness) -> DeliveredCases:
    """Deliver every case in every way and wait until all are written."""
    now = harness.now()
    plays = {
        (case.fact, delivery): DeliveredCase(
            case, case.script(unique_agent("case"), now), forgetful if delivery == FORGETFUL else harness
        )
        for case in ALL_CASES
        for delivery in DELIVERIES
    }
    for part in range(2):
        for log in (harness, forgetful):
            pieces = (_pieces(play, delivery)[part] for (_, delivery), play in plays.items() if play.harness is log)
            log.send([sent for piece in pieces for sent in piece])
        for log in (harness, forgetful):
            log.drain()
    return plays


def _pieces(play: DeliveredCase, delivery: str) -> tuple[list[Sent], list[Sent]]:
    sent = play.script.sent
    if delivery == AT_ONCE:
        return sent, []
    if play.case.in_order:
        return sent[: len(sent) // 2], sent[len(sent) // 2 :] + sent
    again = random.Random(play.case.fact).sample(sent, len(sent))
    return sent[::-2], sent[-2::-2] + again


def parametrized(cases: Iterable[Case]) -> pytest.MarkDecorator:
    """Return a parametrisation with each case and delivery."""
    values = [pytest.param(case, delivery, id=f"{case.fact}, {delivery}") for case in cases for delivery in DELIVERIES]
    return pytest.mark.parametrize(("case", "delivery"), values)
