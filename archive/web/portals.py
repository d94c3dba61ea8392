"""A portal as a reader sees it: whom it speaks for, its hosts and their life, its crawls, what went wrong."""

import json
import sqlite3
from collections import Counter

from archive.attribution.facts import place_on
from archive.records import Json
from archive.web.plots import Plot, bars, months
from archive.web.reading import rows

SHOWN = 20
CHROME_SHOWN = 25
CHROME_ARTICLES = 60
# A run that brought less or more than the registry expects of the portal says so under these names.
ALARMS = frozenset({"below_expectation", "above_expectation", "drift"})
# The hosts of a portal are few; its captures may be millions. The last so many tell how a host lives.
SAMPLE = 20_000
BY_MONTH = (
    "SELECT substr(published_at, 1, 7), count(*) FROM articles INDEXED BY articles_by_portal_published "
    "WHERE portal_key = ? AND published_at IS NOT NULL GROUP BY 1"
)


def portal(conn: sqlite3.Connection, key: str) -> Json | None:
    """Return everything about a portal that SQL alone can tell, or None for an unknown key."""
    found = rows(conn, "SELECT * FROM portals WHERE portal_key = ?", (key,))
    if not found:
        return None
    one = found[0]
    (totals,) = rows(
        conn,
        "SELECT count(*) AS articles, min(published_at) AS first, max(published_at) AS last FROM articles "
        "INDEXED BY articles_by_portal_published WHERE portal_key = ?",
        (key,),
    )
    ledger = rows(
        conn,
        "SELECT state, kind, count(*) AS urls FROM urls INDEXED BY urls_by_state WHERE portal_key = ? "
        "GROUP BY state, kind ORDER BY state, urls DESC",
        (key,),
    )
    # The detail beside max(at) is that of the last issue of its kind: SQLite says so of a bare column.
    issues = rows(
        conn,
        "SELECT kind, count(*) AS times, max(at) AS at, detail FROM issues "
        "WHERE portal_key = ? GROUP BY kind ORDER BY times DESC LIMIT ?",
        (key, SHOWN),
    )
    by_month = [(month, float(count)) for month, count in conn.execute(BY_MONTH, (key,))]
    return {
        **one,
        **totals,
        "place": place_on(one["jurisdiction"], None),
        "hosts": hosts(conn, key, json.loads(one["hosts"])),
        "crawls": crawls(conn, key),
        "ledger": ledger,
        "states": _states(ledger),
        "failures": rows(
            conn,
            "SELECT state, reason, count(*) AS urls FROM urls WHERE portal_key = ? AND state IN "
            "('failed', 'gone') "
            "GROUP BY state, reason ORDER BY urls DESC LIMIT ?",
            (key, SHOWN),
        ),
        "sitemap": _sitemap(conn, key),
        "issues": [one for one in issues if one["kind"] not in ALARMS],
        "alarms": [one for one in issues if one["kind"] in ALARMS],
        "chrome": _chrome(conn, key),
        "months": bars(
            months(by_month),
            lambda month: f"/tim?portal={key}&year={month}",
            f"/cong/{key}/bai.csv",
        ),
        "deletions": bars(
            months([(month, float(count)) for month, count in deletions(conn, key)]),
            csv=f"/cong/{key}/mat.csv",
        ),
    }


def _states(ledger: list[Json]) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for row in ledger:
        counts[row["state"]] = counts.get(row["state"], 0) + row["urls"]
    return sorted(counts.items(), key=lambda item: -item[1])


def hosts(conn: sqlite3.Connection, key: str, known: list[str]) -> list[Json]:
    """Return each host of a portal with what it last answered: seen since, good, redirecting, failing."""
    found = rows(
        conn,
        "SELECT host, min(captured_at) AS first, max(captured_at) AS last, sum(status BETWEEN 200 "
        "AND 299) AS good, "
        "sum(status BETWEEN 300 AND 399 AND status <> 304) AS moved, sum(status >= 400) AS bad, "
        "avg(elapsed_s) AS elapsed_s FROM (SELECT c.captured_at, c.status, c.elapsed_s, "
        "substr(rest, 1, instr(rest || '/', '/') - 1) AS host FROM (SELECT c.captured_at, c.status, "
        "c.elapsed_s, "
        "substr(c.url, instr(c.url, '://') + 3) AS rest FROM urls AS u JOIN captures AS c USING (url_id) "
        "WHERE u.portal_key = ? LIMIT ?) AS c) GROUP BY host ORDER BY last DESC",
        (key, SAMPLE),
    )
    met = {one["host"] for one in found}
    unseen = {"first": None, "last": None, "good": 0, "moved": 0, "bad": 0, "elapsed_s": None}
    return [*found, *({**unseen, "host": host} for host in known if host not in met)]


