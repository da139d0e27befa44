"""The spool among real processes: killed at any moment, several at once, forked, interrupted by signals."""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.sdk.spools import contents, files, record, records_on_disk, recover_all, spool, start, take_all

AGENT = """
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
number = {first}
while True:
    tracker.track_human_message(str(number), conversation_id="c-1")
    print(number, flush=True)
    number += 1
"""

FORKING_AGENT = """
import os, signal, sys, time
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
tracker.track_human_message("parent", conversation_id="c-1")
child = os.fork()
if child == 0:
    tracker.track_human_message("child", conversation_id="c-1")
    print("child", os.getpid(), tracker.stats().accepted, flush=True)
    time.sleep(60)
os.waitpid(child, 0)
"""

SIGNALLED_AGENT = """
import signal
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
interruptions = 0
def interrupt(*_):
    global interruptions
    interruptions += 1
    tracker.track_human_message("a signal", conversation_id="c-2")
signal.signal(signal.SIGALRM, interrupt)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
for number in range(4_000):
    tracker.track_human_message(str(number), conversation_id="c-1")
signal.setitimer(signal.ITIMER_REAL, 0)
print(interruptions, tracker.stats().accepted)
"""


def kill_after(agent: "subprocess.Popen[str]", seconds: float) -> list[int]:
    """Kill an agent so long after its first event; return the numbers of the calls that had returned."""
    assert agent.stdout is not None
    first = agent.stdout.readline()
    time.sleep(seconds)
    agent.kill()
    rest = agent.stdout.read()
    agent.communicate()
    return [int(line) for line in (first + rest).splitlines()]


@pytest.mark.parametrize("seed", range(4))
def test_after_sigkill_at_any_moment_every_accepted_event_is_there_and_in_order(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    expected: list[int] = []
    variables = {
        "CONVOSTREAM_SPOOL_FSYNC": chance.choice(["each", "interval", "never"]),
        "CONVOSTREAM_SPOOL_BYTES": str(chance.choice([2**24, 2**30])),
    }
    for _ in range(3):
        first = expected[-1] + 1 if expected else 0
        returned = kill_after(start(AGENT.format(first=first), tmp_path, **variables), chance.uniform(0, 0.15))
        found = [int(text) for text in contents(records_on_disk(tmp_path))]
        assert found[: len(expected)] == expected
        assert found == list(range(len(found)))
        assert len(found) - len(expected) - len(returned) in (0, 1)  # the last may not have been told any more
        expected = found
    records = recover_all(tmp_path)
    assert [int(text) for text in contents(records)] == expected
    assert len({json.loads(each.value)["event_id"] for each in records}) == len(expected)
    assert list(tmp_path.iterdir()) == []


def test_a_living_process_takes_over_from_a_killed_one(tmp_path: Path) -> None:
    with spool(tmp_path, adopt_seconds=0.05) as living:
        living.offer(record(1))
        returned = kill_after(start(AGENT.format(first=0), tmp_path), 0.05)
        deadline = time.monotonic() + 10
        while living.stats().recovered < len(returned):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert len(files(tmp_path)) >= 2
        assert len(take_all(living)) == living.stats().accepted + living.stats().recovered


def test_a_process_that_is_stopped_keeps_what_is_its_own(tmp_path: Path) -> None:
    agent = start(AGENT.format(first=0), tmp_path)
    assert agent.stdout is not None
    agent.stdout.readline()
    agent.send_signal(signal.SIGSTOP)
    assert recover_all(tmp_path) == []
    agent.send_signal(signal.SIGCONT)
    kill_after(agent, 0)
    assert len(recover_all(tmp_path)) > 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_child_has_a_home_of_its_own_and_holds_nothing_of_its_dead_parent(tmp_path: Path) -> None:
    parent = start(FORKING_AGENT, tmp_path)
    assert parent.stdout is not None
    _, child, accepted = parent.stdout.readline().split()
    assert accepted == "1"
    parent.kill()
    parent.wait()
    try:
        assert contents(recover_all(tmp_path)) == ["parent"]
    finally:
        os.kill(int(child), signal.SIGKILL)
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while not (found := recover_all(tmp_path)):  # the child is not ours to wait for
        assert time.monotonic() < deadline
    assert contents(found) == ["child"]


@pytest.mark.parametrize("spooled", [True, False], ids=["with a spool", "in memory"])
def test_a_signal_handler_may_track_in_the_midst_of_a_call(tmp_path: Path, spooled: bool) -> None:
    variables = {} if spooled else {"CONVOSTREAM_SPOOL_DIRECTORY": ""}
    agent = start(SIGNALLED_AGENT, tmp_path, **variables)
    out, errors = agent.communicate(timeout=60)
    interruptions, accepted = map(int, out.split())
    assert interruptions > 0, errors
    assert accepted == 4_000 + interruptions
    if spooled:
        found = contents(recover_all(tmp_path))
        assert found.count("a signal") == interruptions
        assert [text for text in found if text != "a signal"] == [str(number) for number in range(4_000)]


def test_the_end_of_an_agent_leaves_its_events_and_says_so(tmp_path: Path) -> None:
    agent = start(AGENT.format(first=0).replace("while True", "while number < 3"), tmp_path)
    _, errors = agent.communicate(timeout=60)
    assert "closed with 3 events unsent; 3 of them wait in the spool for the next process" in errors
    assert contents(recover_all(tmp_path)) == ["0", "1", "2"]


def test_threads_write_whole_events(tmp_path: Path) -> None:
    program = """
from concurrent.futures import ThreadPoolExecutor
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
def work(thread):
    for number in range(300):
        tracker.track_human_message(str(number), conversation_id=f"c-{thread}")
with ThreadPoolExecutor(8) as threads:
    list(threads.map(work, range(8)))
"""
    agent = start(program, tmp_path, CONVOSTREAM_SPOOL_BYTES=str(2**22))
    agent.communicate(timeout=60)
    records = recover_all(tmp_path)
    for thread in range(8):
        said = contents([each for each in records if each.key == b"shop/c-%d" % thread])
        assert said == [str(number) for number in range(300)]


def test_an_agent_that_changes_its_directory_keeps_its_spool(tmp_path: Path) -> None:
    program = """
import os
from convostream import ConversationTracker
tracker = ConversationTracker("shop")
os.mkdir("elsewhere")
os.chdir("elsewhere")
tracker.track_human_message("hello", conversation_id="c-1")
"""
    agent = start(f"import os; os.chdir({str(tmp_path)!r})" + program, Path("spool"))
    agent.communicate(timeout=60)
    assert contents(recover_all(tmp_path / "spool")) == ["hello"]
