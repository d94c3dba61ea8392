"""Kept captures read again by today's code and rules: what would change, and then the change.

What changes is the reading of a revision, never the article: its history, status and captures stay. A
capture that is no article any more keeps the text it gave before (I5), and is reported as lost.
"""

import asyncio
import hashlib
import json
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from archive.database import ArchiveDatabase
from archive.errors import KhoCongError
from archive.records import Article, Issue, Portal
from archive.revisions import word_diff
from archive.store import Store
from archive.store.missing import note_missing_captures
from archive.store.rereading import Kept, fields_of, fields_said, kept_revisions, unread_captures
from crawler.portals_kept import Portals
from crawler.readers import Readers
from crawler.rereading import Again, read_again

_BATCH = 64
_SAMPLES = 3
# A text that has lost so much of its characters is called shorter: where to look first.
_SHORTER = 0.85
_DIFF_CHARS = 160
_PLACE = "reextract.json"
Progress = Callable[[int, int], None]
# Reads revisions on other processes or machines, in the order given.
Elsewhere = Callable[[Sequence[tuple[Kept, Portal]]], Awaitable[list[Again]]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be read again, and whether the result is kept. *since* (ISO date) is of captures."""

    portal: str | None = None
    since: str | None = None
    apply: bool = False
    allow_lost: bool = False
    workers: int = 0


@dataclass(slots=True)
class Report:
    """What reading again found. `counts` has "same", and what differs by kind; a page may be of several.

    `samples` are (kind, URL, words), `fields` counts the other fields that differ, by name.
    """

    read: int = 0
    total: int = 0
    resumed_count: int = 0
    interrupted: bool = False
    counts: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[str, str, str]] = field(default_factory=list)

    def note(self, kinds: tuple[str, ...], url: str, words: str) -> None:
        """Count one page, and keep it as a sample while there are few of its kind."""
        self.counts.update(kinds)
        for kind in kinds:
            if kind != "same" and sum(known == kind for known, _, _ in self.samples) < _SAMPLES:
                self.samples.append((kind, url, words))

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        data = {**asdict(replace(self, counts=Counter(), fields=Counter())), "counts": dict(self.counts)}
        data["fields"] = dict(self.fields)
        data["samples"] = [dict(zip(("kind", "url", "diff"), one, strict=True)) for one in self.samples]
        return data


def reextract(
    folder: Path,
    wish: Wish,
    on_progress: Progress = lambda _done, _total: None,
    elsewhere: Elsewhere | None = None,
    batch: int = _BATCH,
) -> Report:
    """Read kept captures again and return what that changes; with `wish.apply` the change is kept.

    A run that was ended before its time is gone on with by the same wish, while code and rules are the same.
    *elsewhere* reads *batch* revisions at a time in place of this machine's processes, and only reads.
    Raises what opening the archive raises; a dry run reads beside a crawl, applying is one writer's work.
    """
    if not wish.apply:
        from archive.database import open_archive

        db = open_archive(folder, write=False)
        try:
            return asyncio.run(_Run(db, None, folder, wish, on_progress, elsewhere, batch).go())
        finally:
            db.close()
    with Store(folder) as store:
        return asyncio.run(_Run(store.db, store, folder, wish, on_progress, elsewhere, batch).go())


class _Run:
    def __init__(
        self, db: ArchiveDatabase, store: Store | None, folder: Path, wish: Wish, on_progress: Progress,
        elsewhere: Elsewhere | None, batch: int,
    ) -> None:  # fmt: skip
        self._elsewhere, self._batch = elsewhere, batch
        self._db = db
        self._store = store
        self._warc = folder / "warc"
        self._wish = wish
        self._on_progress = on_progress
        self._place = folder / _PLACE
        self._mark = {"rules": rules_digest(), "portal": wish.portal, "since": wish.since}
        self._report = Report()
        self._readers = Readers(wish.workers or os.cpu_count() or 1)
        self._portals = Portals(db, store, self._readers, self._warc)

    async def go(self) -> Report:
        report, wish = self._report, self._wish
        keys = (wish.portal, wish.portal, wish.since, wish.since)
        known = self._db.execute(
            "SELECT count(*) FROM revisions r JOIN articles a ON a.article_id = r.article_id"
            " WHERE (? IS NULL OR a.portal_key = ?) AND (? IS NULL OR r.captured_at >= ?)", keys
        ).fetchone()[0]  # fmt: skip
        if wish.portal and self._db.execute(
            "SELECT 1 FROM portals WHERE portal_key = ?", [wish.portal]
        ).fetchone() is None:  # fmt: skip
            raise KhoCongError(
                f"the archive has no portal {wish.portal!r}; `khocong status` lists those it has"
            )
        report.total = known
        if self._store is not None:
            note_missing_captures(self._db)
        try:
            await self._known(self._resume_at())
            await self._unknown()
            self._forget_place()
        except asyncio.CancelledError:
            # Ctrl-C: what was applied is applied, batch by batch; the next run goes on behind it.
            report.interrupted = True
        finally:
            await self._readers.close()
        return report

    async def _known(self, after: int) -> None:
        if after:
            self._report.read = self._report.resumed_count = self._db.execute(
                "SELECT count(*) FROM revisions r JOIN articles a ON a.article_id = r.article_id"
                " WHERE r.revision_id <= ? AND (? IS NULL OR a.portal_key = ?)"
                " AND (? IS NULL OR r.captured_at >= ?)",
                [after, self._wish.portal, self._wish.portal, self._wish.since, self._wish.since],
            ).fetchone()[0]
        while batch := kept_revisions(
            self._db.conn, self._wish.portal, self._wish.since, after=after, limit=self._batch
        ):
            found = await self._read_all(batch)
            readings: list[tuple[int, Article]] = []
            for kept, again in zip(batch, found, strict=True):
                article = self._compare(kept, again)
                if article is not None:
                    readings.append((kept.revision_id, article))
            after = batch[-1].revision_id
            if self._store is not None:
                self._store.reread(readings, detail="by khocong reextract")
                self._remember_place(after)
            self._report.read += len(batch)
            self._on_progress(self._report.read, self._report.total)

    async def _unknown(self) -> None:
        """Look at the pages that gave no article: with better rules one may be found."""
        pages = unread_captures(self._db.conn, self._wish.portal, self._wish.since)
        self._report.total += len(pages)
        for batch in _groups(pages, self._batch):
            found = await self._read_all([kept for _, kept in batch])
            for (capture_id, kept), again in zip(batch, found, strict=True):
                if again.article is not None and not self._is_known(kept.portal_key, again.article):
                    self._report.note(("new",), kept.url, again.article.title)
                    if self._store is not None:
                        self._store.read_late(kept.portal_key, capture_id, kept.captured_at, again.article)
            self._report.read += len(batch)
            self._on_progress(self._report.read, self._report.total)

    async def _read_all(self, batch: list[Kept]) -> list[Again]:
        async def read(kept: Kept) -> Again:
            portal = await self._portals.of(kept.portal_key)
            return await read_again(self._readers, self._warc, self._db.conn, kept, portal)

        if self._elsewhere is not None:
            return await self._elsewhere([(kept, await self._portals.of(kept.portal_key)) for kept in batch])
        return list(await asyncio.gather(*(read(kept) for kept in batch)))

    def _is_known(self, portal_key: str, article: Article) -> bool:
        from archive.store.articles import Articles

        return Articles(self._db.conn).standing(portal_key, article) is not None

    def _compare(self, kept: Kept, again: Again) -> Article | None:
        """Note what differs; return the article where its reading is to be kept."""
        if again.article is None:
            kind = "broken" if again.broken else "lost"
            self._report.note((kind,), kept.url, again.why)
            if self._store is not None:
                issue = Issue(f"reread_{kind}", again.why[:500], kept.url)
                self._store.note_issues(None, kept.portal_key, [issue])
                if (
                    kind == "lost"
                    and self._wish.allow_lost
                    and self._store.withdraw(kept.revision_id, again.why)
                ):
                    self._report.counts["withdrawn"] += 1
            return None
        before, now = fields_of(self._db.conn, kept.revision_id), fields_said(again.article)
        kinds, words = differences(before, now)
        others = [name for name in before if before[name] != now[name] and name not in _NAMED]
        self._report.fields.update(others)
        if others and not kinds:
            kinds = ("fields",)
            words = "; ".join(f"{name}: {before[name]!r} → {now[name]!r}" for name in others)[:300]
        self._report.note(kinds or ("same",), kept.url, words)
        fresh = (kept.extractor, kept.reading) == (again.article.extractor, again.article.reading)
        return None if not kinds and fresh and not self._cites_anew(kept, again.article) else again.article

    def _cites_anew(self, kept: Kept, article: Article) -> bool:
        rows = self._db.execute(
            "SELECT x.verbatim, d.normal, x.start_offset FROM citations x JOIN documents d"
            " ON d.document_id = x.document_id WHERE x.revision_id = ? ORDER BY x.citation_id",
            [kept.revision_id],
        ).fetchall()
        return rows != [(one.verbatim, one.normal, one.start) for one in article.citations]

    def _resume_at(self) -> int:
        if self._store is None:
            return 0
        try:
            place = json.loads(self._place.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0
        return int(place["after"]) if {**self._mark, "after": place.get("after")} == place else 0

    def _remember_place(self, after: int) -> None:
        self._place.write_text(json.dumps({**self._mark, "after": after}), encoding="utf-8")

    def _forget_place(self) -> None:
        if self._store is not None:
            self._place.unlink(missing_ok=True)


_NAMED = frozenset(["title", "lead", "text", "published_at", "published_precision", "published_evidence"])


def differences(before: dict[str, object], now: dict[str, object]) -> tuple[tuple[str, ...], str]:
    """Return what kinds of difference two readings have, and the words that differ."""
    kinds = []
    if before["title"] != now["title"]:
        kinds.append("title")
    old, new = (f"{one['lead'] or ''}\n{one['text'] or ''}".strip("\n") for one in (before, now))
    if old != new:
        kinds.append("shorter" if len(new) < _SHORTER * len(old) else "text")
    if before["published_at"] != now["published_at"]:
        kinds.append("date")
    words = [f"title: {before['title']} → {now['title']}"] if "title" in kinds else []
    if "date" in kinds:
        words.append(f"date: {before['published_at'] or 'none'} → {now['published_at'] or 'none'}")
    if old != new:
        # With its end every line is compared as a line, the last one too.
        words += _diff_words(old + "\n", new + "\n")
    return tuple(kinds), " · ".join(words)


def _diff_words(old: str, new: str) -> Iterator[str]:
    signs = {"gone": "−", "new": "+"}
    pieces = (piece for piece in word_diff(old, new) if piece.operation in signs)
    for piece in islice(pieces, 6):
        text = " ".join(piece.text.split())
        if text:
            shown = text if len(text) <= _DIFF_CHARS else text[:_DIFF_CHARS] + "…"
            yield f"{signs[piece.operation]} {shown}"


def _groups(items: list[tuple[int, Kept]], size: int) -> Iterator[list[tuple[int, Kept]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def rules_digest() -> str:
    """Return a digest of the code and data that reading rests on: a run is resumed only under the same."""
    hasher = hashlib.blake2b(digest_size=8)
    here = Path(__file__).parent
    for path in sorted(
        [*here.rglob("*.py"), *here.rglob("*.yml"), *here.parent.joinpath("archive").rglob("*.py")]
    ):
        hasher.update(str(path.relative_to(here.parent)).encode() + b"\0" + path.read_bytes())
    return hasher.hexdigest()
