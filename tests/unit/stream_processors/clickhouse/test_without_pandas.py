"""Pandas stays out of a worker, and Arrow works without it."""

import subprocess
import sys

from tests.support.project.metadata import ROOT

SCRIPT = """
from stream_processors.clickhouse.without_pandas import do_without_pandas
do_without_pandas()
from stream_processors.clickhouse.block import Segment, build_block
import sys
assert build_block([Segment("event", 1, {"event_id": ["e"]})], {"topic": "t"}).rows == 1
print("pandas" in sys.modules)
"""


def test_a_block_is_built_without_pandas() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
