"""The fence while tables change: no insert passes, and none is acknowledged without being stored.

`inbox` and `range_inbox` store nothing. The materialized views that read them are gates. An insert that finds no gate
would be acknowledged and lost, so a gate is never missing. `apply` closes it, which refuses every insert, and opens it
when all changes are done. A killed `apply` leaves it closed, and workers wait until the next `apply` opens it.
"""

import time

from sql.connection import Database
from sql.errors import InsertsUnderWay

SOURCES = ("range_inbox", "inbox")
SCHEMA_CHANGE = "CONVOSTREAM_SCHEMA_CHANGE"
DRAIN_SECONDS = 120.0

_REFUSAL = f"{SCHEMA_CHANGE}: the tables are being changed; if nothing changes them, run `python -m sql apply` again"
_GATES = """
    SELECT gate FROM system.tables ARRAY JOIN dependencies_table AS gate
    WHERE database = {database:String} AND name = {source:String}"""
_CLOSED = """
    SELECT count() FROM system.tables
    WHERE database = {database:String} AND engine = 'MaterializedView' AND position(as_select, {text:String}) > 0"""
_INSERTS = """
    SELECT count() FROM system.processes
    WHERE current_database = {database:String} AND query_kind IN ('Insert', 'AsyncInsertFlush')"""
_NEW_CLAIMS = """
    INSERT INTO owners (topic, partition, owner_epoch, owner_id, layout, partitions, released)
    SELECT topic, partition, max(owner_epoch) + 1, 'sql apply', latest.1, latest.2, 1
    FROM (SELECT *, max((layout, partitions)) OVER (PARTITION BY topic) AS latest FROM owners)
    GROUP BY topic, partition, latest"""


def close_fence(database: Database) -> None:
    """Refuse all inserts from now on, and wait until the running ones have ended."""
    for source in SOURCES:
        spare = spare_gate(source)
        gates = [str(name) for (name,) in database.rows(_GATES, {"database": database.name, "source": source})]
        refusal = f"SELECT topic FROM {source} WHERE NOT throwIf(1, '{_REFUSAL}')"  # noqa: S608 - constants of ours
        for gate in gates:
            database.run(f"ALTER TABLE {gate} MODIFY QUERY {refusal}")
        # The spare gate stays while the gates themselves are dropped and created again.
        database.run(f"CREATE MATERIALIZED VIEW IF NOT EXISTS {spare} ENGINE = Null AS {refusal}")
    _drain(database)


def is_closed(database: Database) -> bool:
    """Tell whether a gate is closed, by this run or by a killed one."""
    return bool(database.rows(_CLOSED, {"database": database.name, "text": SCHEMA_CHANGE})[0][0])


def spare_gate(source: str) -> str:
    """Return the name of the spare gate, which refuses every insert while it exists."""
    return f"{source}_closed_mv"


def end_claims(database: Database) -> None:
    """Claim every partition without an owner, so that every worker has to claim again.

    A worker repeats a block that it had sent before, but copied tables have no deduplication tokens. As its claim is
    no longer the latest, it claims again and reconciles the tables with the block.
    """
    database.run(_NEW_CLAIMS)


def _drain(database: Database) -> None:
    deadline = time.monotonic() + DRAIN_SECONDS
    while database.rows(_INSERTS, {"database": database.name})[0][0]:
        if time.monotonic() > deadline:
            raise InsertsUnderWay(
                f"inserts into {database.name} have been running for {DRAIN_SECONDS:.0f} seconds; the fence is closed,"
                " so workers wait: stop these inserts, then apply again"
            )
        time.sleep(0.1)
