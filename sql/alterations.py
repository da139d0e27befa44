"""The statements that migrate a table to its file without rewriting rows, and the obstacles to that.

Both definitions are written by ClickHouse: one of the real table, one of the same table in the scratch database.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sql.definition import ColumnDefinition, TableDefinition

BY_HAND = "write a numbered migration (sql/README.md), or change it by hand"


@dataclass(frozen=True, slots=True)
class Step:
    """One statement, the object that it changes, and the action in a word.

    `fenced` says that concurrent inserts could lose rows, so the fence must be closed.
    """

    name: str
    action: str
    statement: str
    fenced: bool = False


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A difference that apply does not remove, and what to do about it."""

    name: str
    text: str


Plan = list[Step | Obstacle]


def plan_table(name: str, wanted: TableDefinition, present: TableDefinition) -> Plan:
    """Return the changes from a table to the wanted one, in order, except for extra columns."""
    table = _Table(name, wanted, present)
    return [
        *_keys(table),
        *_added_columns(table),
        *_changed_columns(table),
        *_order_of_columns(table),
        *_elements(table),
        *_settings(table),
        *_time_to_live(table),
        *_comment(table),
    ]


def plan_extra_columns(name: str, wanted: TableDefinition, present: TableDefinition) -> Plan:
    """Return the changes for extra columns of a table, which no view may read any more."""
    table = _Table(name, wanted, present)
    return list(_extra_columns(table))


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    wanted: TableDefinition
    present: TableDefinition

    @property
    def holds_rows(self) -> bool:
        # ClickHouse quotes the name of this engine, which is a literal otherwise.
        return self.present.clauses["ENGINE ="] != "`Null`"

    @property
    def added(self) -> list[str]:
        return [column for column in self.wanted.columns if column not in self.present.columns]

    @property
    def common(self) -> list[str]:
        return [column for column in self.wanted.columns if column in self.present.columns]

    def step(self, action: str, *changes: str, fenced: bool = False) -> Step:
        return Step(self.name, action, f"ALTER TABLE {self.name} {', '.join(changes)}", fenced)

    def obstacle(self, what: str, files: str, database: str) -> Obstacle:
        return Obstacle(self.name, f"{what}: files say {files!r}, the database says {database!r}; {BY_HAND}")


def _keys(table: _Table) -> Iterator[Obstacle]:
    for clause in ("ENGINE =", "PARTITION BY", "PRIMARY KEY", "ORDER BY", "SAMPLE BY"):
        wanted, present = (definition.clauses.get(clause, "") for definition in (table.wanted, table.present))
        if wanted != present and not (clause == "ORDER BY" and _extends_key(table)):
            yield table.obstacle(clause.removesuffix(" ="), wanted, present)


def _extends_key(table: _Table) -> bool:
    """Tell whether the sorting key only grows by new columns, in which old rows have the same value."""
    wanted, present = table.wanted.sorting_key, table.present.sorting_key
    return "PRIMARY KEY" in table.wanted.clauses and wanted == present + table.added[: len(wanted) - len(present)]


def _added_columns(table: _Table) -> Iterator[Step]:
    if not (added := table.added):
        return
    places = dict(zip(table.wanted.columns, ("FIRST", *(f"AFTER `{c}`" for c in table.wanted.columns)), strict=False))
    changes = [f"ADD COLUMN IF NOT EXISTS `{c}` {table.wanted.columns[c].text} {places[c]}" for c in added]
    if table.wanted.sorting_key != table.present.sorting_key and _extends_key(table):
        changes.append(f"MODIFY ORDER BY {table.wanted.clauses['ORDER BY']}")
    yield table.step(f"added {', '.join(added)}", *changes)


def _changed_columns(table: _Table) -> Iterator[Step | Obstacle]:
    free: dict[str, list[str]] = {}
    for column in table.common:
        wanted, present = table.wanted.columns[column], table.present.columns[column]
        if wanted.text == present.text:
            continue
        if not table.holds_rows and (wanted.type, _default(wanted)) != (present.type, _default(present)):
            yield table.step(f"{column} changed", f"MODIFY COLUMN `{column}` {wanted.text}", fenced=True)
            continue
        if wanted.type != present.type:
            yield table.obstacle(f"type of column {column}", wanted.type, present.type)
        if _default(wanted) != _default(present):
            yield table.obstacle(f"default of column {column}", _default(wanted), _default(present))
        for clause, changes in _free_clauses(column, wanted, present):
            free.setdefault(clause, []).append(changes)
    for clause, alterations in free.items():
        yield table.step("retention changed" if clause == "TTL" else f"{clause.lower()} changed", *alterations)


