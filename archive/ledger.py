"""The ledger: every URL a portal was seen to have, and what became of it (I2)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import get_args

from archive.database import ArchiveDatabase
from archive.ledger_links import Said, enter, says_more, telling
from archive.records import LeasedUrl, Link, Outcome, UrlState

STATES: tuple[UrlState, ...] = get_args(UrlState)

# What an outcome may make of a URL. A fetched URL was leased; captures that come from elsewhere (a WARC
# someone else made, an orphan of a crash) find it in any state. Only `reopen` leads back to pending from
# an end, so that a late outcome can never start a fetch.
ALLOWED: dict[str, frozenset[str]] = {
    "leased": frozenset({"pending", "done", "excluded", "failed", "gone"}),
    "pending": frozenset({"pending", "done", "excluded", "failed", "gone"}),
    "done": frozenset({"done", "gone"}),
    "gone": frozenset({"done", "gone"}),
    "failed": frozenset({"done", "failed", "gone"}),
    "excluded": frozenset({"excluded"}),
}

_REMEMBERED = 200_000
_LEASE = """
UPDATE urls SET state = 'leased', leased_by = ?
WHERE url_id IN (SELECT url_id FROM urls INDEXED BY urls_by_turn
                 WHERE portal_key = ? AND state = 'pending' AND not_before IS NULL
                 ORDER BY priority DESC, url_id LIMIT ?)
RETURNING url_id, portal_key, coalesce(fetch_url, url), kind, attempts, etag, last_modified, priority,
    urlkey
