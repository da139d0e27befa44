"""The settings that decide, beside the events, which facts a conversation has: the session gap and the escalation set.

An action escalates its conversation when its name is in the escalation set (docs/metrics.md, human_escalation_rate).
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from convostream.contract.whitespace import trim
from stream_processors.caching import cached_by_text

# Raise it when the code derives other facts from the same events; `rebuild` then recomputes them.
FOLD: Final = 1

# The default of the setting, as docs/metrics.md defines it.
DEFAULT_ESCALATION_ACTIONS: Final = ("fallback_to_human", "open_ticket", "ticket", "contact_human")


class EscalationActions:
    """The set of action names that escalate, compared trimmed and case-folded: `get_ticket` is not `ticket`."""

    __slots__ = ("names",)

    def __init__(self, names: Iterable[str] = DEFAULT_ESCALATION_ACTIONS) -> None:
        self.names: Final = frozenset({_normalise(name) for name in names} - {""})

    def includes(self, action_name: str) -> bool:
        """Return whether an action of this name escalates."""
        return _normalise(action_name) in self.names


@cached_by_text(maxsize=16_384)
def _normalise(name: str) -> str:
    return trim(name).casefold()


@dataclass(frozen=True, slots=True)
class FoldRules:
    """The settings of the fold; `session_gap_ms` is in milliseconds."""

    session_gap_ms: int
    escalation_actions: EscalationActions

    @property
    def version(self) -> str:
        """The number of the fold in the code and a hash of the settings; stored with every range."""
        settings = json.dumps([self.session_gap_ms, sorted(self.escalation_actions.names)])
        return f"{FOLD}-{hashlib.blake2b(settings.encode(), digest_size=6).hexdigest()}"
