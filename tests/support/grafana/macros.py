"""Replace variables and macros in a panel's SQL as Grafana does, in the page and in the data source."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_VARIABLE: Final = re.compile(r"\$\{(?P<name>\w+):percentencode\}")
_MACRO: Final = re.compile(r"\$__(?P<name>\w+)")

# What encodeURIComponent leaves as it is, less the characters that Grafana encodes on top of it.
_KEPT: Final = "-_.~"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The selection on the page: variables, time zone as Grafana names it, and range in milliseconds."""

    variables: Mapping[str, str]
    time_zone: str
    since: int
    until: int

    def expand(self, sql: str) -> str:
        """Return the SQL that ClickHouse receives."""
        return self._in_the_data_source(self._in_the_page(sql))

    def _in_the_page(self, sql: str) -> str:
        values = {**self.variables, "__timezone": self.time_zone}
        return _VARIABLE.sub(lambda found: quote(values[found["name"]], safe=_KEPT), sql)

    def _in_the_data_source(self, sql: str) -> str:
        macros = {
            "fromTime": f"toDateTime({self.since // 1000})",
            "toTime": f"toDateTime({self.until // 1000})",
            "fromTime_ms": f"fromUnixTimestamp64Milli({self.since})",
            "toTime_ms": f"fromUnixTimestamp64Milli({self.until})",
        }
        return _MACRO.sub(lambda found: macros[found["name"]], sql)
