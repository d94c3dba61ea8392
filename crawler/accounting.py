"""The account of a crawl, written at its end into `crawls.counts`: the report that archive/runs.py reads."""

import logging
from typing import TYPE_CHECKING, Any

from archive.errors import KhoCongError
from crawler.completeness import summary
from crawler.manners import together
from crawler.reconcile import completeness

if TYPE_CHECKING:
    from crawler.session import Session

logger = logging.getLogger(__name__)

# They are fetched for their own sake, not to find articles.
FILES = ("attachment", "image")
_REASONS = 20


def per_article(by_kind: dict[str, int], articles: int) -> float | None:
    """Return the requests an article met in a run, beside those for files; None without an article."""
    requests = sum(count for kind, count in by_kind.items() if kind not in FILES)
    return round(requests / articles, 2) if articles else None


def counts_of(session: "Session") -> dict[str, Any]:
    """Return what `crawls.counts` keeps of a session that is closing; no host is asked.

    `gone` are articles found gone in this run; `failures` counts the URLs that it gave up, by reason;
    `completeness` is there for runs that finished: others have not seen enough.
    """
    tally = session.tally
    db = session.store.db
    (gone,) = db.execute(
        "SELECT count(DISTINCT article_id) FROM events WHERE portal_key = ? AND crawl_id = ?"
        " AND kind = 'gone' AND at >= (SELECT started_at FROM crawls WHERE crawl_id = ?)",
        [session.portal.key, session.crawl_id, session.crawl_id],
    ).fetchone()
    failures = dict(
        db.execute(
            "SELECT reason, count(*) FROM urls WHERE portal_key = ? AND state = 'failed' AND fetched_at >="
            " (SELECT started_at FROM crawls WHERE crawl_id = ?) GROUP BY reason ORDER BY 2 DESC LIMIT ?",
            [session.portal.key, session.crawl_id, _REASONS],
        ).fetchall()
    )
    return {
        **tally.as_dict(),
        "urls": session.counts,
        "in_archive": session.articles_in_archive,
        "requests_per_article": per_article(tally.by_kind, tally.articles),
        "gone": gone,
        "failures": failures,
        "politeness": together(session.gates.manners()),
        "completeness": _completeness(session) if session.reason == "finished" else None,
    }


def _completeness(session: "Session") -> dict[str, Any] | None:
    try:
        report = completeness(session.store.db, session.portal)
    except KhoCongError as error:
        # A damaged sitemap capture is `verify`'s to tell; the crawl did what it was for.
        logger.warning("how complete %s is could not be found out: %s", session.portal.key, error)
        return None
    sitemap = report.sitemap
    return {
        "summary": summary(report),
        "articles": report.articles,
        "waiting": report.waiting,
        "sitemap_urls": sitemap.urls if sitemap else None,
        "sitemap_missing": len(sitemap.missing) if sitemap else None,
        "ids_missing": report.ids.missing_count if report.ids and report.ids.telling else None,
    }
