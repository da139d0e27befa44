"""The connection to ClickHouse: a database to run statements in.

Errors become sentences that name the address without its password.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from clickhouse_connect import get_client
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from sql.address import ALLOWED, Address
from sql.errors import StatementError, UnreachableError

# The errors of ClickHouse for a wrong user or password.
REFUSED_LOGIN = ("AUTHENTICATION_FAILED", "UNKNOWN_USER", "WRONG_PASSWORD", "REQUIRED_PASSWORD")
# A migration may copy a large table.
LONGEST_STATEMENT_SECONDS = 86_400
# A copy of a table keeps equal blocks, and may write to every month since 2000.
SETTINGS = {"insert_deduplicate": 0, "max_partitions_per_insert_block": 0}


class Database:
    """A database of a reachable ClickHouse; statements use unqualified names."""

    def __init__(self, client: Client, address: Address, name: str) -> None:
        self._client = client
        self._address = address
        self.name = name

    def run(self, statement: str, *, inside: bool = True) -> None:
        """Run one statement without rows, in this database or, with `inside=False`, in none."""
        self._client.database = self.name
        with self._translate_errors(statement):
            self._client.command(statement, use_database=inside)

    def rows(self, query: str, parameters: dict[str, object]) -> Sequence[Sequence[object]]:
        """Return the rows of a query that names its databases."""
        self._client.database = None
        with self._translate_errors(query):
            return self._client.query(query, parameters=parameters).result_rows

    def create(self) -> None:
        """Create the database if it does not exist."""
        self.run(f"CREATE DATABASE IF NOT EXISTS {self.name}", inside=False)

    def drop(self) -> None:
        """Drop the database with everything in it."""
        self.run(f"DROP DATABASE IF EXISTS {self.name} SYNC", inside=False)

    def beside(self, name: str) -> "Database":
        """Return another database of the same ClickHouse."""
        return Database(self._client, self._address, name)

    @contextmanager
    def _translate_errors(self, statement: str) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            raise _unreachable(self._address, error) from error
        except DatabaseError as error:
            raise StatementError(f"{self._address} refused\n{statement}\n{error}") from error


def connect(address: Address) -> Database:
    """Connect to ClickHouse; the database itself need not exist yet."""
    try:
        client = get_client(
            **address.server,
            connect_timeout=5,
            send_receive_timeout=LONGEST_STATEMENT_SECONDS,
            settings=SETTINGS,
            autogenerate_session_id=False,
        )
    except DatabaseError as error:
        raise _unreachable(address, error) from error
    return Database(client, address, address.database)


def _unreachable(address: Address, error: DatabaseError) -> UnreachableError:
    if any(code in str(error) for code in REFUSED_LOGIN):
        return UnreachableError(
            f"ClickHouse at {address} rejects the user; put the right user and password into CONVOSTREAM_CLICKHOUSE_URL"
        )
    if "is readonly" in str(error):
        return UnreachableError(
            f"ClickHouse at {address} refused a setting; only the writer may change the schema: {error}"
        )
    return UnreachableError(
        f"ClickHouse does not answer at {address}; start it (`make up`, or `docker compose up clickhouse`), "
        f"or set CONVOSTREAM_CLICKHOUSE_URL to {ALLOWED}\n{error}"
    )
