"""What the API answers, as the OpenAPI document describes it."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dashboard.catalogue.entries import Form, Kind, ListName

Value = str | int | float | None
Rows = list[dict[str, Value]]
Shown = dict[str, Any]
Listed = list[Shown]


class Answer(BaseModel):
    """What all answers have in common: they are read from dataclasses too."""

    model_config = ConfigDict(from_attributes=True)


class LinkSchema(Answer):
    """The list behind a count: pass `filters` as they are, and `from_row` with the values of these columns."""

    list: ListName
    filters: dict[str, str] = Field(examples=[{"sender": "end_user"}])
    from_row: dict[str, str] = Field(examples=[{"country": "country_code"}])


class ColumnShown(Answer):
    """A column of a metric."""

    name: str
    title: str
    kind: Kind
    unit: str
    meaning: str
    link: LinkSchema | None


class LeftOutShown(Answer):
    """What is not counted, and the column with its number."""

    what: str
    column: str | None


class FilledShown(Answer):
    """The argument of the SDK that fills the metric, and a call that has it."""

    argument: str
    example: str


class MetricShown(Answer):
    """One metric of the catalogue."""

    name: str
    title: str
    form: Form
    definition: str
    columns: list[ColumnShown]
    left_out: list[LeftOutShown]
    filled_by: list[FilledShown]
    drill_down_of: str | None


class Catalogue(Answer):
    """All metrics: fifteen, and two that open another one up."""

    metrics: list[MetricShown]


class WindowShown(Answer):
    """What was asked, made plain: the times are UTC, the range is half open."""

    agent_id: str
    environment: str
    since: str = Field(examples=["2026-03-31T22:00:00.000Z"])
    until: str = Field(examples=["2026-04-30T22:00:00.000Z"])
    time_zone: str = Field(examples=["Europe/Zagreb"])


class MetricAnswer(Answer):
    """The rows of one metric, and of the period before."""

    name: str
    window: WindowShown
    rows: Rows
    previous_window: WindowShown | None
    previous: Rows | None


class MetricRows(Answer):
    """The rows of one metric on the dashboard."""

    rows: Rows
    previous: Rows | None


class DashboardAnswer(Answer):
    """The rows of all metrics."""

    window: WindowShown
    previous_window: WindowShown | None
    metrics: dict[str, MetricRows]


class AgentShown(Answer):
    """An agent in an environment, with its first and last event."""

    agent_id: str
    environment: str
    events: int
    first_event_at: str
    last_event_at: str
    last_received_at: str


class ScopeShown(Answer):
    """An agent in an environment."""

    agent_id: str
    environment: str


class Busiest(Answer):
    """The agent that most events were received of lately; null before the first event."""

    agent: ScopeShown | None


class Agents(Answer):
    """A page of agents by name."""

    agents: list[AgentShown]
    next: str | None


class ListAnswer(Answer):
    """A page of a list, newest first; `total` counts all its rows."""

    list: ListName
    window: WindowShown
    total: int
    rows: Listed
    next: str | None


class ConversationAnswer(Answer):
    """One conversation, and a page of its events in order."""

    conversation: Shown
    sessions: Listed
    exchanges: Listed
    events: Listed
    next: str | None


class MinuteShown(Answer):
    """A minute and the events that were received in it."""

    minute: str
    events: int


class LastEvent(Answer):
    """The event that was received last."""

    received_at: str
    occurred_at: str


class PartitionShown(Answer):
    """How far a partition is written, and how long its last record waited to be."""

    topic: str
    partition: int
    last_offset: int
    last_record_at: str
    written_at: str
    confirmed: bool
    delay_seconds: float
    waiting_seconds: float = Field(description="For how long the last flush has not been known to be in the tables.")
    is_blocked: bool = Field(description="It has waited for more than 30 seconds: the workers' logs say why.")


class DeadLettersShown(Answer):
    """Records that were refused for one reason."""

    reason_code: str
    count: int
    last_hour: int
    last_at: str


class AuditShown(Answer):
    """The last comparison of all that is derived with the events."""

    started_at: str
    finished_at: str
    since: str | None = Field(description="Conversations with events received since then; null for all.")
    conversations: int
    touched: int = Field(description="Left for the next audit, because events came meanwhile.")
    differences: dict[str, int] = Field(description="Rows missing or too many, by table.")
    repaired: int = Field(description="Rows that were repaired.")
    is_clean: bool = Field(description="Nothing differs now: nothing did, or all was repaired.")


class IngestionAnswer(Answer):
    """Whether events arrive."""

    now: str
    minutes: list[MinuteShown]
    last_event: LastEvent | None
    partitions: list[PartitionShown]
    dead_letters: list[DeadLettersShown]
    last_audit: AuditShown | None


class Change(Answer):
    """The newest counts."""

    received_at: str | None
    events: int
    dead_letters: int


class SessionShown(Answer):
    """Whether a session of the login form is open."""

    logged_in: bool


class Health(Answer):
    """Whether the service is well."""

    status: str


class Fault(BaseModel):
    """A parameter that was refused, and what is allowed."""

    parameter: str = Field(examples=["since"])
    allowed: str = Field(examples=["an ISO time, a local date (2026-04-01), a relative time (-7d, -24h) or now"])


class Problem(BaseModel):
    """An RFC 9457 problem document."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Entity"])
    status: int = Field(examples=[422])
    detail: str
    errors: list[Fault] = []
