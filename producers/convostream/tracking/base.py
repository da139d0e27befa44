"""The base of both trackers: the agent's settings, a transport, and the calls that open conversations."""

from typing import Literal, TypeAlias

from convostream.contract.events import Event
from convostream.errors import InvalidArgument
from convostream.kafka.security import KafkaSecurity
from convostream.settings import Settings
from convostream.tracking.calls import JsonMapping, Moment, TrackingMethods
from convostream.tracking.context import CurrentConversation
from convostream.tracking.conversation import Conversation
from convostream.tracking.event_builder import EventBuilder
from convostream.transport.interface import Stats, Transport
from convostream.transport.kafka import KafkaTransport

Device: TypeAlias = Literal["desktop", "tablet", "mobile"]

_DEVICES = ("desktop", "tablet", "mobile")


class BaseTracker(TrackingMethods):
    """Open conversations and track their events; arguments that are not given come from the CONVOSTREAM_ settings."""

    def __init__(
        self,
        agent_id: str | None = None,
        environment: str | None = None,
        *,
        bootstrap_servers: str | None = None,
        security: KafkaSecurity | None = None,
        transport: Transport | None = None,
        settings: Settings | None = None,
    ) -> None:
        settings = settings or Settings.from_environment()
        if bootstrap_servers is not None:
            settings = settings.model_copy(update={"kafka_bootstrap_servers": bootstrap_servers})
        if security is not None:
            settings = settings.model_copy(update=dict(security))
        agent_id = settings.agent_id if agent_id is None else agent_id
        if agent_id is None:
            raise InvalidArgument("agent_id", None, "pass the name of the agent or set CONVOSTREAM_AGENT_ID")
        self._current = CurrentConversation()
        self._transport = KafkaTransport(settings) if transport is None else transport
        self._event_builder = EventBuilder(
            agent_id, settings.environment if environment is None else environment, self._transport
        )

    def initialize_conversation(
        self,
        conversation_id: str,
        customer_id: str | None = None,
        customer_ip_address: str | None = None,
        device: Device | None = None,
        source: str | None = None,
        language: str | None = None,
        metadata: JsonMapping | None = None,
        *,
        name: str | None = None,
        occurred_at: Moment | None = None,
    ) -> None:
        """Track a visit: the widget was opened, without a message yet. The conversation becomes the current one."""
        own = {"customer_id": customer_id, "customer_ip_address": customer_ip_address, "device": _device(device)}
        own |= {"source": source, "language": language, "name": name}
        self._open("conversation_visited", conversation_id, {**own, "metadata": metadata, "occurred_at": occurred_at})

    def get_or_create_conversation(
        self,
        conversation_id: str,
        customer_id: str | None = None,
        customer_ip_address: str | None = None,
        device: Device | None = None,
        source: str | None = None,
        language: str | None = None,
        metadata: JsonMapping | None = None,
        *,
        name: str | None = None,
        occurred_at: Moment | None = None,
    ) -> Conversation:
        """Track that a conversation started or continues; return its handle. It becomes the current one."""
        own = {"customer_id": customer_id, "customer_ip_address": customer_ip_address, "device": _device(device)}
        own |= {"source": source, "language": language, "name": name}
        self._open("conversation_engaged", conversation_id, {**own, "metadata": metadata, "occurred_at": occurred_at})
        return Conversation(conversation_id, self._event_builder, self._current)

    def emit(self, event: Event) -> None:
        """Send a complete event unchanged, with its own agent, environment and conversation."""
        self._event_builder.emit(event)

    def stats(self) -> Stats:
        """Return the counts of events so far: sent, unsent, refused."""
        return self._transport.stats()

    def _open(self, kind: str, conversation_id: str, own: JsonMapping) -> None:
        self._event_builder.record(kind, conversation_id, own)
        self._current.open(conversation_id)

    def _conversation_of(self, conversation_id: str | None) -> str | None:
        return self._current.get() if conversation_id is None else conversation_id


def _device(device: str | None) -> str | None:
    if device is not None and device not in _DEVICES:
        raise InvalidArgument("device", device, f"allowed are {', '.join(_DEVICES)}")
    return device
