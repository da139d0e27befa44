"""Decide which statements may run, from what the engine itself says about their text.

This module does not parse SQL. The engine's parser names the class of a statement (`classify_query`) and dumps its tree
before it resolves names or folds constants (`EXPLAIN AST`, `EXPLAIN QUERY TREE run_passes = 0`). Such a dump contains
every function, table function and table that the text can reach, however it is spelled. Names may contain any
character, so a dump can show more than the text has, which is then refused; it never shows less.

Statements that hide some of their parts from the dumps (SHOW ... WHERE) run in the engine's own formatting, in a form
without expressions.
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
    # The engine's configuration allows one disk, and the writer's grants no other destination.
    *("BackupQuery", "RestoreQuery"),
}
_SESSION = {"Set", "UseQuery"}
_MAX_VALUES_BYTES = 256 * 1024
_KEPT_TEXTS = 1000
_KEPT_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Approved:
    """A text that may run, whether it is a SELECT, and whether it only reads."""

    text: bytes
    is_select: bool = False
    reads: bool = False


class StatementPolicy:
    """The statements that a user may run, and the functions that they may call."""

    def __init__(self, denied: Denied) -> None:
        self._denied = denied
        self._approved: dict[tuple[str, bytes], Approved] = {}

    def approve(self, session: EngineSession, user: User, text: bytes, parameters: Mapping[str, str]) -> Approved:
        """Return the text to run for a statement without inline data; raise ClickHouseError if it is not allowed."""
        return self._approved.get((user.name, text)) or self._remember(
            user, text, self._approve(session, user, text, parameters)
        )

    def _remember(self, user: User, text: bytes, approved: Approved) -> Approved:
        """Cache the decision for a text, unless it has identifier parameters, which could change the statement."""
        if len(text) <= _KEPT_BYTES and b"identifier" not in text.lower():
            if len(self._approved) >= _KEPT_TEXTS:
                self._approved.clear()
            self._approved[user.name, text] = approved
        return approved

    def _approve(self, session: EngineSession, user: User, text: bytes, parameters: Mapping[str, str]) -> Approved:
        # Check the class first: a text that is no statement may become one that writes a file when it follows EXPLAIN.
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
        """Return the statement that inserts the data of a file into one table and does nothing else."""
        if user.is_read_only:
            raise _refused("The user may only run SELECT, SHOW, DESCRIBE, EXISTS and EXPLAIN")
        text = insert.from_file(path)
        return self._approved.get((user.name, text)) or self._remember(
            user, text, self._approve_insert(session, insert, path, parameters)
        )

    def _approve_insert(
        self, session: EngineSession, insert: InlineInsert, path: str, parameters: Mapping[str, str]
    ) -> Approved:
        text = insert.from_file(path)
        analysis = session.analyse(text)
        if analysis.statements != 1:
            raise _unreadable(session, insert.target + insert.settings, analysis.statements)
        root, *lines = session.explain("AST", text, parameters).splitlines()
        children = [line.strip() for line in lines if line[:1] == " " and line[1:2] != " "]
        plain = all(
            child.startswith(("Identifier ", "ExpressionList ", "Set", f"Literal '{path}'")) for child in children
        )
        if not root.startswith("InsertQuery") or not plain or children.count(f"Literal '{path}'") != 1:
            raise _refused("Inline data go into a table, from no other file")
        return Approved(text)

    def may_evaluate(
        self, session: EngineSession, user: User, insert: InlineInsert, parameters: Mapping[str, str]
    ) -> bool:
        """Return whether expressions in VALUES may be evaluated: if a SELECT of the user may contain them.

        Large data, and data without expressions, are read as literals. Raise ClickHouseError for a function that is not
        allowed.
        """
        if insert.settings and b"input_format_values" in session.format(insert.target + insert.settings + b" VALUES"):
            raise _refused("A client may not change how VALUES are read")
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
            # FORMAT or SETTINGS of the whole statement instead of the SELECT.
            if any(line.startswith((" Identifier", " Literal", " Set")) for line in tree.splitlines()):
                message = "Syntax error: a second FORMAT or SETTINGS is not allowed here. (SYNTAX_ERROR)"
                raise ClickHouseError(message, SYNTAX_ERROR)
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
        """Refuse denied functions and engines; refuse APPLY, whose dump hides the name of its function."""
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
    """Return the engine's own error for a text that is no statement, or more than one."""
    try:
        session.format(text)
    except ClickHouseError as error:
        return error
    return ClickHouseError(f"Syntax error: {statements} statements where one is allowed. (SYNTAX_ERROR)", SYNTAX_ERROR)
