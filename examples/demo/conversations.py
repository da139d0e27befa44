"""Turn a copy of a transcript into steps. Each step is one call of the SDK and the time at which it is due.

Most steps are due when their event happens. A few are late (by a minute to a day and a half), and a few messages are
sent again. Neither may change a number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from examples.demo import sdk_calls
from examples.demo.attributes import Attributes, attributes_of, rating_of
from examples.demo.deterministic_random import Weighted, chance, share
from examples.demo.transcripts import Transcript, Utterance

# The actions by which the agents of the transcripts escalate to a person.
HAND_OVERS: Final = ("escalate_to_human", "transfer_to_human_agent", "transfer_to_human_agents", "create_ticket")

# Share of the conversations in a widget that have a visit before the first message.
SHARE_OF_VISITORS: Final = 0.8

# Visits without a conversation, for each conversation.
SHARE_OF_SILENT_VISITS: Final = 0.3
SHARE_OF_LATE: Final = 1 / 15
SHARE_OF_REPEATED: Final = 1 / 20

_LATEST_LOG2: Final = 11  # a late step follows its event by 1 to 2^11 minutes
_REPLIES: Final = Weighted(
    [(("Track my order", "track"), 4), (("Opening hours", "hours"), 3), (("Something else", "?"), 3)]
)
_MINUTE_MS: Final = 60_000

Kind = Literal[
    "visit", "engagement", "end_user message", "agent message", "system message", "action", "button", "feedback",
    "token usage", "end",
]  # fmt: skip
Manner = Literal["in time", "late", "again"]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of the SDK: due when its event happens, later, or again."""

    due_ms: int
    kind: Kind
    call: sdk_calls.Call
    manner: Manner = "in time"


class Talk:
    """One copy of a transcript, which begins at a given time."""

    def __init__(self, transcript: Transcript, copy: str, start_ms: int) -> None:
        self.transcript = transcript
        self.attributes: Attributes = attributes_of(transcript, copy)
        self._copy = copy
        self._start_ms = start_ms
        self._id = self.attributes.conversation_id

    def steps(self) -> list[Step]:
        """Return all steps in the order in which they are due."""
        groups = (self._opening(), self._messages(), self._notes(), self._tools(), self._clicks(), self._closing())
        return sorted((step for group in groups for step in group), key=lambda step: step.due_ms)

    def _opening(self) -> Iterator[Step]:
        if self.attributes.has_widget and self._happens(SHARE_OF_VISITORS, "visits"):
            at_ms = self._start_ms - 3_000 - int(40_000 * self._share("looks around"))
            yield Step(at_ms, "visit", sdk_calls.visit(self.attributes, at_ms))
        yield Step(self._start_ms, "engagement", sdk_calls.engage(self.attributes, self.transcript, self._start_ms))

    def _messages(self) -> Iterator[Step]:
        for number, utterance in enumerate(self.transcript.utterances):
            at_ms = self._start_ms + utterance.at_ms
            if number == 2 and self._happens(SHARE_OF_REPEATED, "repeated"):
                again = sdk_calls.repeat(self._id, utterance, at_ms)
                yield self._message(at_ms, utterance, again)
                yield self._message(at_ms + self._delay_ms("repeated"), utterance, again, "again")
                continue
            is_late = number == 3 and self._happens(SHARE_OF_LATE, "late")
            due_ms = at_ms + self._delay_ms("late") if is_late else at_ms
            call = sdk_calls.say(self._id, utterance, at_ms)
            yield self._message(due_ms, utterance, call, "late" if is_late else "in time")

    def _message(self, due_ms: int, utterance: Utterance, call: sdk_calls.Call, manner: Manner = "in time") -> Step:
        return Step(due_ms, "end_user message" if utterance.sender == "end_user" else "agent message", call, manner)

    def _notes(self) -> Iterator[Step]:
        if self.attributes.channel == "whatsapp":
            yield self._note(1, "Messages in this chat are kept for thirty days.")
        for call in self.transcript.tool_calls:
            if call.name in HAND_OVERS:
                yield self._note(call.ended_ms + 400, "A colleague will take over.")

    def _note(self, at_ms: int, text: str) -> Step:
        at_ms += self._start_ms
        return Step(at_ms, "system message", sdk_calls.note(self._id, text, at_ms))

    def _tools(self) -> Iterator[Step]:
        for tool_call in self.transcript.tool_calls:
            yield Step(
                self._start_ms + tool_call.ended_ms, "action", sdk_calls.act(self._id, tool_call, self._start_ms)
            )
        for model_call in self.transcript.model_calls:
            at_ms = self._start_ms + model_call.at_ms
            yield Step(at_ms, "token usage", sdk_calls.use_tokens(self._id, self.transcript, model_call, at_ms))

    def _clicks(self) -> Iterator[Step]:
        if self.attributes.has_widget and self._happens(0.3, "clicks"):
            greeting, question = self.transcript.utterances[:2]
            at_ms = self._start_ms + (greeting.at_ms + question.at_ms) // 2
            label, value = _REPLIES.choose("reply", self.transcript.id, self._copy)
            yield Step(at_ms, "button", sdk_calls.click(self._id, label, value, at_ms))

    def _closing(self) -> Iterator[Step]:
        ended_ms = self._start_ms + self.transcript.duration_ms
        if self.transcript.stopped:
            yield Step(ended_ms, "end", sdk_calls.end(self._id, ended_ms))
        rated_ms = ended_ms + 5_000 + int(55_000 * self._share("ponders"))
        for time, at_ms in ((1, rated_ms), (2, rated_ms + 3 * _MINUTE_MS)):
            rating = rating_of(self.transcript, self._copy, time)
            if rating is None:
                break
            if self._happens(0.25, "rates in passing", time):
                yield Step(at_ms, "engagement", sdk_calls.engage(self.attributes, self.transcript, at_ms, rating))
            else:
                yield Step(at_ms, "feedback", sdk_calls.rate(self._id, rating, at_ms))
        if self._happens(0.04, "is reviewed"):
            at_ms = ended_ms + 10 * _MINUTE_MS
            yield Step(at_ms, "feedback", sdk_calls.rate(self._id, "positive", at_ms, by_staff=True))

    def _share(self, name: str) -> float:
        return share(name, self.transcript.id, self._copy)

    def _happens(self, probability: float, *names: object) -> bool:
        return chance(probability, *names, self.transcript.id, self._copy)

    def _delay_ms(self, name: str) -> int:
        return int(_MINUTE_MS * 2 ** (_LATEST_LOG2 * self._share(f"delay {name}")))


def silent_visit(transcript: Transcript, copy: str, at_ms: int) -> list[Step]:
    """Return a visit by another person who writes nothing, for some of the copies."""
    if not chance(SHARE_OF_SILENT_VISITS, "silent visit", transcript.id, copy):
        return []
    visitor = attributes_of(transcript, f"{copy}-visit")
    attributes = Attributes(
        f"{transcript.short_id}-{copy}-visit",
        None,
        visitor.customer_ip_address,
        visitor.device,
        "web",
        visitor.language,
    )
    return [Step(at_ms, "visit", sdk_calls.visit(attributes, at_ms))]
