"""What can go wrong between the files and a database.

SchemaError
├── AddressError      the address cannot be read: mend the setting
├── UnreachableError  nothing answers there, or it refuses the user: start it or mend the address
├── TableInTheWay     a table has the name of a view: rename or drop it
├── NewerSchema       a later release has changed the database: run that release
├── SchemaDiffers     something differs that apply does not change by itself: do what the text says
├── InsertsUnderWay   inserts do not end while the fence is closed: end what inserts
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


class NewerSchema(SchemaError):
    """Says that the database has a later version of the schema than this program."""


class SchemaDiffers(SchemaError):
    """Says which objects differ from the files in a way that apply does not change, and what to do."""


class InsertsUnderWay(SchemaError):
    """Says that inserts from before the fence was closed do not end."""


class StatementError(SchemaError):
    """Says which statement ClickHouse refused, and why."""
