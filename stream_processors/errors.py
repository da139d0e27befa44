"""The exceptions of the stream processors; each class says who must act.

ProcessorError
├── InvalidRecord            the record becomes a dead letter, with this error's text as its reason
├── UnreadableRecords        a batch is damaged or exceeds a bound: one dead letter stands for its records
├── StaleOwner               another worker has claimed the partition: claim it again, or release it
├── LogChanged               the partition's log is a different one: decide again where to start
├── BlockRefused             ClickHouse refuses a call whatever its load: an operator has to fix the cause
├── MaintenanceUnderWay      a maintenance command holds the partition: wait, then claim
├── PartitionCountUnsettled  a flush from before partitions were added is not written yet: wait, then claim
├── SchemaMismatch           the schema has another version: the operator runs `python -m sql apply`
├── GeolocationDatabaseError the GeoIP database cannot be used: the operator changes the setting
├── FoldVersionMismatch      the facts have another fold version: the operator runs `rebuild`
└── OperatorError            a command cannot continue; the text says what to do next
"""


class ProcessorError(Exception):
    """The root of all errors of the stream processors."""


class InvalidRecord(ProcessorError):
    """A record violates the contract; `code` is one of `decode.REASON_CODES`, the text names the field."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class UnreadableRecords(ProcessorError):
    """The records of a batch cannot be read within the limits; the text says why."""


class StaleOwner(ProcessorError):
    """The fence refused a write: the partition has a later claim."""


class LogChanged(ProcessorError):
    """Offsets went back, or another record is at an offset that was read before."""


class BlockRefused(ProcessorError):
    """ClickHouse refused a call for a reason that is neither the network nor its load; `code` is its error code.

    The text may quote what was sent. Show it to the operator at a terminal, and never log it.
    """

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code


class MaintenanceUnderWay(ProcessorError):
    """A maintenance command (`rebuild`, `audit --repair`) holds the partition for now."""


class PartitionCountUnsettled(ProcessorError):
    """The partition count has changed, and another partition has not written all flushes from before."""


class SchemaMismatch(ProcessorError):
    """The database has another schema version than the one that this worker writes."""


class FoldVersionMismatch(ProcessorError):
    """The partition's facts were written by another fold version."""


class TooManyEvents(ProcessorError):
    """More events are to be loaded than memory should hold at once."""


class OperatorError(ProcessorError):
    """A command cannot continue; the text is for the operator."""


class GeolocationDatabaseError(ProcessorError):
    """The database cannot be used; the text says why and which setting to change."""
