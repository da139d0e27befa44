"""Keep unsent events on disk, so that they survive the end of the agent's process.

A tracking call appends one frame (`frames`) to the open segment (`segments`) of the process directory of its process
(`process_directories`). The publisher reads the segments in order and sends their events. A segment is deleted when
the broker has acknowledged all of its events.

When a process dies, its directory stays behind as an orphan (`orphans`). Exactly one live process takes over an orphan:
the one that gets the directory's lock (`locks`), which the system releases when a process ends. A background thread
(`background`) looks for orphans and syncs files to disk at intervals. `Spool` (`spool`) joins these parts.
"""

from convostream.transport.spool.spool import Spool

__all__ = ["Spool"]
