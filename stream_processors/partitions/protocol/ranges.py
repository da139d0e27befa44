"""Write a range and its block so that every row is there exactly once.

The range row is written before the block, so that the next owner knows that the block may exist. The block carries the
range's token, so sending it again changes nothing. A block that was replayed, or took more than one attempt, is
compared with every table: an engine that was killed may remember a token whose rows it has lost.
"""

from dataclasses import replace
from typing import Final

from stream_processors.errors import StaleOwner
from stream_processors.partitions.protocol.io import RangeIO, Replay
from stream_processors.partitions.ranges import Range

# What still differs after so many rounds is not a lost row; the audit reports it.
MAX_RECONCILIATIONS: Final = 5


async def write(io: RangeIO, written: Range, replay: Replay | None) -> Range:
    """Write a range and its block; return the range as the range log has it now.

    Raises StaleOwner when a later claim exists.
    """
    if replay is Replay.VERIFY_ONLY:
        # The token of this range was never used, and a later owner must not rely on it.
        await reconcile(io, written)
        return await confirm(io, written)
    await log(io, written)
    if written.rows:
        await _insert(io, written, replay)
    return written


async def confirm(io: RangeIO, written: Range) -> Range:
    """Write the confirmation of a range; return the confirmed range."""
    confirmed = replace(written, confirmed=True)
    await log(io, confirmed)
    return confirmed


async def log(io: RangeIO, written: Range) -> None:
    """Write a range to the range log; raises StaleOwner when the engine lost it, so that the owner claims again."""
    attempts = await io.write_range(written)
    if attempts > 1 and await io.read_latest_range() != written:
        raise StaleOwner(f"the range log has lost {written.token}")


async def _insert(io: RangeIO, written: Range, replay: Replay | None) -> None:
    attempts = 0
    if not replay or await io.is_token_remembered(written) or not await io.is_partly_written(written):
        attempts = await io.insert_block(written)
    if replay:
        if not await io.count_missing(written):
            return
        # Missing rows may be in flight: an earlier owner's reconciliation. Inserting them too would double them.
        await io.await_earlier_writes()
    if replay or attempts > 1:
        await reconcile(io, written)


async def reconcile(io: RangeIO, written: Range) -> None:
    """Insert the rows of a range that the tables lack, until none is missing."""
    for _ in range(MAX_RECONCILIATIONS):
        if not await io.count_missing(written):
            return
        await io.insert_missing(written)


async def reconcile_partly_written(io: RangeIO, written: Range) -> bool:
    """Tell whether any record of a range is stored, and insert what else its stored events need."""
    is_partly_written = await io.is_partly_written(written)
    if is_partly_written:
        await reconcile(io, written)
    return is_partly_written
