"""The errors of this package.

SchemaError
├── AddressError      the address cannot be parsed: correct the setting
├── UnreachableError  ClickHouse does not answer or rejects the user: start it or correct the address
├── TableInTheWay     a table has the name of a view: rename or drop it
├── NewerSchema       a later release has changed the database: run that release
├── SchemaDiffers     a difference that apply does not change: do what the text says
├── InsertsUnderWay   inserts do not end while the fence is closed: stop them
└── StatementError    ClickHouse refused a statement: the text has its message
"""


class SchemaError(Exception):
    """The root of the errors of this package; the text is for the person at the terminal."""


class AddressError(SchemaError):
    """The address of ClickHouse cannot be parsed."""


class UnreachableError(SchemaError):
    """ClickHouse does not answer, or rejects the user."""


class TableInTheWay(SchemaError):
    """A table has the name of a view, which would replace it and its rows."""


class NewerSchema(SchemaError):
    """The database has a later version of the schema than this program."""


class SchemaDiffers(SchemaError):
    """Objects differ from the files in a way that apply does not change; the text says what to do."""


class InsertsUnderWay(SchemaError):
    """Inserts from before the fence was closed do not end."""


class StatementError(SchemaError):
    """ClickHouse refused a statement."""
