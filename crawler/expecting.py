"""What the registry expects of a healthy portal, held against what a finished crawl left in the archive."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.database import ArchiveDatabase
from archive.records import Issue

_WEEKS = 4


def unexpected(
    db: ArchiveDatabase,
    expect: Mapping[str, Mapping[str, float]],
    summary: Mapping[str, Any],
    now: datetime | None = None,
) -> tuple[list[str], list[str]]:
    """Return what is below the least and what is above the most that is expected, in words.

    *summary* is that of a crawl that finished: one that was cut short has not seen enough to judge by.
    What cannot be measured (a share of no articles) is below no bound but that of `articles`.
    """
    low, high = [], []
    for side, bounds in expect.items():
        for name, bound in bounds.items():
            value = measure(db, name, summary, now or datetime.now(UTC))
            if value is None:
                continue
            if side == "min" and value < bound:
                low.append(f"{name} is {value:.4g}, expected at least {bound:g}")
            elif side == "max" and value > bound:
                high.append(f"{name} is {value:.4g}, expected at most {bound:g}")
    return low, high


def measure(db: ArchiveDatabase, name: str, summary: Mapping[str, Any], now: datetime) -> float | None:
    """Return one of `crawler.registry_file.MEASURES` for the portal of *summary*; None is no value."""
    key = summary["portal"]
    if name == "requests_per_article":
        value = summary["requests_per_article"]
        return float(value) if value is not None else None
    if name == "articles_per_week":
        # published_at is ISO in local time or a bare day: days compare as text.
        since = (now - timedelta(weeks=_WEEKS)).date().isoformat()
        (count,) = db.execute(
            "SELECT count(*) FROM articles WHERE portal_key = ? AND published_at >= ?", [key, since]
        ).fetchone()
        return float(count) / _WEEKS
    column = name.removeprefix("with_")
    (articles, having) = db.execute(
        f"SELECT count(*), coalesce(sum(coalesce({_COLUMNS[column]}, '') <> ''), 0) FROM articles"
        " WHERE portal_key = ? AND status <> 'gone'",
        [key],
    ).fetchone()
    if name == "articles":
        return float(articles)
    return having / articles if articles else None


# Names of the registry to columns, never text of a file into SQL.
_COLUMNS = {
    "articles": "title", "published_at": "published_at", "lead": "lead", "byline": "byline",
    "source": "source", "section": "section",
}  # fmt: skip


def issues_of(portal_key: str, low: list[str], high: list[str]) -> list[Issue]:
    """Return the issues to keep of a portal that is not as it should be."""
    return [
        *(Issue("below_expectation", f"{portal_key}: {one}") for one in low),
        *(Issue("above_expectation", f"{portal_key}: {one}") for one in high),
    ]
