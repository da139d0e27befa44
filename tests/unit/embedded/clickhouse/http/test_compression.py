"""Every content encoding is encoded and decoded, in chunks and in several frames."""

import gzip
import tracemalloc
import zlib

import lz4.frame
import pytest
import zstandard

from deploy.embedded.clickhouse.http.compression import ENCODINGS, choose_encoding, decompress, encoder
from deploy.embedded.errors import ClickHouseError

DATA = b"some text, again and again " * 10_000


def _packed(encoding: str, *pieces: bytes) -> bytes:
    pack = encoder(encoding)
    return b"".join([*(pack.compress(piece) for piece in pieces), pack.flush()])


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_that_is_encoded_in_chunks_is_decoded_whole(encoding: str) -> None:
    assert decompress(_packed(encoding, DATA[:7], b"", DATA[7:]), encoding, len(DATA)) == DATA


@pytest.mark.parametrize("encoding", [*ENCODINGS, "identity"])
def test_an_empty_body_stays_empty(encoding: str) -> None:
    packed = _packed(encoding)
    assert packed == b"" or decompress(packed, encoding, 0) == b""


@pytest.mark.parametrize(
    ("encoding", "frames"),
    [
        ("gzip", gzip.compress(b"one") + gzip.compress(b"two")),
        ("lz4", lz4.frame.compress(b"one") + lz4.frame.compress(b"two")),
        ("zstd", zstandard.compress(b"one") + zstandard.compress(b"two")),
    ],
    ids=["gzip", "lz4", "zstd"],
)
def test_several_frames_are_one_body(encoding: str, frames: bytes) -> None:
    assert decompress(frames, encoding, 6) == b"onetwo"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_that_is_cut_off_is_refused(encoding: str) -> None:
    with pytest.raises(ClickHouseError) as refused:
        decompress(_packed(encoding, DATA)[:-5], encoding, len(DATA))
    assert refused.value.code == 271


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_decompression_bomb_is_refused_near_the_limit_of_memory(encoding: str) -> None:
    limit = 1024**2
    bomb = _packed(encoding, bytes(200 * limit))
    tracemalloc.start()
    with pytest.raises(ClickHouseError) as refused:
        decompress(bomb, encoding, limit)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (refused.value.code, refused.value.status) == (229, 413)
    assert highest < 8 * limit


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("garbage", [b"xx", bytes(2)])
def test_what_follows_a_frame_must_be_a_frame(encoding: str, garbage: bytes) -> None:
    with pytest.raises(ClickHouseError) as refused:
        decompress(_packed(encoding, DATA) + garbage, encoding, len(DATA))
    assert (refused.value.code, refused.value.status) == (271, 400)


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ClickHouseError, match="Unknown compression method 'snappy'"):
        decompress(zlib.compress(DATA), "snappy", len(DATA))


@pytest.mark.parametrize(
    ("accepted", "wanted", "chosen"),
    [("gzip, deflate", True, "gzip"), ("br, zstd;q=0.5", True, "zstd"), ("LZ4", True, "lz4"),
     ("br", True, None), ("", True, None), ("gzip", False, None)],
)  # fmt: skip
def test_the_clients_first_known_encoding_is_chosen(accepted: str, wanted: bool, chosen: str | None) -> None:
    assert choose_encoding(accepted, wanted) == chosen