def _default(column: ColumnDefinition) -> str:
    kinds = ("DEFAULT", "MATERIALIZED", "ALIAS", "EPHEMERAL")
    return " ".join(f"{kind} {column.clauses[kind]}" for kind in kinds if kind in column.clauses)


def _free_clauses(column: str, wanted: ColumnDefinition, present: ColumnDefinition) -> Iterator[tuple[str, str]]:
    """Yield the changes of a column that leave its rows unchanged, by clause."""
    for clause in ("COMMENT", "CODEC", "TTL"):
        text = wanted.clauses.get(clause, "")
        if text == present.clauses.get(clause, ""):
            continue
        if clause == "COMMENT":
            yield clause, f"COMMENT COLUMN `{column}` {text or chr(39) * 2}"
        else:
            yield clause, f"MODIFY COLUMN `{column}` {f'{clause} {text}' if text else f'REMOVE {clause}'}"


def _order_of_columns(table: _Table) -> Iterator[Step]:
    """Move columns into the order of the file; added columns are already behind their predecessors."""
    order = [column for column in table.present.columns if column in table.wanted.columns]
    pairs, added, changes = list(pairwise(["", *table.wanted.columns])), set(table.added), []
    for before, column in pairs:
        if column in added:
            order.insert(order.index(before) + 1 if before else 0, column)
    for before, column in pairs:
        if order[order.index(before) + 1 if before else 0] != column:
            order.remove(column)
            order.insert(order.index(before) + 1 if before else 0, column)
            type_ = (table.wanted if column in added else table.present).columns[column].type
            changes.append(f"MODIFY COLUMN `{column}` {type_} {f'AFTER `{before}`' if before else 'FIRST'}")
    if changes:
        yield table.step("order of columns changed", *changes)


def _elements(table: _Table) -> Iterator[Step]:
    """Yield changes of indices, projections and constraints; old rows get them when their parts merge."""
    for name in dict.fromkeys((*table.present.elements, *table.wanted.elements)):
        wanted, present = table.wanted.elements.get(name), table.present.elements.get(name)
        if wanted == present:
            continue
        if present is not None:
            yield table.step(f"{name} dropped", f"DROP {name}")
        if wanted is not None:
            yield table.step(f"{name} added", f"ADD {name} {wanted}")


def _settings(table: _Table) -> Iterator[Step]:
    wanted, present = table.wanted.settings, table.present.settings
    if changed := [f"{name} = {value}" for name, value in wanted.items() if present.get(name) != value]:
        yield table.step("settings changed", f"MODIFY SETTING {', '.join(changed)}")
    if reset := [name for name in present if name not in wanted]:
        yield table.step("settings changed", f"RESET SETTING {', '.join(reset)}")


def _time_to_live(table: _Table) -> Iterator[Step]:
    wanted = table.wanted.clauses.get("TTL", "")
    if wanted != table.present.clauses.get("TTL", ""):
        yield table.step("retention changed", f"MODIFY TTL {wanted}" if wanted else "REMOVE TTL")


def _comment(table: _Table) -> Iterator[Step]:
    wanted = table.wanted.clauses.get("COMMENT", "''")
    if wanted != table.present.clauses.get("COMMENT", "''"):
        yield table.step("comment changed", f"MODIFY COMMENT {wanted}")


def _extra_columns(table: _Table) -> Iterator[Step | Obstacle]:
    for column in table.present.columns:
        if column in table.wanted.columns:
            continue
        if table.holds_rows:
            advice = f"if its values are not needed: ALTER TABLE {table.name} DROP COLUMN {column}"
            yield Obstacle(table.name, f"column {column}: extra; no file describes it; {advice}")
        else:
            yield table.step(f"{column} dropped", f"DROP COLUMN IF EXISTS `{column}`", fenced=True)
