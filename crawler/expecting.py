"""A crawl has ended: it is held against what the registry expects of its portal, and what is usual there."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from archive.database import ArchiveDatabase
from archive.drift.watching import Told, watch
from archive.records import Issue
from archive.store import Store
from crawler import registry
from crawler.connecting import certificates_of
from crawler.telling import TELLER

logger = logging.getLogger(__name__)

_WEEKS = 4


def judged(store: Store, crawl_id: int, summary: dict[str, Any]) -> dict[str, Any]:
    """Judge a crawl that has ended, and return its summary with what is to be told of it.

    Below the least that the registry expects it failed. "alarms" and "recovered" say what rose and ended.
    """
    key = summary["portal"]
    config = registry.find_readable(key)
    low: list[str] | None = None
    high: list[str] | None = None
    if config is not None and config.expect and summary["reason"] == "finished":
        low, high = unexpected(store.db, config.expect, summary)
        store.note_issues(crawl_id, key, issues_of(key, low, high))
        reason = f"failed: {'; '.join(low)}" if low else summary["reason"]
        summary = {**summary, "reason": reason, "unexpected": [*low, *high]}
    told = _watched(store, crawl_id, key, low, high) if summary["reason"] != "interrupted" else Told()
    TELLER.soon(store, news=bool(told.raised or told.recovered))
    return {
        **summary,
        "alarms": [
            {"kind": one.kind, "severity": one.severity, "summary": one.summary} for one in told.raised
        ],
        "recovered": [one.kind for one in told.recovered],
    }


def _watched(store: Store, crawl_id: int, key: str, low: list[str] | None, high: list[str] | None) -> Told:
    try:
        (hosts,) = store.db.execute("SELECT hosts FROM portals WHERE portal_key = ?", [key]).fetchone()
        met = certificates_of(json.loads(hosts))
        return watch(store.db, crawl_id, datetime.now(UTC), low=low, high=high, met=met)
    except Exception:  # the boundary of judging: what was crawled is kept, whatever the judge meets
        logger.exception("crawl %s of %s could not be judged", crawl_id, key)
        return Told()


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
    if name == "days_without_article":
        (last,) = db.execute(
            "SELECT max(published_at) FROM articles WHERE portal_key = ? AND published_at <= ?",
            [key, now.date().isoformat() + "T99"],
        ).fetchone()
        return float((now.date() - datetime.fromisoformat(last[:10]).date()).days) if last else None
    if name == "body_chars":
        (mean,) = db.execute(
            "SELECT avg(n) FROM (SELECT length(text) AS n FROM articles WHERE portal_key = ?"
            " ORDER BY published_at DESC LIMIT 50)",
            [key],
        ).fetchone()
        return float(mean) if mean is not None else None
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
    "articles": "title", "title": "title", "published_at": "published_at", "lead": "lead", "byline": "byline",
    "source": "source", "section": "section",
}  # fmt: skip


def issues_of(portal_key: str, low: list[str], high: list[str]) -> list[Issue]:
    """Return the issues to keep of a portal that is not as it should be."""
    return [
        *(Issue("below_expectation", f"{portal_key}: {one}") for one in low),
        *(Issue("above_expectation", f"{portal_key}: {one}") for one in high),
    ]
