"""The spool: events lie on disk before a tracking call returns, and stay there until the broker has acknowledged them.

The life of an event: the tracking call appends its frame (`frames`) to the open segment (`segments`) of its process's
own home in the spool directory (`homes`). The publisher reads the segments in order and sends what it reads; a segment
whose events are all acknowledged is deleted. A process that dies leaves its home behind, and exactly one living
process takes it over: it holds the home's lock, which the system lets go with the process (`locks`). A thread of the
spool's own looks for such homes and brings files to the disk at intervals (`keeper`). `Spool` (`spool`) joins these.
"""

from convostream.transport.spool.spool import Spool

__all__ = ["Spool"]
