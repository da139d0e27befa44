"""What is remembered of texts is bounded in number and in length."""

from stream_processors.caching import LONGEST_REMEMBERED, cached_by_text


def test_a_text_is_worked_out_once() -> None:
    asked: list[str] = []

    @cached_by_text(maxsize=2)
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    assert [length("a"), length("a"), length("bb")] == [1, 1, 2]
    assert asked == ["a", "bb"]


def test_the_oldest_text_is_forgotten_first() -> None:
    asked: list[str] = []

    @cached_by_text(maxsize=2)
    def keep(text: str) -> None:
        asked.append(text)

    for text in ("a", "b", "c", "a"):
        keep(text)
    assert asked == ["a", "b", "c", "a"]


def test_a_long_text_is_never_remembered() -> None:
    asked: list[int] = []

    @cached_by_text(maxsize=2)
    def note(text: str) -> None:
        asked.append(len(text))

    for length in (LONGEST_REMEMBERED, LONGEST_REMEMBERED, LONGEST_REMEMBERED + 1, LONGEST_REMEMBERED + 1):
        note("a" * length)
    assert asked == [LONGEST_REMEMBERED, LONGEST_REMEMBERED + 1, LONGEST_REMEMBERED + 1]
