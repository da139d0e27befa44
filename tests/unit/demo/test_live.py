from convostream import ConversationEngaged, Message
from convostream.testing import MemoryTransport
from examples.demo.live import PAUSE_MS, LiveTalks
from tests.support.demo_events import NOW_MS, tracker_into, transcripts


def test_conversations_begin_at_once_and_then_four_times_a_minute() -> None:
    transport = MemoryTransport()
    live = LiveTalks(transcripts(), tracker_into(transport), NOW_MS)
    assert len(live.advance(NOW_MS)) == 1
    assert live.advance(NOW_MS + PAUSE_MS - 1) == []
    assert len(live.advance(NOW_MS + 60_000)) == 4


def test_nothing_is_sent_before_its_time() -> None:
    transport = MemoryTransport()
    live = LiveTalks(transcripts(), tracker_into(transport), NOW_MS)
    for second in range(0, 120, 4):
        live.advance(NOW_MS + second * 1_000)
        assert all(event.occurred_at <= NOW_MS + second * 1_000 for event in transport.events)
    assert transport.events_of(ConversationEngaged)
    assert len(transport.events_of(Message)) > 10


def test_all_due_steps_are_sent_after_a_pause() -> None:
    transport = MemoryTransport()
    live = LiveTalks(transcripts(), tracker_into(transport), NOW_MS)
    live.advance(NOW_MS + 1_800_000)
    said = [message for message in transport.events_of(Message) if message.sender != "system"]
    assert live.tally.messages + live.tally.again == len(said)
    assert live.begun == 121
