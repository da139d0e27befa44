"""Logs as text or as JSON lines; they never contain content, addresses or keys of events."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Literal

QUIET = ("aiokafka", "faust", "mode", "clickhouse_connect", "urllib3")


class JsonFormatter(logging.Formatter):
    """Format a log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object as text: time, level, logger, message, and the traceback of an error."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["error"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure_logs(log_format: Literal["text", "json"], level: str) -> None:
    """Send all logs to standard error in a format; libraries log from WARNING."""
    handler = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)-8s %(name)s  %(message)s")
    handler.setFormatter(JsonFormatter() if log_format == "json" else plain)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
