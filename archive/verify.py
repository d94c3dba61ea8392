"""Proof that an archive is whole: rows have their bytes, bytes their digests, ledgers add up."""

import sqlite3
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from archive import fixity
from archive.counting import miscounted
from archive.database import WARC_FOLDER, ArchiveDatabase
from archive.digests import payload_digest, text_digest
from archive.errors import WarcDamaged
from archive.lock import is_held
from archive.warc.reader import iterate, leads_out, read_record
from archive.warc.records import safe_uri

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `place` names a file and offset, a table, or a URL."""

    kind: str
    place: str
    detail: str


@dataclass(slots=True)
class Counts:
    """What was looked at; `texts` were extracted again, `stale` of them are read otherwise by newer code."""

    captures: int = 0
    warc_files: int = 0
    records: int = 0
    texts: int = 0
    stale: int = 0


def verify(
    db: ArchiveDatabase,
    *,
    full: bool = False,
    counts: Counts | None = None,
    progress: Progress | None = None,
    public_key: Path | None = None,
) -> Iterator[Finding]:
    """Yield everything that is wrong with an archive; nothing is changed. *full* also reads every byte of
    the WARC files, records without a row too, and asks the search indexes to check themselves. With
    *public_key* every link of the chain of digests must be signed by it.

    It may run while a crawl writes: rows written meanwhile are not looked at.
    """
    counts = counts if counts is not None else Counts()
    yield from _check_database(db.conn)
    yield from _check_links(db.folder / WARC_FOLDER)
    yield from _check_captures(db, counts, progress)
    yield from _check_ledger(db)
    yield from _check_counts(db.conn)
    yield from _check_articles(db.conn)
    yield from _check_texts(db.conn)
    yield from _check_chain(db, full=full, public_key=public_key)
    if full:
        yield from _check_files(db, counts, progress)
        yield from _check_search(db)


def _check_database(connection: sqlite3.Connection) -> Iterator[Finding]:
    try:
        for (line,) in connection.execute("PRAGMA integrity_check").fetchall():
            if line != "ok":
                yield Finding("database", "archive.db", line)
        for table, rowid, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchall():
            yield Finding("foreign_key", f"{table} row {rowid}", f"points at a missing row of {parent}")
    except sqlite3.DatabaseError as error:
        yield Finding("database", "archive.db", str(error))


def _check_links(folder: Path) -> Iterator[Finding]:
    for path in filter(leads_out, sorted(folder.glob("*"))):
        yield Finding("leads_out", path.name, f"is a symbolic link out of the archive, to {path.resolve()}")


def _check_captures(db: ArchiveDatabase, counts: Counts, progress: Progress | None) -> Iterator[Finding]:
    folder = db.folder / WARC_FOLDER
    (total,) = db.execute("SELECT count(*) FROM captures").fetchone()
    rows = db.execute(
        "SELECT warc_file, warc_offset, warc_length, record_id, payload_digest, url, revisit_of FROM captures"
        " ORDER BY warc_file, warc_offset"
    )
    for name, group in groupby(rows, key=lambda row: row[0]):
        path = folder / name
        if Path(name).name != name or not path.is_file() or leads_out(path):
            missing = sum(1 for _ in group)
            counts.captures += missing
            yield Finding("missing_file", name, f"{missing} captures point into it; put it back from a copy")
            continue
        for _, offset, length, record_id, digest, url, revisit_of in group:
            counts.captures += 1
            if progress and counts.captures % 100 == 0:
                progress("captures", counts.captures, total)
            yield from record_findings(path, offset, length, record_id, digest, url, revisit_of)


def record_findings(
    path: Path, offset: int, length: int, record_id: str, digest: str, url: str, revisit_of: str | None
) -> Iterator[Finding]:
    """Yield what is wrong with the record that a row of `captures` points to: at most one finding."""
    place = f"{path.name}:{offset}"
    if path.stat().st_size < offset + length:
        yield Finding("cut_file", place, f"the file ends before the record of {url}")
        return
    try:
        record = read_record(path, offset)
    except WarcDamaged as error:
        yield Finding("unreadable_record", place, str(error))
        return
    if record.record_id != record_id:
        yield Finding("wrong_record", place, f"holds {record.record_id}, not {record_id} of {url}")
    elif record.url not in (url, safe_uri(url)):
        yield Finding("wrong_record", place, f"holds {record.url}, not {url}")
    elif revisit_of is None and record.type != "revisit" and payload_digest(record.payload) != digest:
        yield Finding("wrong_digest", place, f"the payload of {url} is not what was stored ({digest})")
    elif record.payload_digest != digest:
        yield Finding("wrong_digest", place, f"row and record of {url} name different digests")
    elif path.suffix == ".gz" and (why := _member_fault(path, offset, length)):
        yield Finding("damaged_record", place, f"the record of {url}: {why}")


def _member_fault(path: Path, offset: int, length: int) -> str:
    """Return what is wrong with a gzip member, "" if nothing: read to its end, as its checksum demands.

    A WARC reader stops at Content-Length, before the record's last bytes and the checksum behind them.
    """
    unzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    left = length
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while left and (chunk := file.read(min(left, 1 << 20))):
                left -= len(chunk)
                while chunk and not unzip.eof:
                    unzip.decompress(chunk, 1 << 22)
                    chunk = unzip.unconsumed_tail
        while not unzip.eof and unzip.decompress(unzip.unconsumed_tail, 1 << 22):
            pass  # what a small end still unfolds to
    except zlib.error as error:
        return str(error)
    return "" if unzip.eof and not left and not unzip.unused_data else "it does not end where its row says"


def _check_ledger(db: ArchiveDatabase) -> Iterator[Finding]:
    if not is_held(db.folder):
        (leased,) = db.execute("SELECT count(*) FROM urls WHERE state = 'leased'").fetchone()
        if leased:
            yield Finding(
                "stale_lease",
                "urls",
                f"{leased} URLs are leased and no crawl runs; the next crawl frees them",
            )
        (open_crawls,) = db.execute("SELECT count(*) FROM crawls WHERE ended_at IS NULL").fetchone()
        if open_crawls:
            yield Finding(
                "died_crawl", "crawls", f"{open_crawls} crawls never ended; resume them with khocong crawl"
            )
    for portal, total, by_state in db.execute(
        "SELECT portal_key, count(*), sum(state IN ('pending','leased','done','excluded','failed','gone'))"
        " FROM urls GROUP BY portal_key"
    ).fetchall():
        if total != by_state:
            yield Finding("ledger", f"portal {portal}", f"{total} URLs, but the states add up to {by_state}")
    for url, state in db.execute(
        "SELECT url, state FROM urls WHERE state IN ('excluded', 'failed') AND reason = '' LIMIT 100"
    ).fetchall():
        yield Finding("no_reason", url, f"is {state} without a reason")


def _check_articles(connection: sqlite3.Connection) -> Iterator[Finding]:
    for kind, detail, sql in (
        ("no_revision", "has no current revision",
         "SELECT url FROM articles WHERE revision_id IS NULL"
         " OR revision_id NOT IN (SELECT revision_id FROM revisions)"),
        ("revision", "its current revision belongs to another article or has another digest",
         "SELECT a.url FROM articles a JOIN revisions r ON r.revision_id = a.revision_id"
         " WHERE r.article_id <> a.article_id OR r.text_digest <> a.text_digest OR r.body IS NOT NULL"),
        ("revision", "a superseded revision has lost its text",
         "SELECT a.url FROM articles a JOIN revisions r ON r.article_id = a.article_id"
         " WHERE r.revision_id <> a.revision_id AND r.body IS NULL"),
    ):  # fmt: skip
        for (url,) in connection.execute(sql).fetchall():
            yield Finding(kind, url, detail)


def _check_counts(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Miss the rows that went without the archive's own writer, and hold the ledger's counts against it."""
    for one in miscounted(connection):
        what = "missing" if one.rows < one.expected else "too many"
        detail = f"{abs(one.expected - one.rows)} rows {what}: {one.rows} stand, {one.expected} came in"
        yield Finding("missing_rows" if one.rows < one.expected else "strange_rows", one.table, detail)
    counted = "SELECT portal_key, state, count FROM url_counts WHERE count <> 0"
    stands = "SELECT portal_key, state, count(*) FROM urls GROUP BY 1, 2"
    for portal, state in connection.execute(
        f"SELECT DISTINCT portal_key, state FROM (SELECT * FROM ({counted} EXCEPT {stands})"
        f" UNION SELECT * FROM ({stands} EXCEPT {counted}))"
    ).fetchall():
        yield Finding("ledger", f"portal {portal}", f"the count of its {state} URLs is not what it says")


