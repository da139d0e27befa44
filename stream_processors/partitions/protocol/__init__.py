"""The range protocol: which steps the owner of a partition takes, in which order. It knows no client and no clock.

`io.py` lists what a step may do, `owner.py` is the life of an owner, `ranges.py` writes one range exactly once.
"""