"""


class Ledger:
    """The `urls` table of one archive, opened for writing. Times are ISO 8601 in UTC, as `utc_now` gives."""

    def __init__(self, db: ArchiveDatabase) -> None:
        self.db = db
        # Urlkeys met lately with the best said of them: a page of 135 links repeats about 130 of them.
        self._met: dict[str, dict[str, Said]] = {}

    def seed(
        self,
        portal_key: str,
        links: Iterable[Link],
        *,
        discovered_from: int | None = None,
        now: str | None = None,
    ) -> int:
        """Enter *links* that are unknown; return how many were. Known ones keep their state.

        A known URL that is still pending takes the higher priority and the more telling kind. An excluded
        one stays excluded, however often it is met.
        """
        at = now or utc_now()
        met = self._met.get(portal_key, {})
        # Asked once more where it is the same word for word: nine links of ten of a page are.
        fresh = [
            link
            for link in links
            if (known := met.get(link.urlkey)) != (link.priority, link.kind, link.lastmod)
            and says_more(link, known)
        ]
        if not fresh:
            return 0
        try:
            with self.db.transaction() as connection:
                added = enter(connection, portal_key, fresh, discovered_from, at)
        except BaseException:
            self._met.clear()
            raise
        self._remember(portal_key, fresh)
        return added

    def unmet(self, portal_key: str, urlkeys: Iterable[str]) -> list[str]:
        """Return those of *urlkeys* that may be unknown: the table has to be asked of them."""
        met = self._met.get(portal_key, {})
        return [key for key in urlkeys if key not in met]

    def forget(self) -> None:
        """Drop what is remembered of the table; whoever rolls a transaction back must call it."""
        self._met.clear()

    def lease(self, portal_key: str, crawl_id: int, limit: int, now: str | None = None) -> list[LeasedUrl]:
        """Hand out up to *limit* pending URLs whose time has come, highest priority first, then oldest.

        They stay leased until an outcome is recorded, or `release_stale` at the next start.
        """
        with self.db.transaction() as connection:
            self._wake(portal_key, now or utc_now())
            rows = connection.execute(_LEASE, (crawl_id, portal_key, limit)).fetchall()
        rows.sort(key=lambda row: (-row[7], row[0]))
        return [LeasedUrl(*row) for row in rows]

    def _wake(self, portal_key: str, now: str) -> None:
        self.db.conn.execute(
            "UPDATE urls SET not_before = NULL"
            " WHERE portal_key = ? AND state = 'pending' AND not_before <= ?",
            (portal_key, now),
        )

    def release_stale(self, portal_key: str | None = None) -> int:
        """Put leased URLs back to pending (of one portal, or of all); return how many there were.

        For start-up, when nobody can be fetching them, and for a clean end before its limit.
        """
        with self.db.transaction() as connection:
            where, values = ("AND portal_key = ?", [portal_key]) if portal_key else ("", [])
            return connection.execute(
                f"UPDATE urls SET state = 'pending', leased_by = NULL WHERE state = 'leased' {where}", values
            ).rowcount

    def release(self, url_ids: Sequence[int]) -> int:
        """Put back URLs that were leased and never asked for."""
        with self.db.transaction() as connection:
            return connection.executemany(
                "UPDATE urls SET state = 'pending', leased_by = NULL WHERE url_id = ? AND state = 'leased'",
                [(url_id,) for url_id in url_ids],
            ).rowcount

    def demote(self, url_id: int, priority: int) -> None:
        """Put back a leased URL, to come with the URLs of *priority*."""
        with self.db.transaction() as connection:
            connection.execute(
                "UPDATE urls SET state = 'pending', leased_by = NULL, priority = min(priority, ?)"
                " WHERE url_id = ? AND state = 'leased'",
                (priority, url_id),
            )

    def reopen(self, portal_key: str, kinds: Sequence[str], states: Sequence[str] = ("done",)) -> int:
        """Make URLs of these kinds that had come to an end pending again, for a recrawl; return how many."""
        with self.db.transaction() as connection:
            return connection.execute(
                "UPDATE urls SET state = 'pending', reason = '', attempts = 0, not_before = NULL"
                f" WHERE portal_key = ? AND state IN ({_marks(states)}) AND kind IN ({_marks(kinds)})",
                [portal_key, *states, *kinds],
            ).rowcount

    def reopen_due(self, portal_key: str, priority: int, now: str | None = None) -> int:
        """Make known articles pending again whose time to be looked at has come; return how many."""
        with self.db.transaction() as connection:
            return connection.execute(
                "UPDATE urls SET state = 'pending', reason = '', attempts = 0, not_before = NULL,"
                " priority = ? WHERE portal_key = ? AND next_due_at <= ?"
                " AND state IN ('done', 'gone', 'failed')",
                (priority, portal_key, now or utc_now()),
            ).rowcount

    def finish(self, outcome: Outcome, state: str, at: str) -> None:
        """Move the URL of *outcome* from *state*, in which it stands, to the outcome's.

        Raises ValueError for a move that `ALLOWED` does not have: a mistake of the caller.
        """
        if outcome.state not in ALLOWED[state]:
            raise ValueError(f"URL {outcome.url_id} is {state} and cannot become {outcome.state}")
        capture = outcome.capture
        # They stand for the last good copy: a login page's do not, and a later copy without them has none.
        good = capture is not None and capture.status == 200 and not outcome.reason
        seen_at = capture.captured_at if capture else at
        # An old capture that comes in later says nothing of today: nothing here goes back in time.
        self.db.conn.execute(
            "UPDATE urls SET state = ?, reason = ?, not_before = ?, attempts = attempts + 1,"
            " leased_by = NULL, fetched_at = max(?, coalesce(fetched_at, '')),"
            " etag = iif(? AND ? >= coalesce(fetched_at, ''), ?, etag),"
            " last_modified = iif(? AND ? >= coalesce(fetched_at, ''), ?, last_modified) WHERE url_id = ?",
            (
                outcome.state,
                outcome.reason,
                _in_utc(outcome.not_before) if outcome.state == "pending" and outcome.not_before else None,
                seen_at,
                good,
                seen_at,
                capture.etag if capture else None,
                good,
                seen_at,
                capture.last_modified if capture else None,
                outcome.url_id,
            ),
        )

    def counts(self, portal_key: str) -> dict[str, int]:
        """Return how many URLs stand in each state; all six are there, and they add up to all URLs."""
        rows = self.db.execute(
            "SELECT state, count FROM url_counts WHERE portal_key = ?", [portal_key]
        ).fetchall()
        return {**dict.fromkeys(STATES, 0), **dict(rows)}

    def reasons(self, portal_key: str, state: UrlState) -> Counter[str]:
        """Return the reasons of the URLs in *state* with their counts."""
        return Counter(
            dict(
                self.db.execute(
                    "SELECT reason, count(*) FROM urls WHERE portal_key = ? AND state = ? GROUP BY reason",
                    [portal_key, state],
                ).fetchall()
            )
        )

    def next_turn(self, portal_key: str) -> str | None:
        """Return when the next pending URL may be fetched: "" is now, None that no URL is pending."""
        ready = self.db.execute(
            "SELECT 1 FROM urls WHERE portal_key = ? AND state = 'pending' AND not_before IS NULL LIMIT 1",
            [portal_key],
        ).fetchone()
        if ready:
            return ""
        row: tuple[str | None] = self.db.execute(
            "SELECT min(not_before) FROM urls"
            " WHERE portal_key = ? AND state = 'pending' AND not_before IS NOT NULL",
            [portal_key],
        ).fetchone()
        return row[0]

    def _remember(self, portal_key: str, links: Sequence[Link]) -> None:
        if sum(map(len, self._met.values())) > _REMEMBERED:
            self._met.clear()
        met = self._met.setdefault(portal_key, {})
        for link in links:
            priority, kind, lastmod = met.get(link.urlkey, (link.priority, link.kind, link.lastmod))
            kind = max(kind, link.kind, key=telling)
            met[link.urlkey] = (max(priority, link.priority), kind, link.lastmod or lastmod)


def utc_now() -> str:
    """Return the time as the ledger compares it: UTC, with microseconds, in one form that sorts."""
    return utc(datetime.now(UTC))


def utc(at: datetime) -> str:
    """Return an aware time in the ledger's form, which sorts as text."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _in_utc(moment: str) -> str:
    at = datetime.fromisoformat(moment)
    return utc(at if at.tzinfo else at.replace(tzinfo=UTC))


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
