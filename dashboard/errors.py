"""What can go wrong, and who acts.

DashboardError
├── BadParameter    the caller asks again with what is allowed
├── NotThere        the caller asks for something else
├── Unavailable     the caller asks later; someone looks after ClickHouse
│   └── Overloaded  the caller asks later, or asks for less
├── TooManyStreams  the caller closes some of the live streams of its address
├── UnderWay        the caller asks again when another erasure has ended
├── NotAllowed      the caller needs the admin token
├── RefusedToStart  the operator changes a setting
└── PageNotBuilt    whoever builds the page installs what is missing, or looks after the network
"""


class DashboardError(Exception):
    """Anything that this package raises."""


class BadParameter(DashboardError):
    """A parameter has a value that is not allowed."""

    def __init__(self, parameter: str, allowed: str) -> None:
        super().__init__(f"{parameter}: allowed is {allowed}")
        self.parameter = parameter
        self.allowed = allowed


class NotThere(DashboardError):
    """What the path names does not exist; the message says what does."""


class Unavailable(DashboardError):
    """ClickHouse did not answer, or not in time."""


class Overloaded(Unavailable):
    """More is asked at once than the dashboard answers."""


class TooManyStreams(DashboardError):
    """A client listens to as many live streams as one client may."""


class UnderWay(DashboardError):
    """An erasure cannot be made now, because something else holds the partitions."""


class NotAllowed(DashboardError):
    """What only the holder of the admin token may do was asked for by somebody else."""


class RefusedToStart(DashboardError):
    """A setting would make the data public."""


class PageNotBuilt(DashboardError):
    """Node.js is missing, the npm registry does not answer, or the build failed; the message says which."""
