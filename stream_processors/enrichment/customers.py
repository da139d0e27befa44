"""Decides which `customer_id` names a customer: producers write many words for "nobody"."""

from typing import Final

from convostream.contract.whitespace import trim

# Texts that are no id, in any case.
NOBODY: Final = frozenset({"", "none", "null", "undefined", "anonymous", "unknown"})


def known_customer(text: str) -> str | None:
    """Return the trimmed customer id, whose case counts, or None when the text names nobody."""
    customer = trim(text)
    return None if customer.casefold() in NOBODY else customer
