"""Hypothesis for the tests of the steps: no time limit for a single example, which a busy machine would break."""

from hypothesis import settings

settings.register_profile("steps", deadline=None)
settings.load_profile("steps")
