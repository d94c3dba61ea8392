"""Bar charts as numbers: templates draw them as SVG, so that no plot needs a script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH = 600
HEIGHT = 120
_GAP = 0.15
# A bar of one article beside one of ten thousand must still be seen and clicked.
_LEAST_HEIGHT = 2.0
# One day alone is a column, not a wall: charts of fewer bars are drawn narrower.
_FEW = 12


@dataclass(frozen=True, slots=True)
class Bar:
    """One column: `x`, `y`, `width`, `height` in the units of the drawing; `href` narrows to it, or ""."""

    label: str
    value: float
    x: float
    y: float
    width: float
    height: float
    href: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart of `bars` over `width` by `height`, its highest value, and the address of its data as CSV."""

    bars: tuple[Bar, ...]
    highest: float
    csv: str = ""
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def is_narrow(self) -> bool:
        """Say whether the chart has so few bars that a whole line would make walls of them."""
        return len(self.bars) < _FEW

    @property
    def first(self) -> str:
        """The label of the first bar."""
        return self.bars[0].label

    @property
    def last(self) -> str:
        """The label of the last bar."""
        return self.bars[-1].label


def bars(
    points: Sequence[tuple[str, float]],
    href: Callable[[str], str] = lambda _: "",
    csv: str = "",
    *,
    highest: float | None = None,
) -> Plot | None:
    """Return the chart of (label, value) *points*, None for none; *href* gives the address of a label."""
    if not points:
        return None
    top = highest or max(value for _, value in points) or 1
    step = WIDTH / len(points)
    drawn = []
    for place, (label, value) in enumerate(points):
        height = max(_LEAST_HEIGHT, HEIGHT * min(value, top) / top) if value else 0.0
        drawn.append(
            Bar(
                label=label,
                value=value,
                x=round(place * step + step * _GAP / 2, 2),
                y=round(HEIGHT - height, 2),
                width=round(step * (1 - _GAP), 2),
                height=round(height, 2),
                href=href(label),
            )
        )
    return Plot(tuple(drawn), top, csv)


def months(counts: Sequence[tuple[str, float]], most: int = 120) -> list[tuple[str, float]]:
    """Return counts by "YYYY-MM" with the empty months between filled in; the last *most* months.

    >>> months([("2021-12", 3), ("2022-02", 1)])
    [('2021-12', 3), ('2022-01', 0), ('2022-02', 1)]
    """
    known = {label: value for label, value in counts if _number(label) is not None}
    numbers = sorted(number for label in known if (number := _number(label)) is not None)
    if not numbers:
        return []
    first = max(numbers[0], numbers[-1] - most + 1)
    spelled = [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(first, numbers[-1] + 1)]
    return [(label, known.get(label, 0)) for label in spelled]


def years(counts: Sequence[tuple[str, float]], most: int = 60) -> list[tuple[str, float]]:
    """Return counts by "YYYY" with the empty years between filled in; the last *most* years."""
    known = {int(label): value for label, value in counts if label.isdecimal() and len(label) == 4}
    if not known:
        return []
    first = max(min(known), max(known) - most + 1)
    return [(f"{year:04}", known.get(year, 0)) for year in range(first, max(known) + 1)]


def _number(label: str) -> int | None:
    year, _, month = label.partition("-")
    if not (year.isdecimal() and len(year) == 4 and month.isdecimal() and 1 <= int(month) <= 12):
        return None
    return int(year) * 12 + int(month) - 1
