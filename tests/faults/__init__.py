"""Check every number after real processes were killed, paused and disconnected under a load of known events.

`python -m tests.faults` runs rounds; `docs/faults.md` explains how to run it and how to read its output.
A round starts a stack with proxies and workers, injects faults under load, drains the log, computes the expected state
from the log and compares.
"""
