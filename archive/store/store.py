"""An archive opened for writing: portals, crawls, learned chrome, and the recording of outcomes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from archive import fixity, portal_files, premis
from archive.database import WARC_FOLDER, open_archive
from archive.ledger import Ledger, utc_now
from archive.places import refresh
from archive.records import Article, ChromeModel, Event, Issue, Outcome, Portal
from archive.store.articles import Feeding, Saved, Standing
from archive.store.recording import EVIDENCE, Recorder, Stored, recent_of_died
from archive.store.rereading import RereadChange, Rereader
from archive.store.withdrawing import withdraw
from archive.urls import urlkey
from archive.warc.recover import Recovery, recover


class Store:
    """The one writer of the archive folder *path* (I8), from opening to `close()`; a context manager.

    Opening makes the folder where there is none, cuts torn WARC tails (`recovered` says what was found),
    puts leased URLs back to pending and marks crawls that never ended as died. Raises what
    `archive.database.open_archive` raises; with *recovering* false the WARC files are left as they are.
    `ledger` is the URL side of the same connection. *feeding* indexes new articles in place of the triggers.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        agent: str = "khocong",
        recovering: bool = True,
        feeding: Feeding | None = None,
    ) -> None:
        self.path = Path(path)
        self._agent = agent
        self.db = open_archive(self.path, write=True)
        try:
            self.ledger = Ledger(self.db)
            self._recorder = Recorder(self.db, self.ledger, agent, feeding)
            self._recovering = recovering
            self.recovered = self._recover() if recovering else Recovery()
            refresh(self.db)
        except BaseException:
            self.db.close()
            raise

    @property
    def warc_directory(self) -> Path:
        """The folder that WarcWriter writes into."""
        return self.path / WARC_FOLDER

    def close(self) -> None:
        """Close the database and let the next writer in; WARC files must be closed before, and get sealed."""
        try:
            portal_files.write_all(self.db.conn, self.path)
            if self._recovering:
                fixity.seal(self.db.conn, self.path)
        finally:
            self.db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _recover(self) -> Recovery:
        ends = dict(
            self.db.execute(
                "SELECT warc_file, max(warc_offset + warc_length) FROM captures GROUP BY warc_file"
            )
        )
        found = recover(self.warc_directory, ends, recent_of_died(self.db.conn))
        now = utc_now()
        with self.db.transaction() as connection:
            premis.take_in(connection, self.path)
            self.ledger.release_stale()
            connection.execute(
                "UPDATE crawls SET ended_at = ?, reason = 'died' WHERE ended_at IS NULL", (now,)
            )
            connection.executemany(
                "INSERT INTO issues (at, kind, detail) VALUES (?, ?, ?)",
                [
                    (now, "torn_warc", f"the torn end of a WARC file was moved to {name}")
                    for name in found.torn
                ]
                + [
                    (now, "short_warc", f"{name} ends before its last record; run khocong verify")
                    for name in found.short
                ],
            )
        premis.taken(self.path)
        return found

    def save_portal(self, portal: Portal) -> None:
        """Enter or update a portal; a platform once recognised is not forgotten for an unknown one."""
        with self.db.transaction() as connection:
            connection.execute(
                "INSERT INTO portals (portal_key, name, hosts, platform, organ, jurisdiction, first_seen_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (portal_key) DO UPDATE SET"
                " name = CASE WHEN excluded.name = '' THEN name ELSE excluded.name END,"
                " hosts = excluded.hosts, platform = coalesce(excluded.platform, platform),"
                " organ = coalesce(excluded.organ, organ),"
                " jurisdiction = coalesce(excluded.jurisdiction, jurisdiction)",
                (
                    portal.key,
                    portal.name,
                    json.dumps(portal.hosts, ensure_ascii=False),
                    portal.platform,
                    portal.organ,
                    portal.jurisdiction,
                    utc_now(),
                ),
            )

    def portal(self, key: str) -> Portal | None:
        """Return the portal with its chrome model as the archive knows it, or None."""
        row = self.db.execute(
            "SELECT name, hosts, platform, organ, jurisdiction FROM portals WHERE portal_key = ?", [key]
        ).fetchone()
        if row is None:
            return None
        name, hosts, platform, organ, jurisdiction = row
        return Portal(
            key, name, tuple(json.loads(hosts)), platform, organ, jurisdiction, self.load_chrome(key)
        )

    def begin_crawl(
        self,
        portal: Portal,
        *,
        reason: str = "",
        settings_digest: str = "",
        versions: Mapping[str, str] | None = None,
    ) -> int:
        """Open a row of `crawls` and return its id; *reason* is why the crawl is begun ("manual", "due")."""
        with self.db.transaction() as connection:
            self.save_portal(portal)
            cursor = connection.execute(
                "INSERT INTO crawls (portal_key, purpose, started_at, settings_digest, versions)"
                " VALUES (?, ?, ?, ?, ?)",
                (portal.key, reason, utc_now(), settings_digest, json.dumps(dict(versions or {}))),
            )
            return int(cursor.lastrowid or 0)

    def end_crawl(self, crawl_id: int, reason: str, requests: int, counts: Mapping[str, Any]) -> None:
        """Close the row of a crawl; its URLs that are still leased go back to pending (I2)."""
        with self.db.transaction() as connection:
            connection.execute(
                "UPDATE urls SET state = 'pending', leased_by = NULL WHERE state = 'leased' AND leased_by = ?"
                " AND portal_key = (SELECT portal_key FROM crawls WHERE crawl_id = ?)",
                (crawl_id, crawl_id),
            )
            connection.execute(
                "UPDATE crawls SET ended_at = ?, reason = ?, requests = ?, counts = ? WHERE crawl_id = ?",
                (
                    utc_now(),
                    reason,
                    requests,
                    json.dumps(dict(counts), ensure_ascii=False, default=str),
                    crawl_id,
                ),
            )

    def record(self, crawl_id: int | None, outcomes: Sequence[Outcome]) -> list[Stored]:
        """Record a batch in ONE transaction: all of it is on disk when this returns, or none of it.

        The caller has called `WarcWriter.sync()` before (I1). A capture that is known already changes
        nothing (I3); an outcome without article never touches an article's text (I5). Raises ValueError
        for a move of the ledger that is not allowed, or an article without capture.
        """
        return self._recorder.record(crawl_id, outcomes)

    def note_issues(self, crawl_id: int | None, portal_key: str | None, issues: Sequence[Issue]) -> None:
        """Keep issues that belong to no single URL."""
        now = utc_now()
        with self.db.transaction() as connection:
            connection.executemany(
                "INSERT INTO issues (at, kind, detail, portal_key, crawl_id, url) VALUES (?, ?, ?, ?, ?, ?)",
                [(now, issue.kind, issue.detail, portal_key, crawl_id, issue.url) for issue in issues],
            )

    def reread(
        self, readings: Sequence[tuple[int, Article]], *, detail: str = ""
    ) -> list[RereadChange | None]:
        """Let revisions, named by id, say what another reading of their captures says, in ONE transaction.

        Returns what each changed, None for an unknown revision. The article's history, status and identity
        stay. With *detail*, an event "normalization" is kept of each article whose text or fields changed.
        """
        rereader = Rereader(self.db.conn, self._recorder.articles.documents)
        now = utc_now()
        try:
            with self.db.transaction() as connection:
                changes = [rereader.reread(number, article, now) for number, article in readings]
                connection.executemany(
                    "INSERT INTO events (at, kind, outcome, detail, portal_key, url, article_id, agent)"
                    " SELECT ?, 'normalization', 'success', ?, a.portal_key, a.url, a.article_id, ?"
                    " FROM revisions r JOIN articles a USING (article_id) WHERE r.revision_id = ?",
                    [
                        (now, f"{change} read again: {detail}", self._agent, number)
                        for (number, _), change in zip(readings, changes, strict=True)
                        if detail and change in ("text", "fields")
                    ],
                )
                return changes
        except BaseException:
            self._recorder.articles.forget()
            raise

    def read_late(self, portal_key: str, capture_id: int, captured_at: str, article: Article) -> Saved:
        """Store the article that a kept capture turns out to be when it is read again."""
        try:
            with self.db.transaction() as connection:
                saved = self._recorder.articles.save(portal_key, capture_id, captured_at, article)
                self._recorder.articles.feed()
                events = (("normalization", f"{saved.change}: found when read again"), *saved.events)
                connection.executemany(
                    "INSERT INTO events (at, kind, outcome, detail, portal_key, url, article_id, agent)"
                    " VALUES (?, ?, 'success', ?, ?, ?, ?, ?)",
                    [
                        (utc_now(), kind, detail, portal_key, article.url, saved.article_id, self._agent)
                        for kind, detail in events
                    ],
                )
                return saved
        except BaseException:
            self._recorder.articles.forget()
            raise

    def standing(self, portal_key: str, article: Article) -> Standing | None:
        """Return how the article that *article* is another capture of stands, or None where it is new."""
        return self._recorder.articles.standing(portal_key, article)

    def note_event(self, portal_key: str | None, crawl_id: int | None, event: Event) -> None:
        """Keep an event of a portal as a whole."""
        with self.db.transaction() as connection:
            connection.execute(
                "INSERT INTO events (at, kind, outcome, detail, portal_key, crawl_id, url, agent)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    utc_now(), event.kind, event.outcome, event.detail, portal_key, crawl_id, event.url,
                    self._agent,
                ),
            )  # fmt: skip

    def save_evidence(self, portal_key: str, pages: Sequence[tuple[str, bytes]]) -> None:
        """Keep what pages, by URL, teach of a portal's templates, in place of what they taught before."""
        with self.db.transaction() as connection:
            connection.executemany(EVIDENCE, [(portal_key, urlkey(url), page) for url, page in pages])

    def withdraw(self, revision_id: int, why: str) -> bool:
        """Take an article out whose only revision is no article after all; its captures stay.

        False, and nothing done, where the article has other revisions.
        """
        with self.db.transaction() as connection:
            return withdraw(connection, revision_id, why, self._agent)

    def evidence(self, portal_key: str) -> list[bytes]:
        """Return what the portal's pages teach of its templates, packed, the oldest first."""
        rows = self.db.execute(
            "SELECT page FROM chrome_evidence WHERE portal_key = ? ORDER BY evidence_id", [portal_key]
        )
        return [page for (page,) in rows]

    def save_chrome(self, model: ChromeModel, *, keep: int = 60) -> None:
        """Keep what a portal's pages taught, in place of what was known; of the pages the newest *keep*."""
        with self.db.transaction() as connection:
            connection.execute(
                "DELETE FROM chrome_evidence WHERE portal_key = ? AND evidence_id NOT IN (SELECT evidence_id"
                " FROM chrome_evidence WHERE portal_key = ? ORDER BY evidence_id DESC LIMIT ?)",
                (model.portal_key, model.portal_key, keep),
            )
            connection.execute(
                "INSERT INTO chrome_models (portal_key, pages, model, updated_at) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (portal_key) DO UPDATE SET pages = excluded.pages, model = excluded.model,"
                " updated_at = excluded.updated_at",
                (model.portal_key, model.pages, json.dumps(asdict(model), ensure_ascii=False), utc_now()),
            )

    def load_chrome(self, portal_key: str) -> ChromeModel | None:
        """Return the chrome model of a portal, or None where nothing was learned."""
        row = self.db.execute("SELECT model FROM chrome_models WHERE portal_key = ?", [portal_key]).fetchone()
        if row is None:
            return None
        return chrome_from(row[0])


def chrome_from(stored: str) -> ChromeModel:
    """Return a chrome model from its JSON in the table."""
    data = json.loads(stored)
    data["slots"] = tuple((path, share) for path, share in data["slots"])
    return ChromeModel(**data)
