"""A week as 7 x 24 cells, the darker the more happened; told by characters, and by colours where there are any."""

from collections.abc import Mapping
from typing import Final

from rich.text import Text

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SHADES: Final = (" ", "·", "░", "▒", "▓", "█")
_STYLES: Final = ("", "grey50", "blue", "cyan", "yellow", "bright_red")

# A count by weekday (1 is Monday) and hour.
Cells = Mapping[tuple[int, int], int]


def heat_map(cells: Cells) -> Text:
    """The map with its hours above it and the sums of the weekdays beside it."""
    most = max(cells.values())
    text = Text("     " + "".join(f"{hour:<6}" for hour in range(0, 24, 3)) + "   sum\n", style="dim")
    for weekday, name in enumerate(WEEKDAYS, 1):
        text.append(f"{name}  ", style="dim")
        for hour in range(24):
            shade = _shade(cells[weekday, hour], most)
            text.append(_SHADES[shade] * 2, style=_STYLES[shade])
        text.append(f"{sum(cells[weekday, hour] for hour in range(24)):>6,}\n")
    return text.append_text(_legend(cells, most))


def _shade(count: int, most: int) -> int:
    """Nothing is 0; everything else is spread over the other shades."""
    steps = len(_SHADES) - 1
    return 0 if count == 0 else min(steps, 1 + steps * (count - 1) // most)


def _legend(cells: Cells, most: int) -> Text:
    weekday, hour = max(cells, key=lambda cell: cells[cell])
    text = Text("     from few ", style="dim")
    for shade in range(1, len(_SHADES)):
        text.append(_SHADES[shade] * 2, style=_STYLES[shade])
    return text.append(f" to many; most: {most:,} on {WEEKDAYS[weekday - 1]} from {hour:02d}:00", style="dim")
