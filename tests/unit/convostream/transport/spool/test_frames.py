"""Frames on disk: complete frames are decoded, corrupt ones are found, and the frames after them are read."""

import pytest

from convostream.transport.interface import OutgoingRecord
from convostream.transport.spool.frames import HEADER_BYTES, MAGIC, decode, encode

RECORDS = [
    OutgoingRecord(b"shop/c-1", b'{"content":"one"}'),
    OutgoingRecord(b"", b""),
    OutgoingRecord("shop/č".encode(), b"\xff" * 20),
]
FRAMES = [encode(each) for each in RECORDS]
DATA = b"".join(FRAMES)
LAST = len(DATA) - len(FRAMES[-1])


def test_records_are_read_back_as_they_were() -> None:
    decoded = decode(DATA, complete=True)
    assert (decoded.records, decoded.used, decoded.corrupt_frames) == (RECORDS, len(DATA), [])


@pytest.mark.parametrize("end", range(LAST + 1, len(DATA)))
def test_a_last_frame_that_is_cut_off_at_any_byte_is_damage_and_the_others_are_read(end: int) -> None:
    decoded = decode(DATA[:end], complete=True)
    assert (decoded.records, decoded.used, decoded.corrupt_frames) == (RECORDS[:-1], end, [(LAST, end)])


@pytest.mark.parametrize("end", range(LAST, len(DATA)))
def test_while_more_is_to_come_a_frame_that_is_cut_off_waits(end: int) -> None:
    decoded = decode(DATA[:end], complete=False)
    assert (decoded.records, decoded.used, decoded.corrupt_frames) == (RECORDS[:-1], LAST, [])


@pytest.mark.parametrize("at", range(len(DATA)))
def test_a_changed_byte_costs_its_own_frame_alone(at: int) -> None:
    changed = bytearray(DATA)
    changed[at] ^= 0x40
    hit = sum(at >= sum(map(len, FRAMES[: number + 1])) for number in range(len(FRAMES)))
    decoded = decode(bytes(changed), complete=True)
    assert decoded.records == RECORDS[:hit] + RECORDS[hit + 1 :]
    assert decoded.used == len(DATA)
    assert decoded.corrupt_frames == [(sum(map(len, FRAMES[:hit])), sum(map(len, FRAMES[: hit + 1])))]


def test_a_hole_of_zeros_is_one_damaged_stretch() -> None:
    decoded = decode(FRAMES[0] + bytes(5000) + FRAMES[1], complete=True)
    assert decoded.records == RECORDS[:2]
    assert decoded.corrupt_frames == [(len(FRAMES[0]), len(FRAMES[0]) + 5000)]


def test_magic_bytes_within_damage_begin_no_second_stretch() -> None:
    broken = (MAGIC + b"\x01\x00\x00\x00\x01\x00\x00\x00zzzzaa") * 3
    decoded = decode(broken + FRAMES[0], complete=True)
    assert (decoded.records, decoded.corrupt_frames) == (RECORDS[:1], [(0, len(broken))])


def test_a_length_beyond_the_end_hides_nothing_behind_it() -> None:
    broken = MAGIC + b"\xff\xff\xff\x7f" * 2 + b"zzzz"
    assert decode(broken + DATA, complete=True).records == RECORDS


def test_key_and_value_cannot_be_confused() -> None:
    moved = bytearray(FRAMES[0])
    moved[4] += 1
    moved[8] -= 1
    assert decode(bytes(moved), complete=True).records == []


def test_a_frame_costs_sixteen_bytes() -> None:
    assert [len(frame) - len(each.key) - len(each.value) for frame, each in zip(FRAMES, RECORDS, strict=True)] == [
        HEADER_BYTES
    ] * 3
    assert HEADER_BYTES == 16
