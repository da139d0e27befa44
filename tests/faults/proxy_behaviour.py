"""How a proxy treats what passes through it."""

import random
from dataclasses import dataclass, field
from typing import Final

# What the request of every block that is inserted under a token holds in its address.
INSERT_MARK: Final = b"insert_deduplication_token"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What happens to connections and bytes; the default lets everything through.

    `refuses` resets connections, old and new. `hangs` keeps them open and lets nothing pass. `reset_percent` of the
    chunks towards the server are cut in the middle and their connection is reset. `answer` takes the place of what the
    server says to an insert; empty resets the connection instead. `asks_server` tells whether the server sees the
    insert at all.
    """

    refuses: bool = False
    hangs: bool = False
    bytes_per_second: int = 0
    reset_percent: int = 0
    answer: bytes | None = None
    asks_server: bool = True
    chance: random.Random = field(default_factory=random.Random, compare=False)

    def cuts(self) -> bool:
        """Whether this chunk is to be cut in the middle."""
        return self.reset_percent > 0 and self.chance.randrange(100) < self.reset_percent


OPEN: Final = Behaviour()


def refusal(code: int, name: str) -> bytes:
    """An HTTP answer by which ClickHouse refuses something, with the connection's end."""
    body = f"Code: {code}. DB::Exception: refused by a proxy of the fault suite. ({name})\n".encode()
    head = (
        "HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Type: text/plain; charset=UTF-8\r\n"
        f"X-ClickHouse-Exception-Code: {code}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
