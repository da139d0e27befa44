"""The size of random tests: small by default, large with `--long`."""

from hypothesis import settings


def by_length(short: int, long: int) -> int:
    """Return the first number, or the second in a run with `--long`."""
    return long if settings.get_current_profile_name() == "long" else short
