"""One outcome after the other into the tables: capture, article, links, state, issues, events."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from archive.database import ArchiveDatabase
from archive.files import save_file
from archive.ledger import Ledger, utc_now
from archive.records import Capture, Issue, Outcome
from archive.store.articles import Articles, Feeding
from archive.store.standing import GONE_AFTER, note_standing
from archive.store.timeline import Change

_CAPTURE_FIELDS = tuple(field.name for field in fields(Capture))
_CAPTURE = (
    f"INSERT INTO captures (url_id, crawl_id, {', '.join(_CAPTURE_FIELDS)}) "
    f"VALUES (?, ?, {', '.join('?' * len(_CAPTURE_FIELDS))})"
)
_EVENT = (
    "INSERT INTO events (at, kind, outcome, detail, portal_key, crawl_id, url, article_id, agent) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
EVIDENCE = (
    "INSERT INTO chrome_evidence (portal_key, urlkey, page) VALUES (?, ?, ?)"
    " ON CONFLICT (portal_key, urlkey) DO UPDATE SET page = excluded.page"
)
_ISSUE = "INSERT INTO issues (at, kind, detail, portal_key, crawl_id, url) VALUES (?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Stored:
    """What recording one outcome did. `change` is None where the page is no article."""

    url_id: int
    article_id: int | None = None
    change: Change | None = None
    new_links: int = 0


@dataclass(frozen=True, slots=True)
class _Url:
    url_id: int
    portal_key: str
    urlkey: str
    url: str
    state: str


class Recorder:
    """Records batches on one connection; remembers documents and links between them."""

    def __init__(
        self, db: ArchiveDatabase, ledger: Ledger, agent: str, feeding: Feeding | None = None
    ) -> None:
        self._db = db
        self._ledger = ledger
        self._agent = agent
        self.articles = Articles(db.conn, feeding)

    def record(self, crawl_id: int | None, outcomes: Sequence[Outcome]) -> list[Stored]:
        """Record all outcomes in one transaction, or none: an error leaves the archive as it was."""
        try:
            with self._db.transaction() as connection:
                stored = [self._record_safely(connection, crawl_id, outcome) for outcome in outcomes]
                self.articles.feed()
                return stored
        except BaseException:
            self._forget()
            raise

    def _forget(self) -> None:
        self._ledger.forget()
        self.articles.forget()

    def _record_safely(
        self, connection: sqlite3.Connection, crawl_id: int | None, outcome: Outcome
    ) -> Stored:
        """Record one; text that no table can hold costs that page, not the batch it came with."""
        connection.execute("SAVEPOINT outcome")
        unfed = self.articles.unfed
        try:
            stored = self._record_one(connection, crawl_id, outcome)
        except (UnicodeEncodeError, OverflowError, sqlite3.DataError) as error:
            connection.execute("ROLLBACK TO outcome")
            self._forget()
            self.articles.restore(unfed)
            issue = Issue("unstorable", f"{type(error).__name__}: {error}"[:500])
            reduced = Outcome(
                outcome.url_id, "failed", "unstorable", capture=outcome.capture, issues=(issue,)
            )
            stored = self._record_one(connection, crawl_id, reduced)
        connection.execute("RELEASE outcome")
        return stored

    def _record_one(self, connection: sqlite3.Connection, crawl_id: int | None, outcome: Outcome) -> Stored:
        row = connection.execute(
            "SELECT url_id, portal_key, urlkey, url, state FROM urls WHERE url_id = ?", (outcome.url_id,)
        ).fetchone()
        if row is None:
            raise ValueError(f"no URL {outcome.url_id} in the ledger")
        url = _Url(*row)
        capture = _in_utc(outcome.capture) if outcome.capture else None
        if capture is not None and self._is_known(connection, capture):
            # I3: this exchange is stored, with all that came of it. Only a lease may be left to give back.
            if url.state == "leased":
                self._ledger.finish(outcome, url.state, utc_now())
            return Stored(url.url_id)
        capture_id = self._save_capture(connection, crawl_id, url, capture) if capture else None
        if capture_id is not None and outcome.file is not None:
            self.articles.feed()
            save_file(connection, url.url_id, capture_id, outcome.file)
        at = capture.captured_at if capture else utc_now()
        article_id: int | None = None
        change: Change | None = None
        events = [(event.kind, event.outcome, event.detail, event.url or url.url) for event in outcome.events]
        if outcome.article is not None:
            home, home_at = self._home(connection, outcome, capture_id, at)
            saved = self.articles.save(url.portal_key, home, home_at, outcome.article)
            article_id, change = saved.article_id, saved.change
            events += [(kind, "success", detail, url.url) for kind, detail in saved.events]
            if outcome.evidence:
                connection.execute(EVIDENCE, (url.portal_key, url.urlkey, outcome.evidence))
        standing = note_standing(connection, url.url_id, outcome, article_id, at)
        article_id = standing.article_id
        events += [(kind, result, detail, url.url) for kind, result, detail in standing.events]
        new_links = self._ledger.seed(url.portal_key, outcome.links, discovered_from=url.url_id, now=at)
        self._ledger.finish(outcome, url.state, at)
        connection.executemany(
            _EVENT,
            [
                (at, kind, result, detail, url.portal_key, crawl_id, where, article_id, self._agent)
                for kind, result, detail, where in events
            ],
        )
        connection.executemany(
            _ISSUE,
            [
                (at, issue.kind, issue.detail, url.portal_key, crawl_id, issue.url or url.url)
                for issue in outcome.issues
            ],
        )
        return Stored(url.url_id, article_id, change, new_links)

    @staticmethod
    def _home(
        connection: sqlite3.Connection, outcome: Outcome, capture_id: int | None, at: str
    ) -> tuple[int, str]:
        """Return the capture the article belongs to, and its time: the first page's where it has several."""
        if outcome.article_record_id:
            row: tuple[int, str] | None = connection.execute(
                "SELECT capture_id, captured_at FROM captures WHERE record_id = ?",
                (outcome.article_record_id,),
            ).fetchone()
            if row is not None:
                return row
        if capture_id is None:
            raise ValueError(f"an article without a capture for URL {outcome.url_id} (I1)")
        return capture_id, at

    @staticmethod
    def _is_known(connection: sqlite3.Connection, capture: Capture) -> bool:
        found = connection.execute(
            "SELECT 1 FROM captures WHERE record_id = ?", (capture.record_id,)
        ).fetchone()
        return found is not None

    @staticmethod
    def _save_capture(
        connection: sqlite3.Connection, crawl_id: int | None, url: _Url, capture: Capture
    ) -> int:
        values = [getattr(capture, name) for name in _CAPTURE_FIELDS]
        return int(connection.execute(_CAPTURE, (url.url_id, crawl_id, *values)).lastrowid or 0)


def recent_of_died(connection: sqlite3.Connection) -> dict[str, set[int]]:
    """Return where the last records of crawls that never ended begin, by file: others may lie between them.

    A page may be read for 10 s while those that came after it are recorded, some 100 a second at most.
    """
    found: dict[str, set[int]] = {}
    for name, offset in connection.execute(
        "SELECT c.warc_file, c.warc_offset FROM captures c JOIN crawls k ON k.crawl_id = c.crawl_id"
        " WHERE k.ended_at IS NULL AND c.capture_id > (SELECT max(capture_id) FROM captures) - 2000"
    ):
        found.setdefault(name, set()).add(offset)
    return found


def _in_utc(capture: Capture) -> Capture:
    # Times are compared as text, so all captures write theirs in one zone.
    if capture.captured_at.endswith("+00:00"):
        return capture
    at = datetime.fromisoformat(capture.captured_at)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return replace(capture, captured_at=at.isoformat())


__all__ = ["GONE_AFTER", "Recorder", "Stored", "recent_of_died"]
