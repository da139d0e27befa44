"""Every import is declared, and every installed distribution is pinned."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from tests.support.project.metadata import ROOT, WHEELS_OF_DATA, closure, names, pins, project

OURS = {"convostream", "stream_processors", "sql", "dashboard", "deploy", "tests", "benchmarks", "examples"}
# Checked separately, because they need more than the folder around them.
SEPARATE = {ROOT / "deploy/grafana", ROOT / "examples/demo"}
WORKER, EMBEDDED = ("worker",), ("worker", "embedded")
DEMO = ("worker", "embedded", "dashboard", "page")
EVERYTHING = (*DEMO, "msk", "dev")

# Optional for the SDK (progress bars, tokens for Amazon MSK); test_wheel imports every module without them.
USED_WHERE_INSTALLED = {"rich", "aws-msk-iam-sasl-signer-python"}

# Signatures of pydantic's types contain these; pydantic requires both.
PARTS_OF_PYDANTIC = {"pydantic-core", "typing-extensions"}

# `make bench` installs it into an environment of its own; benchmarks/contenders/quix_streams.txt pins it.
OWN_ENVIRONMENT = {"quixstreams"}

# Every virtual environment brings its own.
OF_THE_ENVIRONMENT = {"pip"}
ALWAYS_ALLOWED = PARTS_OF_PYDANTIC | USED_WHERE_INSTALLED | set(WHEELS_OF_DATA)


def _imported(folder: Path) -> dict[str, str]:
    """Return the first names of all imports under a folder, each with a file that has it."""
    imports: dict[str, str] = {}
    skipped = SEPARATE - {folder}
    for path in sorted(path for path in folder.rglob("*.py") if skipped.isdisjoint(path.parents)):
        for node in ast.walk(ast.parse(path.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            imports |= {module.split(".")[0]: str(path.relative_to(ROOT)) for module in modules}
    return imports


def _declared(extras: tuple[str, ...]) -> set[str]:
    described = project()
    return names(described.dependencies + [text for extra in extras for text in described.extras[extra]])


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        pytest.param("producers/convostream", (), id="the SDK needs pydantic and aiokafka only"),
        pytest.param("stream_processors", WORKER, id="the worker needs its extra"),
        pytest.param("sql", WORKER, id="the schema needs the worker's extra"),
        pytest.param("deploy", EMBEDDED, id="the stack needs two extras"),
        pytest.param("deploy/grafana", EVERYTHING, id="the generator of Grafana's files may use everything"),
        pytest.param("examples/demo", EMBEDDED, id="the demo needs what the stack needs"),
        pytest.param("examples", (), id="an example needs the SDK only"),
        pytest.param("benchmarks", (*EVERYTHING, "bench"), id="a benchmark may use everything"),
        pytest.param("tests", EVERYTHING, id="a test may use everything"),
    ],
)
def test_every_import_is_declared(folder: str, extras: tuple[str, ...]) -> None:
    """Look up a package that is not installed (only `make bench` installs its extra) by its module's name."""
    declared, providers = _declared(extras) | ALWAYS_ALLOWED | OWN_ENVIRONMENT, packages_distributions()
    foreign = {m: f for m, f in _imported(ROOT / folder).items() if m not in sys.stdlib_module_names | OURS}
    undeclared = {
        module: file
        for module, file in foreign.items()
        if declared.isdisjoint(map(canonicalize_name, providers.get(module, [module])))
    }
    assert undeclared == {}


def test_every_distribution_that_gets_installed_is_pinned() -> None:
    described = project()
    asked = described.dependencies + [text for extra in described.extras.values() for text in extra]
    assert closure(asked) | set(WHEELS_OF_DATA) <= pins().keys() | OF_THE_ENVIRONMENT


@pytest.mark.parametrize(
    ("name", "extras", "left_out"),
    [
        ("development.txt", EVERYTHING, {"pandas"}),  # required by chdb-core, which imports it for data frames only
        ("demo.txt", DEMO, {"pandas"}),
        ("image.txt", ("worker", "dashboard"), set()),
    ],
)
def test_every_file_that_gets_installed_has_a_hash(name: str, extras: tuple[str, ...], left_out: set[str]) -> None:
    described = project()
    asked = described.dependencies + [text for extra in extras for text in described.extras[extra]]
    locked = _locked(name)
    assert closure(asked) - locked.keys() <= OF_THE_ENVIRONMENT | left_out
    assert {n for n, (version, _) in locked.items() if pins().get(n, version) != version} == set()
    assert {n for n, (_, hashes) in locked.items() if not hashes} == set()


def test_the_demo_installs_no_development_tools() -> None:
    described = project()
    needed = closure([text for extra in DEMO for text in described.extras[extra]])
    tools = names(described.extras["dev"]) - needed - {"hatchling", "editables"}  # these two link the project
    assert tools & _locked("demo.txt").keys() == set()
    assert {"ruff", "mypy", "pytest", "playwright"} <= tools


def _locked(name: str) -> dict[str, tuple[str, int]]:
    """Return the version and the number of hashes of each distribution in a file of requirements/."""
    text = (ROOT / "requirements" / name).read_text()
    assert "://" not in text
    parts = [re.split("==| ", part, maxsplit=2) for part in re.split(r"^(?=\S)", text, flags=re.MULTILINE) if part]
    return {canonicalize_name(package): (version, rest.count("--hash=sha256:")) for package, version, rest in parts}


def test_a_pin_is_a_name_and_a_version() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert [line for line in lines if not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)] == []
