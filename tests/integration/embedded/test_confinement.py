"""The second line of defence: what the engine's root user reaches in a confined process.

The first line is not used: chDB is called directly, as if all checks had been bypassed.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.embedded.clickhouse.access.passwords import passwords
from deploy.embedded.clickhouse.confinement import missing_confinement
from deploy.embedded.settings import ROOT

PROGRAM = """
import json, sys
from pathlib import Path
from deploy.embedded.addresses import free_port
from deploy.embedded.clickhouse.confinement import confine

directory = Path(sys.argv[1])
confine([directory / "clickhouse", directory / "tmp"], free_port())
import chdb

root = chdb.connect(str(directory / "clickhouse"))
answers = {}
for statement in json.load(sys.stdin):
    try:
        answers[statement] = str(root.query(statement, "TSVRaw"))
    except Exception as error:
        answers[statement] = f"refused: {error}"
print(json.dumps(answers))
"""
ALLOWED = {
    "CREATE TABLE t (a UInt64, s String) ENGINE = MergeTree ORDER BY a": "",
    "INSERT INTO t SELECT number, toString(number) FROM numbers(100000)": "",
    "OPTIMIZE TABLE t FINAL": "",
    "SELECT count() FROM (SELECT s FROM t GROUP BY s) SETTINGS max_bytes_before_external_group_by = 100": "100000\n",
    "SELECT length(file('/proc/self/environ')) > 0": "1\n",
    "SELECT match(file('/proc/self/environ'), 'CONVOSTREAM|secret')": "0\n",
}


def _refused(directory: Path, outside: Path) -> list[str]:
    files = [
        "/etc/passwd", "/etc/shadow", "/root/.bashrc", f"/proc/{os.getpid()}/environ", "/proc/1/environ",
        str(outside), str(directory / "passwords.json"), str(directory / "owner"), str(ROOT / ".env.example"),
        str(ROOT / "Makefile"),
    ]  # fmt: skip
    targets = [
        f"{sys.prefix}/evil.pth", f"{ROOT}/deploy/evil.py", f"{ROOT}/evil.py", "/tmp/evil-of-convostream",
        "/dev/shm/evil-of-convostream", str(directory / "evil"), str(directory.parent / "evil"),
    ]  # fmt: skip
    return [
        *(f"SELECT file('{path}')" for path in files),
        *(f"SELECT * FROM file('{path}', 'LineAsString')" for path in files),
        *(f"SELECT 1 INTO OUTFILE '{path}'" for path in targets),
        *(f"INSERT INTO FUNCTION file('{path}', 'CSV', 'a String') VALUES ('a')" for path in targets),
        "SELECT * FROM url('http://127.0.0.1:9/', 'CSV', 'a String') SETTINGS http_max_tries = 1",
        "BACKUP TABLE t TO File('/tmp/evil-of-convostream')",
        "SELECT * FROM executable('id', 'LineAsString', 'a String')",
    ]


@pytest.mark.skipif(missing_confinement() is not None, reason=str(missing_confinement()))
def test_the_root_user_of_a_confined_engine_reaches_its_data_only(tmp_path: Path) -> None:
    directory, outside = tmp_path / "engine", tmp_path / "outside"
    for path in (directory / "clickhouse", directory / "tmp"):
        path.mkdir(parents=True)
    passwords(directory, {})
    (directory / "owner").write_text("1")
    outside.write_text("secret")
    refused = _refused(directory, outside)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(directory)],
        input=json.dumps([*ALLOWED, *refused]),
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(directory / "tmp"), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    assert {statement: answers[statement] for statement in ALLOWED} == ALLOWED
    assert {statement for statement in refused if not answers[statement].startswith("refused: ")} == set()
    assert sorted(path.name for path in directory.iterdir()) == ["clickhouse", "owner", "passwords.json", "tmp"]


@pytest.mark.skipif(missing_confinement() is not None, reason=str(missing_confinement()))
def test_a_process_with_threads_is_not_partly_confined() -> None:
    thread = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
    program = f"{thread}\nfrom deploy.embedded.clickhouse.confinement import confine\nconfine([], 1)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "more than one thread" in done.stderr
