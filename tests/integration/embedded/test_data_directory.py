"""A data directory has one owner, keeps its data, and records an unclean stop."""

import socket
import stat
from pathlib import Path

import pytest

from deploy.embedded.clickhouse.access.passwords import passwords
from deploy.embedded.errors import ProcessFailed
from tests.support.stack.embedded_server import DATABASE, EmbeddedServer, process, running_server


def _fill(server: EmbeddedServer) -> None:
    server.ask("CREATE TABLE kept (a Int8) ENGINE = MergeTree ORDER BY a", database=DATABASE)
    server.ask("INSERT INTO kept VALUES (1)", database=DATABASE)


def test_data_survive_a_clean_stop(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        _fill(server)
    assert not (tmp_path / "clickhouse" / "running").exists()
    with running_server(tmp_path) as server:
        assert server.rows("SELECT a FROM kept") == ["1"]
    assert not (tmp_path / "clickhouse" / "unclean-stops").exists()


def test_a_second_owner_is_refused_with_the_id_of_the_first(tmp_path: Path) -> None:
    first, second = process(tmp_path), process(tmp_path)
    first.start()
    try:
        first.wait_until_ready(60)
        second.start()
        with pytest.raises(ProcessFailed, match=f"is in use by process {first.pid}; stop it or choose another"):
            second.wait_until_ready(60)
        assert second.exit_code == 1
        assert EmbeddedServer(first.port).ask("SELECT 1").text == "1"
    finally:
        first.stop()


def test_a_killed_engine_restarts_and_the_unclean_stop_is_recorded(tmp_path: Path) -> None:
    running = process(tmp_path)
    running.start()
    running.wait_until_ready(60)
    EmbeddedServer(running.port).ask(f"CREATE DATABASE {DATABASE}")
    _fill(EmbeddedServer(running.port))
    running.kill()
    with running_server(tmp_path) as server:
        assert server.rows("SELECT a FROM kept") == ["1"]
    assert "found after an unclean stop" in (tmp_path / "clickhouse" / "unclean-stops").read_text()


def test_a_stop_ends_running_queries(tmp_path: Path) -> None:
    running = process(tmp_path)
    running.start()
    running.wait_until_ready(60)
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        query = b"SELECT count() FROM numbers(1000000000000)"
        head = b"POST /?user=writer&password=writer%%27s+own HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(
            query
        )
        client.sendall(head + query)
        client.settimeout(1)
        with pytest.raises(TimeoutError):
            client.recv(1)
        running.stop(15)
    assert running.exit_code == 0
    assert not (tmp_path / "clickhouse" / "running").exists()


def test_passwords_are_generated_once_and_are_private(tmp_path: Path) -> None:
    made = passwords(tmp_path, {})
    assert passwords(tmp_path, {}) == made
    assert set(made) == {"writer", "reader"}
    assert len({*made.values(), *passwords(tmp_path / "another", {}).values()}) == 4
    assert stat.S_IMODE((tmp_path / "passwords.json").stat().st_mode) == 0o600


def test_passwords_of_the_environment_win(tmp_path: Path) -> None:
    given = {"CONVOSTREAM_WRITER_PASSWORD": "w", "CONVOSTREAM_READER_PASSWORD": "r"}
    assert passwords(tmp_path, given) == {"writer": "w", "reader": "r"}
    assert list(tmp_path.iterdir()) == []


def test_it_listens_on_localhost_only(server: EmbeddedServer) -> None:
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = [line[1] for line in listening if line[1].endswith(f":{server.port:04X}") and line[3] == "0A"]
    assert ours == [f"0100007F:{server.port:04X}"]
