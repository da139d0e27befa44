"""Blocks and the first response are what clickhouse-go expects."""

import pytest

from deploy.embedded.clickhouse.native import HELLO, hello, wants_block_info, with_block_info

INFO = bytes.fromhex("010002ffffffff00")


def test_each_block_begins_with_its_information() -> None:
    assert list(with_block_info([b"one", b"", b"two"])) == [INFO + b"one", INFO + b"two"]


@pytest.mark.parametrize(
    ("version", "output_format", "wanted"),
    [(54460, "Native", True), (54460, "native", True), (0, "Native", False), (54460, "CSV", False)],
)
def test_only_native_responses_to_newer_clients_have_it(version: int, output_format: str, wanted: bool) -> None:
    assert wants_block_info(version, output_format) is wanted


def test_the_first_response_is_one_row_of_four_columns() -> None:
    block = hello("26.9.2.1", "UTC")
    assert block.startswith(INFO + b"\x04\x01\x0ddisplayName()\x06String\x00\x08embedded")
    assert b"\x09version()\x06String\x00\x0826.9.2.1" in block
    assert b"\x0arevision()\x06UInt32\x00" + (54453).to_bytes(4, "little") in block
    assert block.endswith(b"\x0atimezone()\x06String\x00\x03UTC")
    assert HELLO.count(b",") == 3
