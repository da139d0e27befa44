from collections import Counter

from tests.support.demo_events import transcripts


def test_all_transcripts_are_read() -> None:
    assert len(transcripts()) == 156
    assert Counter(transcript.language for transcript in transcripts()) == {"en": 136, "es": 20}


def test_short_ids_are_unique() -> None:
    assert len({transcript.short_id for transcript in transcripts()}) == 156


def test_every_tool_call_has_its_duration_and_its_outcome() -> None:
    calls = [call for transcript in transcripts() for call in transcript.tool_calls]
    assert len(calls) == 397
    assert sum(call.failed for call in calls) == 67
    assert all(call.duration_ms >= 0 and call.ended_ms >= call.at_ms for call in calls)


def test_the_marks_of_the_simulation_are_removed() -> None:
    said = [utterance.content for transcript in transcripts() for utterance in transcript.utterances]
    assert len(said) == 1_495
    assert not [text for text in said if "###" in text or not text.strip()]


def test_a_conversation_that_its_user_ended_is_marked() -> None:
    assert sum(transcript.stopped for transcript in transcripts()) == 102


def test_messages_are_in_the_order_of_time() -> None:
    for transcript in transcripts():
        times = [utterance.at_ms for utterance in transcript.utterances]
        assert times == sorted(times)
        assert times[0] >= 0
        assert times[-1] <= transcript.duration_ms


def test_a_conversation_begins_with_a_greeting_and_a_question() -> None:
    assert {tuple(u.sender for u in transcript.utterances[:2]) for transcript in transcripts()} == {
        ("agent", "end_user")
    }
