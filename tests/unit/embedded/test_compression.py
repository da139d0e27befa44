"""Every content encoding is packed and unpacked, in pieces and in several frames."""

import gzip
import zlib

import lz4.frame
import pytest
import zstandard

from deploy.embedded.compression import ENCODINGS, choose_encoding, decompress, encoder
from deploy.embedded.errors import ClickHouseError

DATA = b"some text, again and again " * 10_000


def _packed(encoding: str, *pieces: bytes) -> bytes:
    pack = encoder(encoding)
    return b"".join([*(pack.compress(piece) for piece in pieces), pack.flush()])


@pytest.mark.parametrize("encoding", [*ENCODINGS, "identity"])
def test_what_is_packed_in_pieces_is_unpacked_whole(encoding: str) -> None:
    assert decompress(_packed(encoding, DATA[:7], b"", DATA[7:]), encoding) == DATA


@pytest.mark.parametrize("encoding", [*ENCODINGS, "identity"])
def test_nothing_is_packed_as_nothing(encoding: str) -> None:
    packed = _packed(encoding)
    assert packed == b"" or decompress(packed, encoding) == b""


@pytest.mark.parametrize(
    ("encoding", "frames"),
    [
        ("gzip", gzip.compress(b"one") + gzip.compress(b"two")),
        ("lz4", lz4.frame.compress(b"one") + lz4.frame.compress(b"two")),
        ("zstd", zstandard.compress(b"one") + zstandard.compress(b"two")),
    ],
)
def test_several_frames_are_one_body(encoding: str, frames: bytes) -> None:
    assert decompress(frames, encoding) == b"onetwo"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_body_that_is_cut_off_is_refused(encoding: str) -> None:
    with pytest.raises(ClickHouseError) as refused:
        decompress(_packed(encoding, DATA)[:-5], encoding)
    assert refused.value.code == 271


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ClickHouseError, match="Unknown compression method snappy"):
        decompress(zlib.compress(DATA), "snappy")


@pytest.mark.parametrize(
    ("accepted", "wanted", "chosen"),
    [("gzip, deflate", True, "gzip"), ("br, zstd;q=0.5", True, "zstd"), ("LZ4", True, "lz4"),
     ("br", True, None), ("", True, None), ("gzip", False, None)],
)  # fmt: skip
def test_the_clients_first_known_encoding_is_chosen(accepted: str, wanted: bool, chosen: str | None) -> None:
    assert choose_encoding(accepted, wanted) == chosen
