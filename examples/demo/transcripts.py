"""Read the transcripts: messages, tool calls and their results, with their times. Nothing here is assigned.

The simulated users end a conversation with a mark (`###STOP###`). The mark is removed, a message without any other text
is dropped, and a conversation with the mark counts as ended by its user.
"""

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

CHATS = Path(__file__).parent / "data" / "chats.jsonl.gz"

_MARK = re.compile(r"###(?:STOP|TRANSFER|OUT-OF-SCOPE)###")
_STOP = "###STOP###"
_ENGLISH = re.compile(r"\b(?:the|is|a|an|to|of|and|you|my|i|for|please|thanks|it|in|would)\b", re.IGNORECASE)
_SPANISH = re.compile(r"\b(?:el|la|los|las|que|de|en|un|una|por|para|gracias|hola|quiero|mi|es|con)\b", re.IGNORECASE)

Language = Literal["en", "es"]


@dataclass(frozen=True, slots=True)
class Utterance:
    """A message; `at_ms` counts from the start of the conversation."""

    at_ms: int
    sender: Literal["end_user", "agent"]
    content: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call with its times, and its answer or error."""

    at_ms: int
    ended_ms: int
    duration_ms: float
    name: str
    arguments: Mapping[str, object]
    answer: str
    failed: bool


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call of the agent's model; the transcripts count the tokens of the prompt alone."""

    at_ms: int
    prompt_tokens: int
    answer_characters: int


@dataclass(frozen=True, slots=True)
class Transcript:
    """One conversation, in the order of time."""

    id: str
    domain: str
    model: str
    language: Language

    # Whether the simulation judged the task to be solved.
    solved: bool

    # Whether the user ended the conversation.
    stopped: bool
    duration_ms: int
    utterances: tuple[Utterance, ...]
    tool_calls: tuple[ToolCall, ...]
    model_calls: tuple[ModelCall, ...]

    @property
    def short_id(self) -> str:
        """Return the first eight digits of the id, which are unique among the transcripts."""
        return self.id[:8]


def read_transcripts(path: Path = CHATS) -> list[Transcript]:
    """Return all transcripts of a file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [_transcript(json.loads(line)) for line in lines]


def _transcript(chat: dict[str, Any]) -> Transcript:
    began = datetime.fromisoformat(chat["started_at"])
    messages = [{**message, "at": datetime.fromisoformat(message["timestamp"]) - began} for message in chat["messages"]]
    user_text = " ".join(message["content"] or "" for message in messages if message["role"] == "user")
    return Transcript(
        id=chat["id"],
        domain=chat["domain"],
        model=chat["model"],
        language="es" if len(_SPANISH.findall(user_text)) > len(_ENGLISH.findall(user_text)) else "en",
        solved=chat["reward"] == 1,
        stopped=_STOP in user_text,
        duration_ms=_ms(datetime.fromisoformat(chat["ended_at"]) - began),
        utterances=tuple(_utterances(messages)),
        tool_calls=tuple(_tool_calls(messages)),
        model_calls=tuple(_model_calls(messages)),
    )


def _utterances(messages: list[dict[str, Any]]) -> list[Utterance]:
    texts = [(message, _MARK.sub("", message["content"] or "").strip()) for message in messages]
    return [
        Utterance(_ms(message["at"]), "end_user" if message["role"] == "user" else "agent", text)
        for message, text in texts
        if text and message["role"] != "tool"
    ]


def _tool_calls(messages: list[dict[str, Any]]) -> list[ToolCall]:
    results = {message["id"]: message for message in messages if message["role"] == "tool"}
    return [
        _tool_call(call, message["at"], results[call["id"]])
        for message in messages
        for call in message.get("tool_calls") or ()
    ]


def _tool_call(call: dict[str, Any], at: timedelta, result: dict[str, Any]) -> ToolCall:
    return ToolCall(
        at_ms=_ms(at),
        ended_ms=_ms(result["at"]),
        duration_ms=(result["at"] - at) / timedelta(milliseconds=1),
        name=call["name"],
        arguments=call["arguments"],
        answer=result["content"] or "",
        failed=result["error"],
    )


def _model_calls(messages: list[dict[str, Any]]) -> list[ModelCall]:
    return [
        ModelCall(_ms(message["at"]), message["usage"]["prompt_tokens"], len(message["content"] or ""))
        for message in messages
        if message["role"] == "assistant" and message["usage"]
    ]


def _ms(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
