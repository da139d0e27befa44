"""A free port is free, and the wished one where that is possible."""

import socket

from deploy.embedded.addresses import answers, free_port


def test_a_free_port_is_one_where_nobody_answers() -> None:
    assert not answers("127.0.0.1", free_port())


def test_the_wished_port_is_taken_unless_somebody_answers_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port
