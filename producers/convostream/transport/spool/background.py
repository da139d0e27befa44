"""Run the spool's background thread, which syncs files to disk at intervals and looks for orphans."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger("convostream")

# How often the thread looks for directories of dead processes.
ADOPT_SECONDS: Final = 5.0

_JOIN_SECONDS: Final = 2.0


class BackgroundThread:
    """Calls `adopt` at once and every few seconds, and `sync` one interval after `note_change`."""

    def __init__(
        self,
        adopt: Callable[[], None],
        sync: Callable[[], None],
        sync_seconds: float,
        adopt_seconds: float,
    ) -> None:
        self._adopt = adopt
        self._sync = sync
        self._sync_seconds = sync_seconds
        self._adopt_seconds = adopt_seconds
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="convostream-spool", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def note_change(self) -> None:
        """Sync files when the interval is over."""
        if not self._changed.is_set():
            self._changed.set()

    def stop(self) -> None:
        """Stop the thread and wait up to 2 seconds for it."""
        self._stopping.set()
        self._changed.set()
        if self._thread.ident is not None:
            self._thread.join(_JOIN_SECONDS)

    def _run(self) -> None:
        due = time.monotonic()
        while not self._stopping.is_set():
            if time.monotonic() >= due:
                self._attempt(self._adopt)
                due = time.monotonic() + self._adopt_seconds
            if self._changed.wait(max(0.0, due - time.monotonic())) and not self._stopping.wait(self._sync_seconds):
                self._changed.clear()
                self._attempt(self._sync)

    def _attempt(self, task: Callable[[], None]) -> None:
        try:
            task()
        except Exception as error:  # noqa: BLE001 - no error may stop the agent or this thread
            log.warning("the spool's background thread failed (%s); it continues", type(error).__name__)
