"""The fault suite: known events flow while real processes are killed, paused and cut off; then every number is checked.

`python -m tests.faults` runs rounds; `docs/faults.md` says how to run it and how to read what it prints.
round -> a site (stack, proxies, workers) under a load -> faults of the catalogue -> drain -> truth -> verdict.
"""
