"""The ways in which a proxy treats its connections."""

import random
from dataclasses import dataclass, field
from typing import Final

# What the request of every block that is inserted under a token holds in its address.
INSERT_MARK: Final = b"insert_deduplication_token"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The treatment of connections and bytes; the default forwards everything.

    `refuses` resets old and new connections. `hangs` keeps them open and forwards nothing. `reset_percent` of the
    chunks to the server are cut in the middle and their connection is reset. `answer` replaces the server's answer to
    an insert; if it is empty, the connection is reset instead. `asks_server` decides whether the server receives the
    insert.
    """

    refuses: bool = False
    hangs: bool = False
    bytes_per_second: int = 0
    reset_percent: int = 0
    answer: bytes | None = None
    asks_server: bool = True
    chance: random.Random = field(default_factory=random.Random, compare=False)

    def cuts(self) -> bool:
        """Return whether this chunk is to be cut in the middle."""
        return self.reset_percent > 0 and self.chance.randrange(100) < self.reset_percent


OPEN: Final = Behaviour()


def refusal(code: int, name: str) -> bytes:
    """Return an HTTP answer by which ClickHouse rejects a request and closes the connection."""
    body = f"Code: {code}. DB::Exception: refused by a proxy of the fault suite. ({name})\n".encode()
    head = (
        "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        f"X-ClickHouse-Exception-Code: {code}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
