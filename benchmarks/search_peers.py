"""What others make of the same articles and queries: stock Datasette search, and tantivy where installed."""

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_TOP = 20
_BATCH = 5_000


def stock(archive: Path, folder: Path) -> tuple[Callable[[str], int], dict[str, float]]:
    """Build the FTS5 table that `datasette` and `sqlite-utils enable-fts` make; return its search.

    The search is Datasette's: each word quoted, matches in no order, 101 rows; the number is how many came.
    """
    file = folder / "stock.db"
    file.unlink(missing_ok=True)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("ATTACH ? AS kho", (str(archive / "archive.db"),))
    connection.execute(
        "CREATE VIRTUAL TABLE stock USING fts5(title, lead, text, content='', tokenize='porter')"
    )
    cpu = time.process_time()
    connection.execute(
        "INSERT INTO stock(rowid, title, lead, text) SELECT article_id, title, lead, text FROM kho.articles"
    )
    connection.execute("INSERT INTO stock(stock) VALUES ('optimize')")
    cpu = time.process_time() - cpu
    (articles,) = connection.execute("SELECT count(*) FROM kho.articles").fetchone()
    (size,) = connection.execute("SELECT sum(length(block)) FROM stock_data").fetchone()

    def search(query: str) -> int:
        quoted = " ".join(f'"{word}"' for word in re.findall(r"[^\s\"]+", query))
        rows = connection.execute(
            "SELECT a.title, a.url FROM kho.articles AS a WHERE a.article_id IN"
            " (SELECT rowid FROM stock WHERE stock MATCH ?) ORDER BY a.article_id LIMIT 101",
            (quoted,),
        ).fetchall()
        return len(rows)

    return search, {"build_per_cpu_s": articles / cpu, "bytes": float(size)}


def tantivy(archive: Path, folder: Path) -> tuple[Callable[[str], int], dict[str, float]] | None:
    """Build a tantivy index of the same columns with one thread; return its search, or None without it."""
    if find_spec("tantivy") is None:
        return None
    import tantivy as engine  # type: ignore[import-not-found, unused-ignore]  # an extra of the benchmarks

    place = folder / "tantivy"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    builder = engine.SchemaBuilder()
    for name in ("title", "lead", "text"):
        builder.add_text_field(name, stored=True)
    schema = builder.build()
    index = engine.Index(schema, path=str(place))
    writer = index.writer(heap_size=128_000_000, num_threads=1)
    connection = sqlite3.connect(f"file:{archive / 'archive.db'}?mode=ro", uri=True)
    begun, number = time.monotonic(), 0
    for rows in _batches(connection):
        for title, lead, text in rows:
            writer.add_document(engine.Document(title=title, lead=lead, text=text))
            number += 1
    writer.commit()
    writer.wait_merging_threads()
    seconds = time.monotonic() - begun
    index.reload()
    searcher = index.searcher()

    def search(query: str) -> int:
        columns, boosts = ["title", "lead", "text"], {"title": 10.0, "lead": 4.0}
        asked = index.parse_query(query, columns, boosts, conjunction_by_default=True)
        hits = searcher.search(asked, _TOP)
        snippets = engine.SnippetGenerator.create(searcher, asked, schema, "text")
        for _, address in hits.hits:
            snippets.snippet_from_doc(searcher.doc(address)).to_html()
        return int(hits.count or 0)

    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    return search, {"build_per_s": number / seconds, "bytes": float(size)}


def _batches(connection: sqlite3.Connection) -> Iterator[Sequence[Any]]:
    rows = connection.execute("SELECT title, lead, text FROM articles ORDER BY article_id")
    while batch := rows.fetchmany(_BATCH):
        yield batch
