"""Links, commands and metric views that README and docs name exist."""

import re
from pathlib import Path

import pytest

from convostream.testing import MemoryTransport
from tests.support.project.metadata import ROOT

DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted(
    (ROOT / "docs").rglob("*.md")
)
MAKEFILE = (ROOT / "Makefile").read_text()
README = (ROOT / "README.md").read_text()

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])


@every_document
def test_a_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


@every_document
def test_a_make_command_is_a_target(document: Path) -> None:
    named = set(re.findall(r"(?:^|`)make (?:[A-Z]+=\S+ )*([a-z-]+)", document.read_text(), flags=re.MULTILINE))
    assert named <= set(re.findall(r"^([a-z-]+):.* ## ", MAKEFILE, flags=re.MULTILINE))


@every_document
def test_a_folder_of_the_project_that_is_named_exists(document: Path) -> None:
    named = re.findall(r"`((?:producers|stream_processors|sql|deploy|tests|docs)/[\w./-]+)`", document.read_text())
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_the_readme_lists_every_metric_view() -> None:
    listed = re.findall(r"^\| [A-Z][^|]+ \| (`\w+`(?:, `\w+`)*) \|", README, flags=re.MULTILINE)
    views = {view for cell in listed for view in re.findall(r"\w+", cell)}
    assert len(listed) == 15
    assert views == {path.stem for path in (ROOT / "sql/metrics").glob("*.sql")}


def test_a_setting_that_a_document_names_is_explained() -> None:
    explained = (ROOT / ".env.example").read_text()
    named = {name for path in DOCUMENTS for name in re.findall(r"CONVOSTREAM_[A-Z_]+[A-Z]\b", path.read_text())}
    refusals = {"CONVOSTREAM_STALE_OWNER", "CONVOSTREAM_SCHEMA_CHANGE"}
    assert {name for name in named if name not in explained} == refusals


def test_the_example_of_the_sdk_tracks_a_conversation() -> None:
    (example,) = re.findall(r"```python\n(.+?)```", README, flags=re.DOTALL)
    transport = MemoryTransport()
    in_memory = example.replace('bootstrap_servers="localhost:9092"', "transport=transport")
    exec(compile(in_memory, "README.md", "exec"), {"transport": transport})  # noqa: S102  (our own text)
    assert [event.type for event in transport.events] == [
        "conversation_engaged",
        "message",
        "action",
        "message",
        "feedback",
    ]


def test_the_life_of_an_event_names_at_most_thirty_files_and_their_functions() -> None:
    text = (ROOT / "docs/life-of-an-event.md").read_text()
    rows = re.findall(r"^\| \[[^\]]+\]\(\.\./([^)]+)\) \| ([^|]+) \|", text, flags=re.MULTILINE)
    assert 0 < len(rows) <= 30
    missing = [
        (path, name)
        for path, names in rows
        for name in re.findall(r"`(\w+)`", names)
        if not re.search(rf"(def {name}\(|(TABLE|VIEW)( IF NOT EXISTS)? {name}\b)", (ROOT / path).read_text())
    ]
    assert missing == []
