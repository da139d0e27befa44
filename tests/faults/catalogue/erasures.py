"""Faults of erasures: the command is killed while it erases a conversation, and then repeated."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from deploy.embedded.settings import ROOT
from tests.faults.catalogue.kinds import FaultKind
from tests.faults.fault_stack import FaultStack

CONVERSATION_SQL = (
    "SELECT agent_id, environment, conversation_id FROM events WHERE sender = 'end_user' ORDER BY rand() LIMIT 1"
)
ATTEMPTS = 40


@contextmanager
def _erased(stack: FaultStack) -> Iterator[None]:
    """Start to erase a conversation, kill the command half of the time, and repeat it until it succeeds."""
    rows = stack.rows_or_none(CONVERSATION_SQL)
    if not rows:
        yield
        return
    agent, environment, conversation = map(str, rows[0])
    command = ("erase", "--agent", agent, "--environment", environment, "--conversation", conversation)
    with subprocess.Popen(
        [sys.executable, "-m", "stream_processors", *command],
        cwd=ROOT,
        env={
            **os.environ,
            **stack.environment(),
            **stack.worker_settings,
            "PYTHONPATH": f"{ROOT}:{ROOT / 'producers'}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as first:
        stack.erased.add((agent, environment, conversation))
        yield
        if stack.chance.random() < 0.5:
            first.kill()
    for _ in range(ATTEMPTS):
        if (done := stack.command(*command)).returncode == 0:
            return
        time.sleep(1)
    raise AssertionError(f"the erasure failed: {done.stderr}")


KINDS = (FaultKind("conversation erased", "people", _erased, (2, 6), weight=3),)
