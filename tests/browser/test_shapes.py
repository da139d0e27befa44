"""No country is drawn across the whole map: countries that cross the antimeridian are split there."""

import json
import subprocess
import sys
from pathlib import Path

from dashboard.build_page import BUILT, PAGE
from tests.browser.conftest import DashboardServer

PROGRAM = Path(__file__).with_name("outlines.mjs")


def test_no_country_crosses_the_antimeridian(dashboard_server: DashboardServer) -> None:
    (world,) = (BUILT / "assets").glob("world-*.json")
    node = Path(sys.executable).parent / "node"
    # As an argument, so that packages are those of the page.
    command = [str(node), "--input-type=module", "--eval", PROGRAM.read_text(), str(world)]
    done = subprocess.run(command, cwd=PAGE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["before"]) >= {"RU", "FJ"}
    assert found["after"] == []
    assert found["outside"] == 0
    assert found["shapes"] > 200
