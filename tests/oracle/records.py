"""Sent records, and delivered records for the oracle in their order of arrival."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Record:
    """One delivered record; ``received_at`` is its Kafka timestamp in epoch milliseconds, None when it has none.

    ``seen_at`` is when a worker first read it, which counts if the timestamp is impossible. None means soon after a
    valid timestamp.
    """

    value: bytes | None
    received_at: int | None
    partition: int = 0
    offset: int = 0
    key: bytes | None = None
    seen_at: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A value to send, and the conversation that its key names."""

    agent_id: str
    conversation_id: str
    value: bytes | None

    @property
    def key(self) -> bytes:
        """The key of the contract."""
        return f"{self.agent_id}/{self.conversation_id}".encode()


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that affect the numbers."""

    session_gap_minutes: int = 30
    escalation_actions: tuple[str, ...] = ("fallback_to_human", "open_ticket", "ticket", "contact_human")

    @property
    def session_gap_ms(self) -> int:
        """The longest gap that does not split a session."""
        return self.session_gap_minutes * 60_000
