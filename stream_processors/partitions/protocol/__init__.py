"""The range protocol as a pure machine: `commands.py` lists what it may do, `owner.py` says when it does it."""
