"""Shows the tables of a run in the terminal, writes them as Markdown, and keeps those of the README up to date."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks.harness.machine import Facts
from benchmarks.harness.tables import Table

RESULTS: Final = Path(__file__).parents[1] / "results.md"
README: Final = Path(__file__).parents[1] / "README.md"
BEGIN: Final = "<!-- figures: written by `python -m benchmarks --write` -->"
END: Final = "<!-- end of figures -->"


def show(console: Console, table: Table) -> None:
    """Print a table."""
    shown = RichTable(title=table.title, title_justify="left", caption=table.note, caption_justify="left")
    for place, column in enumerate(table.columns):
        is_name = place < table.names
        shown.add_column(column, justify="left" if is_name else "right", no_wrap=is_name)
    for row in table.rows:
        shown.add_row(*row)
    console.print(shown)


def markdown(facts: Facts, tables: Sequence[Table], level: int = 2) -> str:
    """Return a run as Markdown: what it was made on, then its tables."""
    head = "".join(f"- {name}: {value}\n" for name, value in facts.items())
    return head + "".join(_section(table, level) for table in tables)


def write_results(text: str, path: Path = RESULTS) -> None:
    """Write the results of the latest run."""
    path.write_text(f"# Results of the latest benchmark\n\n{text}")


def write_figures(text: str, path: Path = README) -> None:
    """Replace the figures between the marks in a document; raises ValueError when it has no marks."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path.name} has no figures to replace: it lacks `{BEGIN}` or `{END}`")
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}")


def _section(table: Table, level: int) -> str:
    rule = ["---" if place < table.names else "--:" for place in range(len(table.columns))]
    lines = [f"| {' | '.join(cells)} |" for cells in (table.columns, rule, *table.rows)]
    return f"\n{'#' * level} {table.title}\n" + "\n".join(lines) + f"\n\n{table.note}\n"
