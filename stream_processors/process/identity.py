"""Who writes: an identity that no other run of a worker or command has."""

import os
import secrets
import socket


def make_owner_id() -> str:
    """Return host, process and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
