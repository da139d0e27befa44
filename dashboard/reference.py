"""`python -m dashboard.reference > docs/metrics.md`: write the reference of the metrics from the catalogue."""

import sys
import textwrap
from collections.abc import Iterator

from dashboard.catalogue import METRICS, Metric
from dashboard.catalogue.rules import RULES, WORDS

WIDTH = 120
INTRODUCTION = (
    "The views in `sql/metrics/`, the HTTP API, the page and the Grafana panels all show these numbers. This file is "
    "generated from the catalogue by `python -m dashboard.reference > docs/metrics.md`."
)


def reference() -> str:
    """Return the whole document."""
    parts = ["# The metrics", _wrapped(INTRODUCTION), "## Terms", *_words(), "## Rules for all metrics", *_rules()]
    for metric in METRICS:
        parts += _metric(metric)
    return "\n\n".join(parts) + "\n"


def _words() -> Iterator[str]:
    yield "\n".join(_wrapped(f"- **{word}**: {meaning}", "  ") for word, meaning in WORDS)


def _rules() -> Iterator[str]:
    yield "\n".join(_wrapped(f"{number}. {rule}", "   ") for number, rule in enumerate(RULES, 1))


def _metric(metric: Metric) -> Iterator[str]:
    yield f"## {metric.title}"
    opens = f", drills down into `{metric.drill_down_of}`" if metric.drill_down_of else ""
    yield f"View `{metric.name}`{opens}."
    yield _wrapped(metric.definition)
    rows = [f"| `{c.name}` | {c.unit} | {c.meaning} | {_behind(metric, c.name)} |" for c in metric.columns]
    yield "\n".join(["| column | unit | meaning | list |", "|---|---|---|---|", *rows])
    left_out = [item.text for item in metric.left_out]
    yield "\n".join(["Not counted:", *(_wrapped(f"- {text}", "  ") for text in left_out)])
    filled = [f"- `{source.argument}`: `{source.example}`" for source in metric.filled_by]
    yield "\n".join(["Filled by:", *filled])


def _behind(metric: Metric, name: str) -> str:
    link = next(column.link for column in metric.columns if column.name == name)
    if link is None:
        return ""
    filters = [f"`{key}={value}`" for key, value in link.filters.items()]
    return " ".join([link.list, *filters, *(f"`{key}`" for key in link.from_row)])


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sys.stdout.write(reference())
