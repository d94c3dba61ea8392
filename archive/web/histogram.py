"""When the articles of a search were published: years, the months of one year, the days of one month."""

import re
from calendar import monthrange

from archive.search.results import Results
from archive.web.asking import Asked
from archive.web.plots import Plot, bars, years

_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


def histogram(asked: Asked, results: Results) -> Plot | None:
    """Return the chart beside the results, None where one bar would say nothing."""
    found = points(asked, results)
    if len(found) < 2:
        return None
    return bars(
        found,
        lambda label: asked.address(year=[label], after=None, before=None),
        asked.address("/tim/nam.csv"),
    )


def period(asked: Asked) -> int:
    """Return how many letters of a date tell the bars of the chart apart, 0 where these are years."""
    chosen = asked.filters.get("year", [])
    if len(chosen) != 1:
        return 0
    return 7 if _YEAR.fullmatch(chosen[0]) else 10 if _MONTH.fullmatch(chosen[0]) else 0


def points(asked: Asked, results: Results) -> list[tuple[str, float]]:
    """Return (year, month or day, articles) of what the facets counted, gaps filled with zeros."""
    if results.facets is None:
        return []
    length, counts = period(asked), results.facets.periods
    chosen = asked.filters.get("year", [""])[0]
    if not length:
        return years([(label, float(count)) for label, count in results.facets.values.get("year", ())])
    if length == 7:
        labels = [f"{chosen}-{number:02}" for number in range(1, 13)]
    else:
        year, number = int(chosen[:4]), int(chosen[5:])
        if not (year >= 1 and 1 <= number <= 12):
            return []
        labels = [f"{chosen}-{day:02}" for day in range(1, monthrange(year, number)[1] + 1)]
    return [(label, counts.get(label, 0)) for label in labels]