def crawls(conn: sqlite3.Connection, key: str) -> list[Json]:
    """Return the last crawls with how many answers were good, and the mean time of an answer."""
    found = rows(
        conn,
        "SELECT crawl_id, purpose, started_at, ended_at, reason, requests, counts FROM crawls "
        "WHERE portal_key = ? ORDER BY crawl_id DESC LIMIT ?",
        (key, SHOWN),
    )
    for one in found:
        one["counts"] = json.loads(one["counts"])
    return found


def health(conn: sqlite3.Connection, key: str) -> list[tuple[str, float, float | None]]:
    """Return (day, percent of good answers, mean seconds of an answer) of the portal's last captures."""
    found: list[tuple[str, float, float | None]] = conn.execute(
        "SELECT substr(c.captured_at, 1, 10) AS day, round(100.0 * sum(c.status < 400) / count(*), 1), "
        "round(avg(c.elapsed_s), 3) FROM (SELECT c.captured_at, c.status, c.elapsed_s FROM urls AS u "
        "JOIN captures AS c USING (url_id) WHERE u.portal_key = ? LIMIT ?) AS c GROUP BY day ORDER BY day",
        (key, SAMPLE),
    ).fetchall()
    return found[-90:]


def whole_health(conn: sqlite3.Connection) -> list[tuple[str, float, float | None]]:
    """Return what `health` does of all portals together, of the archive's last captures."""
    found: list[tuple[str, float, float | None]] = conn.execute(
        "SELECT substr(captured_at, 1, 10) AS day, round(100.0 * sum(status < 400) / count(*), 1), "
        "round(avg(elapsed_s), 3) FROM captures "
        "WHERE capture_id > (SELECT coalesce(max(capture_id), 0) FROM captures) - ? GROUP BY day "
        "ORDER BY day",
        (SAMPLE,),
    ).fetchall()
    return found[-90:]


def health_plots(days: list[tuple[str, float, float | None]], csv: str) -> tuple[Plot | None, Plot | None]:
    """Return the charts of good answers in percent and of the mean time of an answer, by day."""
    timed = [(day, seconds) for day, _, seconds in days if seconds is not None]
    return bars([(day, good) for day, good, _ in days], csv=csv, highest=100), bars(timed, csv=csv)


def deletions(conn: sqlite3.Connection, key: str | None) -> list[tuple[str, int]]:
    """Return (month, articles that were found gone in it) of a portal, or of all for None."""
    where, params = ("portal_key = ? AND ", (key,)) if key else ("", ())
    found: list[tuple[str, int]] = conn.execute(
        f"SELECT substr(at, 1, 7) AS month, count(DISTINCT article_id) FROM events WHERE {where}kind "
        f"= 'gone' "
        "AND article_id IS NOT NULL GROUP BY month ORDER BY month",
        params,
    ).fetchall()
    return found


def _sitemap(conn: sqlite3.Connection, key: str) -> Json | None:
    (dated, done) = conn.execute(
        "SELECT count(lastmod), coalesce(sum(lastmod IS NOT NULL AND state = 'done'), 0) FROM urls "
        "WHERE portal_key = ?",
        (key,),
    ).fetchone()
    return {"dated": dated, "done": done} if dated else None


def _chrome(conn: sqlite3.Connection, key: str) -> Json | None:
    """Return what was learned (marks only, texts are not kept) and what was cut from the newest articles."""
    found = rows(conn, "SELECT pages, model, updated_at FROM chrome_models WHERE portal_key = ?", (key,))
    cut: Counter[tuple[str, str]] = Counter()
    for (removed,) in conn.execute(
        "SELECT r.removed FROM articles AS a INDEXED BY articles_by_portal_published "
        "JOIN revisions AS r USING (revision_id) WHERE a.portal_key = ? ORDER BY a.published_at DESC LIMIT ?",
        (key, CHROME_ARTICLES),
    ):
        cut.update({(text[:200], why) for text, why in _removed(removed)})
    if not found and not cut:
        return None
    model = json.loads(found[0]["model"]) if found else {}
    return {
        "pages": found[0]["pages"] if found else 0,
        "marks": len(model.get("chrome") or ()),
        "blocks": [(text, why, count) for (text, why), count in cut.most_common(CHROME_SHOWN) if count > 1],
    }


def _removed(stored: str) -> list[tuple[str, str]]:
    return [(str(text), str(reason)) for reason, _path, text in json.loads(stored) if text]
