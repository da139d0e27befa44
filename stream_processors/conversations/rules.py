"""The settings that enter the fold, and the version that they and the code make together."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from stream_processors.conversations.escalation import EscalationActions

# Raise it when the code derives other facts from the same events; `rebuild` then computes them anew.
FOLD: Final = 1


@dataclass(frozen=True, slots=True)
class FoldRules:
    """What decides, beside the events, which facts a conversation has."""

    session_gap_ms: int
    escalation_actions: EscalationActions

    @property
    def version(self) -> str:
        """The number of the fold in the code and a hash of the settings; kept with every range."""
        entering = json.dumps([self.session_gap_ms, sorted(self.escalation_actions.names)])
        return f"{FOLD}-{hashlib.blake2b(entering.encode(), digest_size=6).hexdigest()}"
