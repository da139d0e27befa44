"""Decides which actions hand a conversation over to a person: those whose name is in the escalation set."""

from collections.abc import Iterable
from typing import Final

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text

# The names that escalate unless a setting says otherwise.
DEFAULT_ESCALATION_ACTIONS: Final = ("fallback_to_human", "open_ticket", "ticket", "contact_human")


class EscalationActions:
    """The set of action names that escalate, compared trimmed and case-folded: `get_ticket` is not `ticket`."""

    __slots__ = ("names",)

    def __init__(self, names: Iterable[str] = DEFAULT_ESCALATION_ACTIONS) -> None:
        folded = {_fold(name) for name in names}
        self.names: Final = frozenset(folded - {""})

    def includes(self, action_name: str) -> bool:
        """Tell whether an action of this name escalates."""
        return _fold(action_name) in self.names


@cached_by_text(maxsize=16_384)
def _fold(name: str) -> str:
    return trim(name).casefold()
