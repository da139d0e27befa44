"""The engine's functions, table functions and table engines that a statement may use.

These are allow-lists, so that anything new in a later version of the engine is refused until it is reviewed. What is
not listed reads files, connects to other programs or machines, or reveals something about this one: `file`,
dictionaries, models, AI, introspection, and every table function that reads from a source of its own.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

_CATEGORIES = (
    "Aggregate Functions", "Arithmetic", "Arrays", "Bit", "Bitmap", "Comparison", "Conditional", "Dates and Times",
    "Distance", "Encoding", "Encryption", "Financial", "Geo", "Geo Polygon", "Hash", "IP Address", "JSON", "Logical",
    "Map", "Mathematical", "Null", "NumericIndexedVector", "QBit", "Random Number", "Rounding", "String",
    "String Replacement", "String Search", "String Splitting", "Time Series", "Time Window", "Tuple",
    "Type Conversion", "URL", "UUID",
)  # fmt: skip
# Of the categories "Internal" and "Other".
_FUNCTIONS = (
    "_CAST", "caseWithExpression", "nested", "MACNumToString", "MACStringToNum", "MACStringToOUI", "bar",
    "blockNumber", "blockSerializedSize", "blockSize", "byteSize", "colorOKLABToSRGB", "colorOKLCHToSRGB",
    "colorSRGBToOKLAB", "colorSRGBToOKLCH", "countDigits", "currentDatabase", "currentProfiles", "currentQueryID",
    "currentRoles", "currentSchemas", "currentUser", "defaultValueOfArgumentType", "defaultValueOfTypeName", "digits",
    "displayName", "dumpColumnStructure", "errorCodeToName", "finalizeAggregation", "flipCoordinates", "formatQuery",
    "formatQueryOrNull", "formatQuerySingleLine", "formatQuerySingleLineOrNull", "formatReadableDecimalSize",
    "formatReadableQuantity", "formatReadableSize", "formatReadableTimeDelta", "getSetting", "getSettingOrDefault",
    "getSizeOfEnumType", "getSubcolumn", "hasColumnInTable", "identity", "ignore", "indexHint", "initialQueryID",
    "initialQueryStartTime", "initializeAggregation", "isConstant", "isDecimalOverflow", "lowCardinalityIndices",
    "lowCardinalityKeys", "materialize", "minSampleSizeContinuous", "minSampleSizeConversion", "neighbor",
    "normalizeQuery", "normalizeQueryKeepNames", "normalizedQueryHash", "normalizedQueryHashKeepNames",
    "parseISO8601Duration", "parseReadableSize", "parseReadableSizeOrNull", "parseReadableSizeOrZero",
    "parseTimeDelta", "partitionId", "queryID", "revision", "rowNumberInAllBlocks", "rowNumberInBlock",
    "runningAccumulate", "runningConcurrency", "runningDifference", "runningDifferenceStartingWithFirstValue",
    "shardCount", "shardNum", "sleep", "sleepEachRow", "throwIf", "toColumnTypeName", "toTypeName", "tokenizeQuery",
    "transform", "uptime", "variantElement", "variantType", "version", "visibleWidth",
)  # fmt: skip
# EXPLAIN in a subquery becomes `viewExplain`; the explained query is checked with the rest.
_TABLE_FUNCTIONS = (
    "numbers", "numbers_mt", "zeros", "zeros_mt", "generateSeries", "generate_series", "values", "null", "view",
    "viewExplain",
)  # fmt: skip
_TABLE_ENGINES = ("%MergeTree", "Memory", "Null", "View", "MaterializedView", "Log", "TinyLog", "StripeLog", "Atomic")

Rows = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Denied:
    """Names that a statement may not call, in lower case."""

    functions: frozenset[str]
    table_functions: frozenset[str]

    # The dump of a statement that writes does not tell functions, table functions and engines apart.
    in_writes: frozenset[str]


def denied(rows: Rows) -> Denied:
    """Return the names that the engine has and this module does not allow; `rows` runs a query for one text column."""
    functions = frozenset(
        rows(
            "SELECT lower(f.name) FROM system.functions AS f"  # noqa: S608  (our own words alone)
            " LEFT JOIN system.functions AS original ON original.name = f.alias_to"
            " WHERE if(f.alias_to = '', f.categories, original.categories)"
            f" NOT IN {_CATEGORIES} AND if(f.alias_to = '', f.name, f.alias_to) NOT IN {_FUNCTIONS}"
        )
    )
    table_functions = frozenset(
        rows(f"SELECT lower(name) FROM system.table_functions WHERE name NOT IN {_TABLE_FUNCTIONS}")  # noqa: S608
    )
    engines = rows(
        "SELECT lower(name) FROM"  # noqa: S608
        " (SELECT name FROM system.table_engines UNION ALL SELECT name FROM system.database_engines)"
        f" WHERE NOT arrayExists(allowed -> name LIKE allowed, {list(_TABLE_ENGINES)})"
    )
    allowed = frozenset(rows("SELECT lower(name) FROM system.functions")) - functions
    return Denied(functions, table_functions, (functions | table_functions | frozenset(engines)) - allowed)
