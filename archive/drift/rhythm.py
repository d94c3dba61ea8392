"""How often a portal publishes, from the days of its own articles, and when its silence is out of the way."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import fmean

# A year of days shows Tết, summer and the slow weeks.
WINDOW = timedelta(days=400)
# Fewer days with news are no rhythm.
LEAST_DAYS = 10
# Whatever the rhythm: a week of silence is a holiday.
LEAST_SILENCE = 7


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The days between days with news: `mean` and `longest` pause; `days` with news, `last` the newest."""

    mean: float
    longest: int
    days: int
    last: date

    @property
    def silence_days(self) -> int:
        """After so many days without an article the portal is silent: twice its longest pause, and a week.

        Who publishes at random pauses for eight times the mean once in 3,000 times.
        """
        return max(LEAST_SILENCE, 2 * self.longest, round(8 * self.mean)) + 1


def rhythm_of(days: Sequence[date]) -> Rhythm | None:
    """Return the rhythm of a portal by its days with news; None where there are too few to tell."""
    found = sorted(set(days))
    if len(found) < LEAST_DAYS:
        return None
    pauses = [(later - earlier).days for earlier, later in pairwise(found)]
    return Rhythm(fmean(pauses), max(pauses), len(found), found[-1])


def rhythm(conn: sqlite3.Connection, portal: str, now: datetime) -> Rhythm | None:
    """Return the rhythm of a portal of the archive, as of *now*; days in the future are no news."""
    since = (now - WINDOW).date().isoformat()
    until = (now + timedelta(days=1)).date().isoformat()
    rows = conn.execute(
        "SELECT DISTINCT substr(published_at, 1, 10) FROM articles INDEXED BY articles_by_portal_published"
        " WHERE portal_key = ? AND published_at >= ? AND published_at <= ? AND length(published_at) >= 10",
        (portal, since, until),
    ).fetchall()
    return rhythm_of([day for (text,) in rows if (day := _day(text)) is not None])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
