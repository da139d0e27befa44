"""The owner id: unique to each run of a worker or command."""

import os
import secrets
import socket


def make_owner_id() -> str:
    """Return host, process and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
