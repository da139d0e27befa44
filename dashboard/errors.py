"""The exceptions of this package, and what the caller can do.

DashboardError
├── BadParameter    the caller corrects the parameter
├── NotThere        the caller requests something else
├── Unavailable     the caller retries later; an operator checks ClickHouse
│   └── Overloaded  the caller retries later or requests less
├── TooManyStreams  the caller closes some live streams of its address
├── UnderWay        the caller retries after the current erasure has ended
├── NotAllowed      the caller needs the admin token
├── RefusedToStart  the operator changes a setting
└── PageNotBuilt    the developer installs what is missing or checks the network
"""


class DashboardError(Exception):
    """Base class of the exceptions of this package."""


class BadParameter(DashboardError):
    """A parameter has an invalid value."""

    def __init__(self, parameter: str, allowed: str) -> None:
        super().__init__(f"{parameter}: allowed is {allowed}")
        self.parameter = parameter
        self.allowed = allowed


class NotThere(DashboardError):
    """The requested path or object does not exist; the message names it."""


class Unavailable(DashboardError):
    """ClickHouse did not answer in time."""


class Overloaded(Unavailable):
    """Too many requests run or wait at once."""


class TooManyStreams(DashboardError):
    """A client has reached its limit of live streams."""


class UnderWay(DashboardError):
    """An erasure cannot start now: another command holds the partitions."""


class NotAllowed(DashboardError):
    """The request needs the admin token and came without it."""


class RefusedToStart(DashboardError):
    """A setting is invalid or would expose the data."""


class PageNotBuilt(DashboardError):
    """Node.js is missing, the npm registry does not answer, or the build failed; the message says which."""
