"""The ClickHouse schema and the metric views, one object a file, and the tool that applies and checks them.

`python -m sql apply|check|print`; README.md in this folder describes the objects.
"""

from typing import Final

# Each release that changes the schema raises the version. 1 is that of Convostream 0.1.0, whose databases do not record
# it. `tests/unit/sql/test_versions.py` fails when the version must be raised.
SCHEMA_VERSION: Final = 2
