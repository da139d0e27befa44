"""Draw a week as 7 x 24 cells, darker where more happened: in characters, and in colours on a terminal."""

from collections.abc import Mapping
from typing import Final

from rich.text import Text

from examples.demo.formatting import WEEKDAYS

_SHADES: Final = (" ", "·", "░", "▒", "▓", "█")
_STYLES: Final = ("", "grey50", "blue", "cyan", "yellow", "bright_red")

# A count by weekday (1 is Monday) and hour.
Cells = Mapping[tuple[int, int], int]


def draw_week(cells: Cells) -> Text:
    """Return the map, with the hours above it and the sum of each weekday beside it."""
    most = max(cells.values())
    text = Text("     " + "".join(f"{hour:<6}" for hour in range(0, 24, 3)) + "   sum\n", style="dim")
    for weekday, name in enumerate(WEEKDAYS, 1):
        text.append(f"{name}  ", style="dim")
        for hour in range(24):
            shade = _shade(cells[weekday, hour], most)
            text.append(_SHADES[shade] * 2, style=_STYLES[shade])
        text.append(f"{sum(cells[weekday, hour] for hour in range(24)):>6,}\n")
    weekday, hour = max(cells, key=lambda cell: cells[cell])
    return text.append(f"     most: {most:,} on {WEEKDAYS[weekday - 1]} from {hour:02d}:00\n", style="dim")


def _shade(count: int, most: int) -> int:
    """Return 0 for no count; spread all others over the other shades."""
    steps = len(_SHADES) - 1
    return 0 if count == 0 else min(steps, 1 + steps * (count - 1) // most)
