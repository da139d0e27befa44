"""Events for the tests of the page: the demo's conversations, and conversations with hostile texts."""

from typing import Final

from convostream import Attachment, ConversationEngaged, ConversationTracker, new_event_id
from convostream.contract.date_times import format_date_time
from examples.demo.replay import plan, send
from examples.demo.sdk_calls import AGENT_ID
from examples.demo.transcripts import read_transcripts

DEMO_AGENT: Final = AGENT_ID
HOSTILE_AGENT: Final = '<img src=x onerror="window.hacked=1">'
HOSTILE_ID: Final = '../"><script>window.hacked=1</script>'
MARKUP: Final = '<script>window.hacked=1</script><img src=x onerror="window.hacked=1"><b>bold</b> {{7*7}} ${7*7}'
RIGHT_TO_LEFT: Final = "\u202eevil\u202c مرحبا، أين طلبي؟ שלום"
EMOJI: Final = "👩‍👩‍👧‍👦🏳️‍🌈 Z̸̡̛͖a̵l̷g̶o̴ \u0000\u0007"
LONG: Final = "A" * 100_000
SOURCE: Final = "__proto__"

# Overrides, isolates and marks of direction, a space without width, a bell, a line separator and a tag.
UNSEEN: Final = "\u202e\u2066\u061c\u200f\u200b\u0007\u2028\U000e0041"

SPOOFED: Final = f"a{UNSEEN}b"
SPOOFED_AS_SHOWN: Final = "a⟨U+202E⟩⟨U+2066⟩⟨U+061C⟩⟨U+200F⟩⟨U+200B⟩⟨U+0007⟩⟨U+2028⟩⟨U+E0041⟩b"
MINUTE_MS: Final = 60_000


def send_demo(bootstrap_servers: str, now_ms: int) -> None:
    """Send 156 conversations of the last 30 days, with visits, actions, ratings and escalations."""
    with ConversationTracker(DEMO_AGENT, "production", bootstrap_servers=bootstrap_servers) as tracker:
        send(plan(read_transcripts(), now_ms, copies=1), tracker, lambda _: None)


def send_hostile(bootstrap_servers: str, now_ms: int) -> None:
    """Send one conversation with markup in every text, an hour ago."""
    at = iter(format_date_time(now_ms - 60 * MINUTE_MS + step * MINUTE_MS) for step in range(12))
    with ConversationTracker(HOSTILE_AGENT, "production", bootstrap_servers=bootstrap_servers) as tracker:
        tracker.emit(_opening(next(at)))
        conversation = tracker.get_or_create_conversation(HOSTILE_ID, occurred_at=next(at))
        for text in (MARKUP, RIGHT_TO_LEFT, EMOJI, LONG):
            conversation.track_human_message(text, occurred_at=next(at), metadata={MARKUP: MARKUP})
        conversation.track_agent_message(MARKUP, occurred_at=next(at), attachments=[{"filename": MARKUP}])
        conversation.track_action(MARKUP, occurred_at=next(at), duration_ms=12, error_message=MARKUP, response=MARKUP)
        conversation.track_button(MARKUP, label=MARKUP, value=MARKUP, occurred_at=next(at))
        conversation.submit_feedback({MARKUP: MARKUP}, comment=MARKUP, occurred_at=next(at))
        assert tracker.flush(30) == 0


def send_spoofed(bootstrap_servers: str, now_ms: int) -> None:
    """Send one conversation whose names all have invisible and direction-changing characters."""
    at = iter(format_date_time(now_ms - 50 * MINUTE_MS + step * MINUTE_MS) for step in range(12))
    with ConversationTracker(SPOOFED, SPOOFED, bootstrap_servers=bootstrap_servers) as tracker:
        conversation = tracker.get_or_create_conversation(
            SPOOFED, SPOOFED, source=SPOOFED, language=SPOOFED, name=SPOOFED, occurred_at=next(at)
        )
        file: Attachment = {"filename": SPOOFED, "mime_type": SPOOFED}
        conversation.track_human_message(None, attachments=[file], occurred_at=next(at))
        conversation.track_human_message(SPOOFED, attachments=[file], occurred_at=next(at), metadata={SPOOFED: SPOOFED})
        conversation.track_agent_message(SPOOFED, occurred_at=next(at))
        conversation.track_action(SPOOFED, occurred_at=next(at), duration_ms=12, error_message=SPOOFED)
        conversation.track_button(SPOOFED, label=SPOOFED, value=SPOOFED, occurred_at=next(at))
        conversation.track_token_usage(total_tokens=1, model=SPOOFED, occurred_at=next(at))
        conversation.submit_feedback(SPOOFED, comment=SPOOFED, occurred_at=next(at))
        assert tracker.flush(30) == 0


def send_message(bootstrap_servers: str) -> None:
    """Send one more message of the hostile conversation's end user, now."""
    with ConversationTracker(HOSTILE_AGENT, "production", bootstrap_servers=bootstrap_servers) as tracker:
        tracker.track_human_message("Is anybody there?", conversation_id=HOSTILE_ID)
        assert tracker.flush(30) == 0


def _opening(occurred_at: str) -> ConversationEngaged:
    return ConversationEngaged.model_validate(
        {
            "event_id": new_event_id(),
            "type": "conversation_engaged",
            "agent_id": HOSTILE_AGENT,
            "conversation_id": HOSTILE_ID,
            "occurred_at": occurred_at,
            "customer_id": MARKUP,
            "source": SOURCE,
            "language": MARKUP,
            "name": MARKUP,
        }
    )
