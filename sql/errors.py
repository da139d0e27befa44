"""What can go wrong between the files and a database.

SchemaError
├── AddressError      the address cannot be read: mend the setting
├── UnreachableError  nothing answers there, or it refuses the user: start it or mend the address
├── TableInTheWay    a table has the name of a view: rename or drop it
└── StatementError    ClickHouse refused a statement: its own words say why
"""


class SchemaError(Exception):
    """Is the root of what this package raises; its text is meant for the person at the terminal."""


class AddressError(SchemaError):
    """Says that the address of ClickHouse cannot be read."""


class UnreachableError(SchemaError):
    """Says that ClickHouse does not answer, or does not let the user in."""


class TableInTheWay(SchemaError):
    """Says that a table has the name of a view, which would take its place and its rows."""


class StatementError(SchemaError):
    """Says which statement ClickHouse refused, and why."""
