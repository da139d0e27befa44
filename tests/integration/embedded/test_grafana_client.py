"""clickhouse-go over HTTP, the client of Grafana's data source, reads and writes."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.stack.embedded_server import DATABASE, PASSWORDS, EmbeddedServer

DIRECTORY = Path(__file__).with_name("grafana_client")


@pytest.mark.timeout(600)
def test_grafanas_client_reads_and_writes(server: EmbeddedServer) -> None:
    if shutil.which("go") is None and os.environ.get("CI") != "true":
        pytest.skip("Go is not installed, so Grafana's client was not tested; CI does test it")
    server.ask(
        "CREATE OR REPLACE TABLE rows_of_go (number UInt64, text LowCardinality(String)) "
        "ENGINE = MergeTree ORDER BY number",
        database=DATABASE,
    )
    urls = {
        name: f"http://{user}:{quote(PASSWORDS[user], safe='')}@127.0.0.1:{server.port}/{DATABASE}"
        for name, user in (
            ("CONVOSTREAM_CLICKHOUSE_URL", "writer"),
            ("CONVOSTREAM_CLICKHOUSE_READER_URL", "reader"),
        )
    }
    command = ["go", "test", "-count=1", "./..."]
    done = subprocess.run(command, cwd=DIRECTORY, env=os.environ | urls, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
