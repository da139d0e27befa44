"""The port of a worker: Prometheus metrics, liveness and readiness, answered by threads of its own.

A client that sends nothing, or very slowly, occupies one of a few threads for a few seconds and nothing else.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from socket import SHUT_RDWR, socket
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

STALLED_SECONDS: Final = 30.0
MOST_CONNECTIONS: Final = 64

# The longest time of a connection, in seconds.
CONNECTION_SECONDS: Final = 5.0

logger = logging.getLogger(__name__)


class Heartbeat:
    """Whether the worker's event loop runs and makes progress; written by the loop, read by threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._recorded_at = clock()
        self.ready = False
        self.problem = ""

    def record(self, ready: bool, problem: str = "") -> None:
        """Record that the loop runs, whether the worker owns its partitions, and what blocks one of them."""
        self._recorded_at = self._clock()
        self.ready, self.problem = ready, problem

    @property
    def silence(self) -> float:
        """Seconds since the last heartbeat."""
        return self._clock() - self._recorded_at

    @property
    def is_alive(self) -> bool:
        """Whether the loop runs."""
        return self.silence < STALLED_SECONDS

    @property
    def is_ready(self) -> bool:
        """Whether the worker owns its partitions and none is blocked."""
        return self.is_alive and self.ready and not self.problem


class _Handler(WSGIRequestHandler):
    timeout = CONNECTION_SECONDS

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Log nothing: probes come every few seconds."""


class _Server(ThreadingMixIn, WSGIServer):
    """A thread per connection; connections are few and short."""

    daemon_threads = True
    request_queue_size = MOST_CONNECTIONS

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread; close the connection at once if there are too many."""
        if self._free.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Answer, and close the connection in time."""
        deadline = threading.Timer(CONNECTION_SECONDS, _end, (request,))
        deadline.daemon = True
        deadline.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            deadline.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log at debug level: a client that disconnects or sends nothing is not an error of the worker."""
        logger.debug("a connection to the health port failed", exc_info=True)


def _end(connection: socket) -> None:
    with suppress(OSError):
        connection.shutdown(SHUT_RDWR)


def serve_health(heartbeat: Heartbeat, host: str, port: int) -> int:
    """Serve /metrics, /live and /ready in daemon threads; return the port, which is free for 0."""
    prometheus = make_wsgi_app()

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            return prometheus(environ, start_response)
        answers = {"/live": heartbeat.is_alive, "/ready": heartbeat.is_ready}
        if path not in answers:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"try /metrics, /live or /ready\n"]
        start_response("200 OK" if answers[path] else "503 Service Unavailable", [("Content-Type", "text/plain")])
        reason = f": {heartbeat.problem}" if path == "/ready" and heartbeat.problem else ""
        return [b"yes\n" if answers[path] else f"no{reason}\n".encode()]

    server = make_server(host, port, application, server_class=_Server, handler_class=_Handler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server.server_port
