"""Decides which channel an event names as its source."""

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text


@cached_by_text(maxsize=16_384)
def normalise_source(text: str) -> str | None:
    """Return the source trimmed and in lower case, or None when it is blank or `unknown`."""
    source = trim(text).lower()
    return source if source and source != "unknown" else None
