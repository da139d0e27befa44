"""The conversations of the benchmark: what an agent and a customer do, as the fields of events with their times.

Each has 6 to 14 events: a visit or an engagement with a profile, questions, calls of tools, answers, and sometimes a
rating and an end. One in twenty pauses for longer than a session may.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final, TypeAlias

AGENTS: Final = ("shop-assistant", "travel-desk", "bank-helper")
FEWEST, MOST = 6, 14
CUSTOMERS: Final = 30_000

# The share of conversations that go on after a pause of an hour or more.
PAUSED: Final = 0.05

# Ratings as customers send them, and what each one says.
RATINGS: Final = {"positive": "positive", "5": "positive", "up": "positive", "3": "neutral", "down": "negative"}

ESCALATING_ACTION: Final = "open_ticket"
_ACTIONS: Final = ("find_order", "search_articles", "book_slot", "refund", ESCALATING_ACTION)
_CHROME: Final = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 {}Safari/537.36"
_DEVICES: Final = (
    "mobile", "mobile", "mobile", "desktop", "desktop", "tablet",
    _CHROME.format("Windows NT 10.0; Win64; x64", ""), _CHROME.format("Linux; Android 10; K", "Mobile "),
)  # fmt: skip
_LANGUAGES: Final = ("en-US", "en-GB", "de-DE", "es", "pt-BR", "fr-FR", "hr")
_SOURCES: Final = ("web", "web", "whatsapp", "ios-app", "email")
_NETWORKS: Final = ("81.2", "93.184", "151.101", "8.8", "203.0", "88.207", "178.62", "2a02:ed0:6a10:")
_QUESTIONS: Final = (
    "Where is my order?",
    "Can I change the delivery address of the order that I placed yesterday evening?",
    "The refund for the last booking has not arrived on my account yet, and it was promised for Monday. Who can look?",
    "Thanks, that helps. One more thing: is the blue one in stock in size 42, and could I pick it up in the shop?",
)
_ANSWERS: Final = (
    "Your order is on its way and should arrive tomorrow between 9 and 12. The link in our mail follows it.",
    "I have changed it. Is there anything else that I can do for you?",
    "I am sorry about that. Let me look it up: the payment was sent on Friday, and banks take up to two working days, "
    "so it should be there tomorrow.",
)


Fields: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class Draft:
    """An event before it has an identity: when it happens, of which conversation, and its own fields."""

    at: int
    agent_id: str
    conversation_id: str
    fields: Fields


def converse(random: Random, number: int, start: int) -> Iterator[Draft]:
    """Yield the events of one conversation in order, from a start in milliseconds since 1970 on."""
    agent, conversation = random.choice(AGENTS), f"c-{number:07d}-{random.getrandbits(32):08x}"
    length, at = random.randint(FEWEST, MOST), start
    pause = random.randrange(2, length) if random.random() < PAUSED else 0
    for place in range(length):
        fields, wait = _event(random, place, length)
        yield Draft(at, agent, conversation, fields)
        at += wait + (random.randint(3_600_000, 7_200_000) if place == pause and pause else 0)


def _event(random: Random, place: int, length: int) -> tuple[Fields, int]:
    """Return the fields of an event by its index in the conversation, and the time until the next one."""
    if place == 0:
        return _profile(random), random.randint(1_000, 10_000)
    if place == length - 1 and random.random() < 0.2:
        return {"type": "conversation_ended"}, 0
    if place == length - 2 and random.random() < 0.25:
        return {"type": "feedback", "rating": random.choice(list(RATINGS))}, random.randint(1_000, 20_000)
    if place % 3 == 1:
        return _message("end_user", random.choice(_QUESTIONS)), random.randint(300, 2_000)
    if place % 3 == 2 and random.random() < 0.6:
        return _action(random), random.randint(50, 1_500)
    return _message("agent", random.choice(_ANSWERS)), random.randint(10_000, 90_000)


def _message(sender: str, content: str) -> Fields:
    return {"type": "message", "sender": sender, "content": content}


def _profile(random: Random) -> Fields:
    customer = random.randrange(CUSTOMERS)
    own = Random(customer)
    network = own.choice(_NETWORKS)
    form = "{}:{:x}::{:x}" if ":" in network else "{}.{}.{}"
    return {
        "type": "conversation_visited" if random.random() < 0.3 else "conversation_engaged",
        "customer_id": f"customer-{customer:05d}",
        "customer_ip_address": form.format(network.rstrip(":"), own.randrange(256), own.randrange(1, 255)),
        "device": own.choice(_DEVICES),
        "source": random.choice(_SOURCES),
        "language": own.choice(_LANGUAGES),
        "metadata": {"page": "/help/orders"},
    }


def _action(random: Random) -> Fields:
    failed = {"error_message": "TimeoutError: no answer after 5 s"} if random.random() < 0.03 else {}
    return {
        "type": "action",
        "action_name": random.choice(_ACTIONS),
        "duration_ms": random.randrange(40_000, 900_000) / 1_000,
        "tools_used": {"order": f"A-{random.randrange(10_000)}", "fields": ["state", "carrier", "promised"]},
        "response": "ok: state=shipped carrier=post promised=2026-04-03",
        **failed,
    }
