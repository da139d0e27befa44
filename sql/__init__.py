"""The ClickHouse schema and the metric views, one object a file, and the tool that applies and checks them.

`python -m sql apply|check|print`; README.md beside this file is the map of the objects.
"""

from typing import Final

# A release that changes anything here has a higher version than the one before. 1 is that of Convostream 0.1.0, whose
# databases do not say their version. `tests/unit/sql/test_versions.py` notices when it has to grow.
SCHEMA_VERSION: Final = 2
