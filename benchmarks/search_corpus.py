"""Puts made-up articles into an archive, and says what indexing them and adding one more costs."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from archive.database import ArchiveDatabase, open_archive
from archive.places import refresh
from archive.search.index import reindex
from benchmarks.corpus import Corpus, Made

SMALL = 10_000
_ADDED = 300
# Articles that are added one at a time have texts of their own.
_FIRST_ADDED = 50_000_000
INDEXES = ("articles_folded", "articles_exact", "articles_headings")
_OURS = (*INDEXES, "search_facets", "search_common")


def build(folder: Path, size: int) -> dict[str, Any]:
    """Make an archive of *size* articles in *folder*, or take the one that is there; return its figures."""
    notes = folder.with_suffix(".json")
    if notes.exists() and (folder / "archive.db").exists():
        kept: dict[str, Any] = json.loads(notes.read_text(encoding="utf-8"))
        return kept
    db = open_archive(folder, write=True)
    refresh(db)
    corpus = Corpus()
    _portals(db.conn, corpus)
    text_bytes = _insert(db.conn, corpus, 1, min(SMALL, size))
    reindex(db)
    figures: dict[str, Any] = {"articles": size, "adding_small": _adding(db, corpus, size, 0), "small": SMALL}
    text_bytes += _insert(db.conn, corpus, SMALL + 1, size)
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    begun, cpu = time.monotonic(), time.process_time()
    reindex(db)
    seconds, cpu = time.monotonic() - begun, time.process_time() - cpu
    figures |= {
        "text_bytes": text_bytes,
        "build_per_s": size / seconds,
        "build_per_cpu_s": size / cpu,
        "bytes_per_byte": {name: _index_bytes(db.conn, name) / text_bytes for name in INDEXES}
        | {"common words": _common_bytes(db.conn) / text_bytes},
        "adding_large": _adding(db, corpus, size, _ADDED),
    }
    figures["adding_ratio"] = figures["adding_large"]["cpu_ms"] / figures["adding_small"]["cpu_ms"]
    db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    notes.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return figures


def _portals(connection: sqlite3.Connection, corpus: Corpus) -> None:
    with connection:
        connection.executemany(
            "INSERT INTO portals (portal_key, name, jurisdiction, first_seen_at) VALUES (?, ?, ?, '2026')",
            corpus.portals(),
        )
        connection.execute(
            "INSERT INTO urls (url_id, portal_key, urlkey, url, kind, state, discovered_at)"
            " SELECT 1, portal_key, 'k', 'u', 'article', 'done', '2026' FROM portals LIMIT 1"
        )
        connection.execute(
            "INSERT INTO captures (capture_id, url_id, url, captured_at, status, mime, payload_digest,"
            " body_digest, size_bytes, warc_file, warc_offset, warc_length, record_id)"
            " VALUES (1, 1, 'u', '2026', 200, 'text/html', 'd', 'd', 1, 'w', 0, 1, 'r')"
        )


def _insert(connection: sqlite3.Connection, corpus: Corpus, first: int, last: int) -> int:
    """Insert articles without the indexes, which are built in one go afterwards; return the bytes of text."""
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND ("
        + " OR ".join(f"name LIKE '{name}%'" for name in (*_OURS, "articles_unsigned"))
        + ")"
    ).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    size = 0
    connection.execute("BEGIN")
    for made in corpus.articles(first, last):
        size += len(f"{made.title}{made.lead}{made.text}".encode())
        _one(connection, made)
    connection.execute("COMMIT")
    for _, sql in triggers:
        connection.execute(sql)
    return size


def _one(connection: sqlite3.Connection, made: Made) -> None:
    connection.execute(
        "INSERT INTO articles (article_id, portal_key, url, urlkey, title, lead, text, published_at, section,"
        " source, text_digest, revision_id, first_captured_at, last_captured_at)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?1, '2026', '2026')",
        (
            made.article_id, made.portal_key, f"https://{made.portal_key}.gov.example/{made.article_id}",
            f"k{made.article_id}", made.title, made.lead, made.text, made.published_at, made.section,
            made.source, f"d{made.article_id}",
        ),
    )  # fmt: skip
    connection.execute(
        "INSERT INTO revisions (revision_id, article_id, number, capture_id, captured_at, text_digest,"
        " extractor) VALUES (?1, ?1, 1, 1, '2026', 'd', 'x')",
        (made.article_id,),
    )
    if made.document:
        connection.execute(
            "INSERT INTO documents (normal, number) VALUES (?1, ?1) ON CONFLICT DO NOTHING", (made.document,)
        )
        connection.execute(
            "INSERT INTO citations (revision_id, document_id, verbatim, start_offset, end_offset)"
            " SELECT ?, document_id, normal, 0, 1 FROM documents WHERE normal = ?",
            (made.article_id, made.document),
        )


def _adding(db: ArchiveDatabase, corpus: Corpus, size: int, skip: int) -> dict[str, float]:
    """Add articles one a transaction, as a crawl does, with every trigger; return the mean cost of one."""
    first = _FIRST_ADDED + skip
    texts = corpus.articles(first, first + _ADDED - 1)
    # Ids without gaps, as in a real archive: a search takes the highest for about how many there are.
    made = [one._replace(article_id=size + skip + at) for at, one in enumerate(texts, 1)]
    begun, cpu = time.monotonic(), time.process_time()
    for one in made:
        with db.transaction() as connection:
            _one(connection, one)
    return {
        "ms": 1000 * (time.monotonic() - begun) / _ADDED,
        "cpu_ms": 1000 * (time.process_time() - cpu) / _ADDED,
    }


def _index_bytes(connection: sqlite3.Connection, name: str) -> int:
    (data,) = connection.execute(f"SELECT sum(length(block)) FROM {name}_data").fetchone()
    (sizes,) = connection.execute(f"SELECT sum(length(sz) + 5) FROM {name}_docsize").fetchone()
    return int(data) + int(sizes)


def _common_bytes(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(sum(length(bits)), 0) FROM search_common").fetchone()[0])
