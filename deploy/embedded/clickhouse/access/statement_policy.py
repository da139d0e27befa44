"""Decides which statements run, by what the engine itself says of their text.

Nothing is read from the text here. The engine's parser names the class of a statement (`classify_query`) and dumps its
tree before any name is resolved and any constant folded (`EXPLAIN AST`, `EXPLAIN QUERY TREE run_passes = 0`). Each
function, table function and table that a text can reach stands in such a dump, whatever its spelling. Names can hold
anything, so a dump may show more than the text has, which is then refused; it never shows less.

Statements that hide parts from the dumps (SHOW ... WHERE) run as the engine formats them, in a form without
expressions.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deploy.embedded.clickhouse.access.allowed_functions import Denied
from deploy.embedded.clickhouse.access.statements import InlineInsert
from deploy.embedded.clickhouse.access.users import User
from deploy.embedded.clickhouse.engine import CONTROL, READ_ONLY, EngineSession
from deploy.embedded.errors import ACCESS_DENIED, NOT_IMPLEMENTED, SYNTAX_ERROR, ClickHouseError

_FUNCTION = re.compile(r"(?<!table_)function_name: ([^,\n]*)")
_TABLE_FUNCTION = re.compile(r"table_function_name: ([^,\n]*)")
_IDENTIFIER = re.compile(r"identifier: ([^,\n]*)")
_PROFILE = re.compile(r"SETTINGS .*\bprofile=", re.DOTALL)
_FORMATTED_PROFILE = re.compile(rb" SETTINGS .*\bprofile\b", re.DOTALL)
_AST_FUNCTION = re.compile(r"^ *Function (\S+)", re.MULTILINE)
_AST_IDENTIFIER = re.compile(r"^ *Identifier (\S+)", re.MULTILINE)
_AST_APPLY = "ColumnsApplyTransformer"
_SHOWN = {
    *("ShowTables", "ShowColumns", "ShowIndexes", "ShowFunctions", "ShowSetting", "ShowEngineQuery"),
    *("ShowCreateTableQuery", "ShowCreateViewQuery", "ShowCreateDatabaseQuery", "ShowCreateDictionaryQuery"),
    *("ExistsTableQuery", "ExistsViewQuery", "ExistsDatabaseQuery", "ExistsDictionaryQuery"),
}
_WRITES = {
    *("InsertQuery", "CreateQuery", "DropQuery", "TruncateQuery", "AlterQuery", "OptimizeQuery", "Rename"),
    *("DeleteQuery", "UpdateQuery"),
    # The engine allows one disk, and the writer's grants no other place.
    *("BackupQuery", "RestoreQuery"),
}
_SESSION = {"Set", "UseQuery"}
_MAX_VALUES_BYTES = 256 * 1024
_KEPT_TEXTS = 1000
_KEPT_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Approved:
    """A text that may run, and whether it is a SELECT, or one of the other statements that only read."""

    text: bytes
    is_select: bool = False
    reads: bool = False


class StatementPolicy:
    """What a user's statements may be and may call."""

    def __init__(self, denied: Denied) -> None:
        self._denied = denied
        self._approved: dict[tuple[str, bytes], Approved] = {}

    def approve(self, session: EngineSession, user: User, text: bytes, parameters: Mapping[str, str]) -> Approved:
        """Return what may run for a statement without inline data; raises ClickHouseError for what may not."""
        known = self._approved.get((user.name, text))
        return known or self._remember(user, text, self._approve(session, user, text, parameters))

    def _remember(self, user: User, text: bytes, approved: Approved) -> Approved:
        """Keep an answer for the same text: of all parameters only identifiers could make another statement of it."""
        if len(text) <= _KEPT_BYTES and b"identifier" not in text.lower():
            if len(self._approved) >= _KEPT_TEXTS:
                self._approved.clear()
            self._approved[user.name, text] = approved
        return approved

    def _approve(self, session: EngineSession, user: User, text: bytes, parameters: Mapping[str, str]) -> Approved:
        # The class comes first: a text that is no statement may become one that writes a file behind EXPLAIN.
        analysis = session.analyse(text)
        if analysis.statements != 1:
            raise _unreadable(session, text, analysis.statements)
        if analysis.kind != READ_ONLY and user.is_read_only:
            raise _refused("The user may only run SELECT, SHOW, DESCRIBE, EXISTS and EXPLAIN")
        tree = session.explain("AST", text, parameters)
        if analysis.kind == READ_ONLY:
            return self._approve_reading(session, user, text, parameters, tree)
        if _root(tree) not in (_WRITES | _SESSION if analysis.kind == CONTROL else _WRITES):
            raise _refused(f"{_root(tree)} is not allowed here")
        if "\n Literal " in tree and (analysis.kind == CONTROL or _root(tree) == "InsertQuery"):
            raise _refused("INTO OUTFILE and FROM INFILE are not allowed here")
        self._check_writing(tree)
        return Approved(text)

    def approve_insert(
        self, session: EngineSession, user: User, insert: InlineInsert, path: str, parameters: Mapping[str, str]
    ) -> Approved:
        """Return the statement that inserts the data from this file into one table, and does nothing else."""
        if user.is_read_only:
            raise _refused("The user may only run SELECT, SHOW, DESCRIBE, EXISTS and EXPLAIN")
        text = insert.from_file(path)
        known = self._approved.get((user.name, text))
        return known or self._remember(user, text, self._approve_insert(session, insert, path, parameters))

    def _approve_insert(
        self, session: EngineSession, insert: InlineInsert, path: str, parameters: Mapping[str, str]
    ) -> Approved:
        text = insert.from_file(path)
        analysis = session.analyse(text)
        if analysis.statements != 1:
            raise _unreadable(session, insert.target + insert.settings, analysis.statements)
        root, *parts = session.explain("AST", text, parameters).splitlines()
        children = [part.strip() for part in parts if part[:1] == " " and part[1:2] != " "]
        plain = all(
            child.startswith(("Identifier ", "ExpressionList ", "Set", f"Literal '{path}'")) for child in children
        )
        if not root.startswith("InsertQuery") or not plain or children.count(f"Literal '{path}'") != 1:
            raise _refused("Inline data go into a table, from no other file")
        return Approved(text)

    def may_evaluate(
        self, session: EngineSession, user: User, insert: InlineInsert, parameters: Mapping[str, str]
    ) -> bool:
        """Tell whether the expressions in VALUES may be evaluated: those that a SELECT of the user may hold.

        Data that are no expressions, or are many, are read as literals alone. Raises ClickHouseError for a function
        that is not allowed.
        """
        if insert.settings and b"input_format_values" in session.format(insert.target + insert.settings + b" VALUES"):
            raise _refused("How VALUES are read is not the client's to change")
        if len(insert.data) > _MAX_VALUES_BYTES:
            return False
        try:
            self.approve(session, user, b"SELECT " + bytes(insert.data), parameters)
        except ClickHouseError as error:
            if error.code == ACCESS_DENIED:
                raise
            return False
        return True

    def _approve_reading(
        self, session: EngineSession, user: User, text: bytes, parameters: Mapping[str, str], tree: str
    ) -> Approved:
        root = _root(tree)
        if root == "SelectWithUnionQuery":
            # Those of the answer instead of those of the SELECT.
            if any(line.startswith((" Identifier", " Literal", " Set")) for line in tree.splitlines()):
                text_of_error = "Syntax error: a second FORMAT or SETTINGS is not allowed here. (SYNTAX_ERROR)"
                raise ClickHouseError(text_of_error, SYNTAX_ERROR)
            self._check_select(session, user, text, parameters)
            return Approved(text, is_select=True, reads=True)
        formatted = session.format(text)
        if b" INTO OUTFILE " in formatted:
            raise _refused("INTO OUTFILE is not allowed here")
        if _FORMATTED_PROFILE.search(formatted):
            raise _keeps_profile()
        if root == "Explain":
            self._check_select(session, user, b"SELECT * FROM (" + formatted + b")", parameters)
        elif root == "DescribeQuery":
            target = formatted.removeprefix(b"DESCRIBE TABLE ")
            self._check_select(session, user, b"SELECT * FROM " + target, parameters)
        elif root not in _SHOWN:
            raise _refused(f"{root} is not allowed here")
        elif b"(" in formatted or b" WHERE " in formatted:
            raise ClickHouseError(f"{root} takes no expressions here; use LIKE (NOT_IMPLEMENTED)", NOT_IMPLEMENTED)
        return Approved(formatted, reads=True)

    def _check_select(self, session: EngineSession, user: User, text: bytes, parameters: Mapping[str, str]) -> None:
        tree = session.explain("QUERY TREE run_passes = 0", text, parameters)
        if not tree.startswith(("QUERY id: 0", "UNION id: 0")):
            raise _refused("Only a SELECT can be read here")
        if _PROFILE.search(tree):
            raise _keeps_profile()
        identifiers = _IDENTIFIER.findall(tree)
        _refuse_any(self._denied.functions, [*_FUNCTION.findall(tree), *identifiers], "function")
        _refuse_any(self._denied.table_functions, _TABLE_FUNCTION.findall(tree), "table function")
        if "*" not in user.system_tables:
            for table in (name.split(".")[1] for name in identifiers if name.startswith("system.")):
                if table not in user.system_tables:
                    raise _refused(f"To execute this query, it's necessary to have the grant SELECT ON system.{table}")

    def _check_writing(self, tree: str) -> None:
        """APPLY hides the name of its function from this dump, so it is refused."""
        if _AST_APPLY in tree:
            raise _refused("APPLY is only allowed in a SELECT of its own")
        _refuse_any(self._denied.in_writes, _AST_FUNCTION.findall(tree), "function")
        _refuse_any(self._denied.functions, _AST_IDENTIFIER.findall(tree), "function")


def _root(tree: str) -> str:
    return tree.split(maxsplit=1)[0]


def _refuse_any(denied: frozenset[str], names: Iterable[str], kind: str) -> None:
    for name in names:
        if name.lower() in denied:
            raise _refused(f"The {kind} {name} is not allowed here")


def _refused(reason: str) -> ClickHouseError:
    return ClickHouseError(f"default: Not enough privileges. {reason}. (ACCESS_DENIED)", ACCESS_DENIED)


def _keeps_profile() -> ClickHouseError:
    return ClickHouseError("A user keeps its profile (SETTING_CONSTRAINT_VIOLATION)", 452)


def _unreadable(session: EngineSession, text: bytes, statements: int) -> ClickHouseError:
    """The engine's own words on a text that is no statement, or more than one."""
    try:
        session.format(text)
    except ClickHouseError as error:
        return error
    return ClickHouseError(f"Syntax error: {statements} statements where one is allowed. (SYNTAX_ERROR)", SYNTAX_ERROR)
