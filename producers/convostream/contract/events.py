"""The events of the contract, one model a type, and `validate_event`, the one door by which a JSON object becomes one.

The models are strict (a boolean is no integer, 5.0 is none either) and frozen. What a type does not list is kept in
`model_extra` and never refused. Every constraint is pydantic-core's own wherever it has one: the workers validate each
event of the stream here. `docs/events.schema.json` is generated from these models.
"""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from convostream.contract.date_times import PATTERN, epoch_milliseconds, format_date_time, parse_date_time
from convostream.contract.validation_messages import problems_of
from convostream.contract.whitespace import WHITE_SPACE, is_blank
from convostream.errors import InvalidEvent

LARGEST_INTEGER: Final = 2**53 - 1
NOT_BLANK: Final = "[^" + "".join(f"\\u{ord(character):04x}" for character in WHITE_SPACE) + "]"
UUID_PATTERN: Final = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


def _to_epoch_milliseconds(value: object) -> int:
    if isinstance(value, str):
        try:
            return parse_date_time(value)
        except ValueError as error:
            raise PydanticCustomError("date_time", "{reason}", {"reason": str(error)}) from None
    if isinstance(value, datetime):
        return epoch_milliseconds(value)
    raise PydanticCustomError("date_time_type", "not a string")


# An instant: a date-time (text or `datetime`) outside, whole milliseconds since 1970 inside.
EpochMilliseconds: TypeAlias = Annotated[
    int,
    PlainValidator(_to_epoch_milliseconds, json_schema_input_type=str),
    PlainSerializer(format_date_time, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["2026-04-01T12:00:00.123Z"]}),
]

EventId: TypeAlias = Annotated[str, StringConstraints(pattern=UUID_PATTERN, to_lower=True)]
Name: TypeAlias = Annotated[str, StringConstraints(pattern=NOT_BLANK)]
Count: TypeAlias = Annotated[int, Field(ge=0, le=LARGEST_INTEGER)]
Number: TypeAlias = int | Annotated[float, Field(allow_inf_nan=False)]
JsonObject: TypeAlias = dict[str, Any]
Rating: TypeAlias = str | bool | Number | JsonObject


@with_config(ConfigDict(strict=True, extra="allow"))
class Attachment(TypedDict, total=False):
    """A file of a message; further keys are kept."""

    filename: str
    mime_type: str
    size_bytes: Count


class _Event(BaseModel):
    """What every event has."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow", allow_inf_nan=False, hide_input_in_errors=True)

    event_id: EventId
    schema_version: Annotated[int, Field(ge=1, le=1)] = 1
    agent_id: Annotated[str, StringConstraints(max_length=200, pattern=NOT_BLANK)]
    environment: Annotated[str, StringConstraints(max_length=64, pattern=NOT_BLANK)] = "production"
    conversation_id: Annotated[str, StringConstraints(max_length=255, pattern=NOT_BLANK)]
    occurred_at: EpochMilliseconds
    metadata: JsonObject | None = None


class _Opening(_Event):
    """What the two events that open a conversation have in common."""

    customer_id: str | None = None
    customer_ip_address: str | None = None
    device: str | None = None
    source: str | None = None
    language: str | None = None
    name: str | None = None


class ConversationVisited(_Opening):
    """The widget was opened; nobody has spoken."""

    type: Literal["conversation_visited"] = "conversation_visited"


class ConversationEngaged(_Opening):
    """The conversation began."""

    type: Literal["conversation_engaged"] = "conversation_engaged"


class Message(_Event):
    """Somebody said something: content that is not blank, or at least one attachment."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["content"], "properties": {"content": {"type": "string", "pattern": NOT_BLANK}}},
                {"required": ["attachments"], "properties": {"attachments": {"type": "array", "minItems": 1}}},
            ]
        }
    )

    type: Literal["message"] = "message"
    sender: Literal["end_user", "agent", "system"]
    content: str | None = None
    attachments: list[Attachment] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.attachments and (self.content is None or is_blank(self.content)):
            raise PydanticCustomError("message_is_empty", "blank, and no attachment")
        return self


class Action(_Event):
    """The agent called a tool; a call with a non-blank error message has failed."""

    type: Literal["action"] = "action"
    action_name: Name
    started_at: EpochMilliseconds | None = None
    ended_at: EpochMilliseconds | None = None
    duration_ms: Number | None = None
    tools_used: JsonObject | None = None
    response: str | None = None
    error_message: str | None = None


class Button(_Event):
    """A button was clicked."""

    type: Literal["button"] = "button"
    button_event: Name
    label: str | None = None
    value: str | None = None


class Feedback(_Event):
    """Somebody rated the conversation; the rating is kept as it was given."""

    type: Literal["feedback"] = "feedback"
    rating: Rating
    comment: str | None = None
    rated_by: Literal["customer", "staff"] = "customer"


class TokenUsage(_Event):
    """Tokens that a model took."""

    type: Literal["token_usage"] = "token_usage"
    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    embedding_tokens: Count | None = None
    model: str | None = None


class ConversationEnded(_Event):
    """The conversation was declared over."""

    type: Literal["conversation_ended"] = "conversation_ended"


# Any event of the contract.
Event: TypeAlias = Annotated[
    ConversationVisited | ConversationEngaged | Message | Action | Button | Feedback | TokenUsage | ConversationEnded,
    Field(discriminator="type"),
]

# The eight models, in the contract's order.
EVENT_MODELS: Final = (
    ConversationVisited,
    ConversationEngaged,
    Message,
    Action,
    Button,
    Feedback,
    TokenUsage,
    ConversationEnded,
)

EVENT_ADAPTER: Final[TypeAdapter[Event]] = TypeAdapter(Event)
_validate = EVENT_ADAPTER.validator.validate_python


def validate_event(fields: dict[str, object]) -> Event:
    """Return the event that a JSON object is; null means absent.

    Raises InvalidEvent with a reason that names the field and what is allowed, and never holds the value.
    """
    try:
        return _validate(_without_nulls(fields) if isinstance(fields, dict) else fields)  # type: ignore[no-any-return]
    except ValidationError as error:
        problems = problems_of(error)
    raise InvalidEvent(problems)  # outside of the handler: the context of an error inside holds the values


def _without_nulls(fields: dict[str, object]) -> dict[str, object]:
    if None in fields.values():
        fields = {name: value for name, value in fields.items() if value is not None}
    attachments = fields.get("attachments")
    if isinstance(attachments, list) and fields.get("type") == "message":
        return {**fields, "attachments": [_present_keys(attachment) for attachment in attachments]}
    return fields


def _present_keys(attachment: object) -> object:
    if not isinstance(attachment, dict):
        return attachment
    return {key: value for key, value in attachment.items() if value is not None}
