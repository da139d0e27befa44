"""The schemas of the responses, as the OpenAPI document describes them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dashboard.catalogue.entries import Form, Kind, ListName

Value = str | int | float | None
Rows = list[dict[str, Value]]
Item = dict[str, Any]
Items = list[Item]


class Schema(BaseModel):
    """Base of the schemas, which can also be read from dataclasses."""

    model_config = ConfigDict(from_attributes=True)


class LinkSchema(Schema):
    """The list behind a count: pass `filters` as they are, and `from_row` with the values of these columns."""

    list: ListName
    filters: dict[str, str] = Field(examples=[{"sender": "end_user"}])
    from_row: dict[str, str] = Field(examples=[{"country": "country_code"}])


class ColumnSchema(Schema):
    """A column of a metric."""

    name: str
    title: str
    kind: Kind
    unit: str
    meaning: str
    link: LinkSchema | None


class LeftOutSchema(Schema):
    """What is not counted, and the column with its number."""

    what: str
    column: str | None


class FilledSchema(Schema):
    """An argument of the SDK that fills the metric, and an example call."""

    argument: str
    example: str


class MetricSchema(Schema):
    """One metric of the catalogue."""

    name: str
    title: str
    form: Form
    definition: str
    columns: list[ColumnSchema]
    left_out: list[LeftOutSchema]
    filled_by: list[FilledSchema]
    drill_down_of: str | None


class Catalogue(Schema):
    """All metrics: fifteen, and two drill-downs."""

    metrics: list[MetricSchema]


class WindowSchema(Schema):
    """The resolved window: times are UTC, the range is half open."""

    agent_id: str
    environment: str
    since: str = Field(examples=["2026-03-31T22:00:00.000Z"])
    until: str = Field(examples=["2026-04-30T22:00:00.000Z"])
    time_zone: str = Field(examples=["Europe/Zagreb"])


class MetricResponse(Schema):
    """The rows of one metric, and of the previous period."""

    name: str
    window: WindowSchema
    rows: Rows
    previous_window: WindowSchema | None
    previous: Rows | None


class MetricRows(Schema):
    """The rows of one metric on the dashboard."""

    rows: Rows
    previous: Rows | None


class DashboardResponse(Schema):
    """The rows of all metrics."""

    window: WindowSchema
    previous_window: WindowSchema | None
    metrics: dict[str, MetricRows]


class AgentSchema(Schema):
    """An agent in an environment, with its first and last event."""

    agent_id: str
    environment: str
    events: int
    first_event_at: str
    last_event_at: str
    last_received_at: str


class ScopeSchema(Schema):
    """An agent in an environment."""

    agent_id: str
    environment: str


class Busiest(Schema):
    """The agent with the most events received lately; null before the first event."""

    agent: ScopeSchema | None


class Agents(Schema):
    """A page of agents by name."""

    agents: list[AgentSchema]
    next: str | None


class ListResponse(Schema):
    """A page of a list, newest first; `total` counts all its rows."""

    list: ListName
    window: WindowSchema
    total: int
    rows: Items
    next: str | None


class ConversationResponse(Schema):
    """One conversation, and a page of its events in order."""

    conversation: Item
    sessions: Items
    exchanges: Items
    events: Items
    next: str | None


class MinuteSchema(Schema):
    """A minute and the events that were received in it."""

    minute: str
    events: int


class LastEvent(Schema):
    """The event that was received last."""

    received_at: str
    occurred_at: str


class PartitionSchema(Schema):
    """The progress of a partition, and how long its last record waited."""

    topic: str
    partition: int
    last_offset: int
    last_record_at: str
    written_at: str
    confirmed: bool
    delay_seconds: float
    waiting_seconds: float = Field(description="How long the last flush has been waiting for its confirmation.")
    is_blocked: bool = Field(description="The last flush waits for more than 30 seconds; see the workers' logs.")


class DeadLettersSchema(Schema):
    """Dead letters with one reason."""

    reason_code: str
    count: int
    last_hour: int
    last_at: str


class AuditSchema(Schema):
    """The last audit, which compares derived data with the events."""

    started_at: str
    finished_at: str
    since: str | None = Field(description="Only conversations with events received since then; null for all.")
    conversations: int
    touched: int = Field(description="Conversations left for the next audit, because events arrived meanwhile.")
    differences: dict[str, int] = Field(description="Missing and duplicate rows, by table.")
    repaired: int = Field(description="Rows that the audit corrected.")
    is_clean: bool = Field(description="No difference remains.")


class IngestionResponse(Schema):
    """The state of ingestion."""

    now: str
    minutes: list[MinuteSchema]
    last_event: LastEvent | None
    partitions: list[PartitionSchema]
    dead_letters: list[DeadLettersSchema]
    last_audit: AuditSchema | None


class Change(Schema):
    """The newest counts."""

    received_at: str | None
    events: int
    dead_letters: int


class SessionSchema(Schema):
    """Whether a session is open."""

    logged_in: bool


class Health(Schema):
    """The health of the service."""

    status: str


class Fault(BaseModel):
    """An invalid parameter and its allowed values."""

    parameter: str = Field(examples=["since"])
    allowed: str = Field(examples=["an ISO time, a local date (2026-04-01), a relative time (-7d, -24h) or now"])


class ProblemDocument(BaseModel):
    """An RFC 9457 problem document."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str
    errors: list[Fault] = []
