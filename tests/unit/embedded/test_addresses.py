"""A free port is free, and the wanted one if possible."""

import socket

from deploy.embedded.addresses import answers, free_port


def test_a_free_port_has_no_listener() -> None:
    assert not answers("127.0.0.1", free_port())


def test_the_wanted_port_is_used_unless_it_has_a_listener() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port
