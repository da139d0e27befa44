"""The transport to Kafka: a bounded queue, and a background thread with its own event loop that sends from it.

A tracking call puts its record into the queue, in memory or in the spool (microseconds, on the caller's thread). The
first record wakes the background thread, which sends records in batches and settles them (`transport.sender`). While a
broker is unavailable, the queue fills up; a full queue refuses new events and counts them.

`close` waits until everything is sent or the timeout is over; the exit of the interpreter closes open transports. A
forked child starts with an empty queue and its own thread; the parent sends what the parent accepted.
"""

import asyncio
import atexit
import logging
import os
import socket
import sys
import threading
import weakref
from contextlib import suppress
from typing import Any, Final

from convostream.errors import InvalidSettings
from convostream.kafka.security import kafka_client_options
from convostream.settings import Settings
from convostream.transport.interface import OutgoingRecord, Stats
from convostream.transport.memory_queue import Buffer
from convostream.transport.queue import Queue
from convostream.transport.sender import Delivery

log = logging.getLogger("convostream")

_JOIN_SECONDS: Final = 2.0


class _Loop(asyncio.SelectorEventLoop):
    """An event loop that resolves host names in its own thread, because worker threads are gone at interpreter exit."""

    async def getaddrinfo(self, host: Any, port: Any, **options: int) -> Any:
        """Resolve on the background thread, which has nothing else to do meanwhile."""
        return socket.getaddrinfo(host, port, **options)


class _Thread:
    """The background thread with its loop and its delivery; it runs from the first event to the close."""

    def __init__(self, settings: Settings, queue: Queue) -> None:
        self._loop = _Loop()
        self._delivery = Delivery(settings, queue)
        self._stopped = asyncio.Event()
        queue.begin(self.wake)
        self._thread = threading.Thread(target=self._run, name="convostream-publisher", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Wake the background thread; costs nothing while it is awake."""
        if self._delivery.asleep:
            self._delivery.asleep = False
            with suppress(RuntimeError):  # the loop has ended meanwhile
                self._loop.call_soon_threadsafe(self._delivery.woken.set)

    def stop(self) -> None:
        """End the thread; unsent records stay unsent."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._deliver())

    async def _deliver(self) -> None:
        delivering = asyncio.ensure_future(self._delivery.run())
        await self._stopped.wait()
        delivering.cancel()
        await asyncio.wait([delivering])


class KafkaTransport:
    """Send records to Kafka in the background; no method waits for the broker longer than its timeout."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or Settings.from_environment()
        kafka_client_options(self._settings)  # raises for an unusable file now, in the caller
        self._start_lock = threading.RLock()
        self._queue = _queue_of(self._settings)
        self._thread: _Thread | None = None
        self._closed = self._ended = self._starting = False
        self._parents: list[object] = []
        has_orphans = self._queue.claim()  # raises for an unsafe spool before anything has started
        _open_transports.add(self)
        atexit.register(self._exit)
        if has_orphans:
            self._start()

    def send(self, record: OutgoingRecord) -> bool:
        """Accept a record, without blocking; return False if the queue is full or the transport closed."""
        accepted = self._queue.offer(record)
        if accepted:
            thread = self._thread or self._start()
            if thread is not None:
                thread.wake()
        else:
            self._report_refusal()
        return accepted

    def flush(self, timeout: float = 10.0) -> int:
        """Wait until accepted records are sent, for at most `timeout` seconds; return the number of unsent ones."""
        return self._queue.wait_settled(timeout)

    def close(self, timeout: float = 10.0) -> int:
        """Flush, then stop; return the number of unsent events."""
        if self._closed:
            return self.stats().unsent
        self._closed = True
        self._queue.close()
        atexit.unregister(self._exit)
        self._queue.wait_settled(timeout)
        with self._start_lock:
            thread, self._thread, self._ended = self._thread, None, True
        if thread is not None:
            thread.stop()
        kept = self._queue.release()
        unsent = self.stats().unsent
        if kept:
            log.warning("closed with %d events unsent; %d of them wait in the spool for the next process", unsent, kept)
        elif unsent and thread is not None:
            log.warning("closed with %d events unsent", unsent)
        return unsent

    def stats(self) -> Stats:
        """Return the counts so far."""
        return self._queue.stats()

    def _start(self) -> _Thread | None:
        with self._start_lock:
            if self._thread is None and not self._ended and not self._starting:  # not again, from a signal handler
                self._starting = True
                self._thread = _Thread(self._settings, self._queue)
                _close_with_multiprocessing(self)
            return self._thread

    def _exit(self) -> None:
        self.close(self._settings.exit_timeout_seconds)

    def _report_refusal(self) -> None:
        refused = self._queue.refused
        if refused & (refused - 1) == 0:  # the first one, then fewer and fewer
            log.warning("%d events refused so far: the %s is full or the tracker is closed", refused, self._queue.kind)

    def _begin_in_child(self) -> None:
        # Kept, because collecting the parent's loop and sockets here would close them for the parent as well.
        self._queue.abandon()
        self._parents.append((self._thread, self._queue))
        self._thread = None
        self._starting = False
        self._start_lock = threading.RLock()
        self._queue = _queue_of(self._settings)
        if self._closed:
            self._queue.close()


def _queue_of(settings: Settings) -> Queue:
    if settings.spool_directory is None:
        return Buffer(settings.buffer_bytes)
    if sys.platform == "win32":
        raise InvalidSettings("CONVOSTREAM_SPOOL_DIRECTORY: a spool needs file locks that Windows does not have")
    from convostream.transport.spool import Spool

    return Spool(settings, settings.spool_directory.absolute())  # the agent may change its directory


_open_transports: weakref.WeakSet[KafkaTransport] = weakref.WeakSet()


def _begin_all_in_child() -> None:
    for transport in list(_open_transports):
        transport._begin_in_child()


def _close_with_multiprocessing(transport: KafkaTransport) -> None:
    """Close at the end of a `multiprocessing` child too: these do not run `atexit` functions."""
    processes = sys.modules.get("multiprocessing.util")
    if processes is not None:
        processes.Finalize(transport, KafkaTransport._exit, args=(transport,), exitpriority=0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_all_in_child)
