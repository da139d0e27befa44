"""The port of a worker: Prometheus metrics, and whether it is alive and ready. A thread of its own answers."""

import threading
import time
from collections.abc import Callable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import make_wsgi_app

STALLED_SECONDS = 30.0


class Pulse:
    """Whether the worker's event loop turns, and whether it does its work; written by the loop, read by threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beat_at = clock()
        self.ready = False

    def beat(self, ready: bool) -> None:
        """Say that the loop turns, and whether the worker owns its partitions."""
        self._beat_at = self._clock()
        self.ready = ready

    @property
    def silence(self) -> float:
        """Seconds since the loop last turned."""
        return self._clock() - self._beat_at


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Log nothing: probes come every few seconds."""


def serve_health(pulse: Pulse, host: str, port: int) -> int:
    """Serve /metrics, /live and /ready in a daemon thread; return the port, which is free for 0."""
    prometheus = make_wsgi_app()

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return prometheus(environ, start_response)
        answers = {"/live": pulse.silence < STALLED_SECONDS, "/ready": pulse.ready and pulse.silence < STALLED_SECONDS}
        if path not in answers:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"try /metrics, /live or /ready\n"]
        start_response("200 OK" if answers[path] else "503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"yes\n" if answers[path] else b"no\n"]

    server = make_server(host, port, application, handler_class=_QuietHandler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server.server_port