def _check_texts(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Hold each text against the digest it was stored with, the superseded ones too."""
    rows = connection.execute(
        "SELECT url, title, coalesce(lead, ''), coalesce(text, ''), text_digest FROM revisions_flat"
    )
    for url, title, lead, text, digest in rows:
        if text_digest(title or "", lead, text) != digest:
            yield Finding("wrong_text", url, "a text of it is not the one that was stored")


def _check_chain(db: ArchiveDatabase, *, full: bool, public_key: Path | None) -> Iterator[Finding]:
    """Hold WARC files and rows against the chain of digests made when each file was closed."""
    for place, detail in fixity.check_chain(db.folder, public_key):
        yield Finding("chain", place, detail)
    for link in fixity.links(db.folder):
        path = db.folder / WARC_FOLDER / link.file
        if not link.file or Path(link.file).name != link.file:
            continue
        if not path.is_file() or leads_out(path):
            if not link.captures:
                yield Finding(
                    "missing_file", link.file, "it is in the chain of digests; put it back from a copy"
                )
            continue
        captures, _, rows = fixity.rows_digest(db.conn, link.file, link.rows_end)
        if (captures, rows) != (link.captures, link.rows_digest):
            yield Finding("rows", link.file, "its captures are not those it had when the file was closed")
        if path.stat().st_size != link.size_bytes:
            yield Finding(
                "changed_file", link.file, f"has {path.stat().st_size} bytes, not {link.size_bytes}"
            )
        elif full and fixity.file_digest(path) != link.sha256:
            yield Finding("changed_file", link.file, "its bytes are not those it had when it was closed")


def check_oldest(
    db: ArchiveDatabase, *, sample: int = -1, since: str | None = None, now: str
) -> tuple[int, list[Finding]]:
    """Check captures, never and longest ago checked ones first, and remember when; the write lock is held.

    At most *sample* (all: -1), only those captured *since* (ISO date). Returns how many, and what was found.
    """
    rows = db.execute(
        "SELECT c.capture_id, c.warc_file, c.warc_offset, c.warc_length, c.record_id, c.payload_digest,"
        " c.url, c.revisit_of FROM captures c LEFT JOIN fixity_checks f ON f.capture_id = c.capture_id"
        " WHERE (? IS NULL OR c.captured_at >= ?) ORDER BY f.checked_at, c.capture_id LIMIT ?",
        [since, since, sample],
    ).fetchall()
    found: list[Finding] = []
    checks = []
    for capture_id, name, *rest in rows:
        path = db.folder / WARC_FOLDER / name
        if Path(name).name != name or not path.is_file() or leads_out(path):
            wrong = [Finding("missing_file", name, "a capture points into it; put it back from a copy")]
        else:
            wrong = list(record_findings(path, *rest))
        found += wrong
        checks.append((capture_id, now, wrong[0].kind if wrong else ""))
    with db.transaction() as connection:
        connection.executemany(
            "INSERT INTO fixity_checks VALUES (?, ?, ?) ON CONFLICT (capture_id) DO UPDATE SET"
            " checked_at = excluded.checked_at, outcome = excluded.outcome",
            checks,
        )
    return len(checks), found


def _check_files(db: ArchiveDatabase, counts: Counts, progress: Progress | None) -> Iterator[Finding]:
    """Read every record of every WARC file, those without rows too."""
    paths = [one for one in sorted((db.folder / WARC_FOLDER).glob("*.warc*")) if not leads_out(one)]
    for number, path in enumerate(paths):
        counts.warc_files += 1
        if progress:
            progress("WARC files", number, len(paths))
        try:
            for record in iterate(path):
                counts.records += 1
                if not record.digest_matches():
                    yield Finding("wrong_digest", f"{path.name}:{record.offset}", "payload and digest differ")
        except WarcDamaged as error:
            if not is_held(db.folder):
                yield Finding("unreadable_record", path.name, str(error))


def _check_search(db: ArchiveDatabase) -> Iterator[Finding]:
    from archive.search import index

    for line in index.check(db):
        yield Finding("search_index", "archive.db", f"{line}; khocong reindex restores it")
