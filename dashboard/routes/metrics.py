"""Routes of the metrics: the catalogue, one metric or all of them for a window, and files."""

import io
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
from fastapi import APIRouter, Path, Query
from fastapi.responses import Response
from pyarrow import csv, parquet

from dashboard.catalogue import BY_NAME, METRICS
from dashboard.errors import NotThere
from dashboard.protection.query_queue import all_of
from dashboard.queries.client import ClickHouseReader
from dashboard.queries.filters import VIEW_PARAMETERS, select
from dashboard.queries.time_range import Absent, Window, WindowQuery
from dashboard.routes.dependencies import Clock, ReaderNow
from dashboard.routes.problems import described
from dashboard.routes.schemas import (
    Catalogue,
    DashboardResponse,
    MetricResponse,
    MetricRows,
    MetricSchema,
    Rows,
    WindowSchema,
)

CSV: Final = "text/csv"
PARQUET: Final = "application/vnd.apache.parquet"
FORMULA: Final = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"
Format = Literal["json", "csv", "parquet"]
FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The rows.",
        "content": {
            CSV: {"schema": {"type": "string"}, "example": '"messages","end_user_messages","agent_messages"\n12,7,5\n'},
            PARQUET: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
MetricName = Annotated[
    str, Path(description="The name of a metric in the catalogue.", examples=["total_messages"], max_length=100)
]

router = APIRouter(prefix="/api", tags=["metrics"])


class ComparedQuery(WindowQuery):
    """A window, and whether to compare with the previous period."""

    compare: Literal["previous"] | Absent = None

    def windows(self, now_ms: int) -> tuple[Window, Window | None]:
        """Return the window, and the one before it if it is requested."""
        window = self.window(now_ms)
        return window, window.previous() if self.compare else None


class MetricQuery(ComparedQuery):
    """The parameters of one metric."""

    format: Format = "json"


@router.get("/metrics")
async def catalogue() -> Catalogue:
    """Return the catalogue: definition, columns, and the list behind each count of every metric."""
    return Catalogue(metrics=[MetricSchema.model_validate(metric) for metric in METRICS])


@router.get("/metrics/{name}", response_model=MetricResponse, responses={**FILES, **described(404, 422, 503)})
async def metric(
    name: MetricName, query: Annotated[MetricQuery, Query()], reader: ReaderNow, clock: Clock
) -> MetricResponse | Response:
    """Return the rows of one metric."""
    if name not in BY_NAME:
        raise NotThere(f"no metric has this name; allowed are {', '.join(BY_NAME)}")
    window, before = query.windows(clock())
    table, *earlier = await all_of(*(read_metric(reader, name, period) for period in (window, before) if period))
    previous = earlier[0] if earlier else None
    if query.format != "json":
        return as_file(name, query.format, table, previous)
    return MetricResponse(
        name=name,
        window=_window(window),
        rows=rows_of(table),
        previous_window=_window(before) if before else None,
        previous=rows_of(previous) if previous is not None else None,
    )


@router.get("/dashboard", responses=described(422, 503))
async def dashboard(query: Annotated[ComparedQuery, Query()], reader: ReaderNow, clock: Clock) -> DashboardResponse:
    """Return the rows of all metrics for one window."""
    window, before = query.windows(clock())
    names = list(BY_NAME)
    tables = await all_of(
        *(read_metric(reader, name, period) for period in (window, before) if period for name in names)
    )
    now, previous = tables[: len(names)], tables[len(names) :] or [None] * len(names)
    return DashboardResponse(
        window=_window(window),
        previous_window=_window(before) if before else None,
        metrics={
            name: MetricRows(rows=rows_of(one), previous=rows_of(other) if other is not None else None)
            for name, one, other in zip(names, now, previous, strict=True)
        },
    )


async def read_metric(reader: ClickHouseReader, name: str, window: Window) -> pa.Table:
    """Return the rows of a metric view; the name must be from the catalogue."""
    return await reader.table(select("*", f"{name}({VIEW_PARAMETERS})", []), window.parameters)


def rows_of(table: pa.Table) -> Rows:
    """Return the rows as JSON values."""
    return [{name: _plain(value) for name, value in row.items()} for row in table.to_pylist()]


def as_file(name: str, kind: Format, table: pa.Table, previous: pa.Table | None) -> Response:
    """Return the rows as a file to download."""
    if previous is not None:
        table = pa.concat_tables([_of_period("current", table), _of_period("previous", previous)])
    buffer = io.BytesIO()
    if kind == "csv":
        csv.write_csv(without_formulas(table), buffer)
    else:
        parquet.write_table(table, buffer)
    headers: Mapping[str, str] = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(buffer.getvalue(), 200, headers, CSV if kind == "csv" else PARQUET)


def without_formulas(table: pa.Table) -> pa.Table:
    """Put an apostrophe before texts that a spreadsheet would run as formulas; names come from producers."""
    for index, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            texts = table.column(index)
            safe = pc.if_else(
                pc.match_substring_regex(texts, FORMULA), pc.binary_join_element_wise("'", texts, ""), texts
            )
            table = table.set_column(index, field, safe)
    return table


def _of_period(period: str, table: pa.Table) -> pa.Table:
    return table.add_column(0, "period", pa.array([period] * table.num_rows, pa.string()))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _window(window: Window) -> WindowSchema:
    return WindowSchema(**window.shown())
