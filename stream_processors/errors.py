"""The exceptions of the stream processors; each class says who acts on it.

ProcessorError
├── InvalidRecord         the record becomes a dead letter, with this error's text as its reason
├── UnreadableRecords     a batch is damaged or exceeds a bound: one dead letter stands for its records
├── StaleOwner            another worker has claimed the partition: claim again, or let go
├── LogChanged            the partition's log is another one: decide anew where to go on
├── BlockRefused          ClickHouse refuses a call whatever the load: the partition waits for a person, loudly
├── MaintenanceUnderWay   a maintenance command holds the partition: wait, then claim
├── LayoutUnsettled       a flush from before partitions were added has yet to land: wait, then claim
├── SchemaMismatch        the schema is of another version: the operator runs `python -m sql apply`
├── GeolocationDatabaseError the database of places cannot be used: the operator changes the setting
├── FoldVersionMismatch   the facts were written by another fold: the operator runs `rebuild`
└── OperatorError         a command cannot do what was asked; the text says what to do next
"""


class ProcessorError(Exception):
    """The root of all errors of the stream processors."""


class InvalidRecord(ProcessorError):
    """A record breaks the contract; `code` is one of `decode.REASON_CODES`, the text names the field."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class UnreadableRecords(ProcessorError):
    """The records of a batch cannot be read, or not within the bounds; the text says why."""


class StaleOwner(ProcessorError):
    """The fence refused a write: the partition has a later claim than ours."""


class LogChanged(ProcessorError):
    """Offsets went back, or another record stands where one was read before."""


class BlockRefused(ProcessorError):
    """ClickHouse refused a call for a reason that is neither the network nor its load; `code` is its error code.

    The text may quote what was sent, so it is for the person at a terminal and never for a log.
    """

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class MaintenanceUnderWay(ProcessorError):
    """A maintenance command (`rebuild`, `audit --repair`) holds the partition for now."""


class LayoutUnsettled(ProcessorError):
    """The topic's number of partitions has changed, and another partition has not written all from before."""


class SchemaMismatch(ProcessorError):
    """The database has another version of the schema than the one that this worker writes."""


class FoldVersionMismatch(ProcessorError):
    """The partition's facts were written by another fold version."""


class TooManyEvents(ProcessorError):
    """More events of conversations are to be read back than memory should hold at once."""


class OperatorError(ProcessorError):
    """A command cannot go on; its text is meant for the person who typed it."""


class GeolocationDatabaseError(ProcessorError):
    """The database cannot be used; the text says why and which setting to change."""
