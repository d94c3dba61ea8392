"""How many bytes an article takes: its text, the rows, the indexes, the WARC, each apart.

Pages of about 400 words, each with 40 links of a menu and, under its text, what portals put there (tools, a
list of five other articles, a footer), come in by `khocong ingest`, so that every table is filled the way a
crawl fills it. `--archive DIR` measures an archive that is there instead.
"""

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from html import escape
from pathlib import Path

from archive.database import DATABASE_NAME, WARC_FOLDER, open_archive
from archive.ledger import utc_now
from archive.warc.writer import RawRequest, RawResponse, WarcWriter
from benchmarks.corpus import Corpus, Made

HOST = "http://xaminhhoa.example.gov.vn"
_KINDS = (
    ("search indexes", ("articles_exact", "articles_folded", "search_")),
    ("ledger", ("urls", "url_counts")),
    ("captures", ("captures",)),
    ("near-duplicates", ("signature", "near_", "unsigned")),
    ("articles and revisions", ("articles", "revisions", "aliases", "sightings")),
)


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks size", description=__doc__)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--archive", type=Path)
    parser.add_argument("--json", type=Path, metavar="FILE")
    given = parser.parse_args(arguments)
    if given.archive:
        figures = measured(given.archive)
    else:
        with tempfile.TemporaryDirectory() as folder:
            figures = measured(_made(Path(folder), given.articles))
    articles = max(1, figures["articles"])
    print(f"{articles} articles, bytes an article:\n\n| what | bytes | a byte of text |\n|---|---|---|")
    text = figures["text"] / articles
    for name, size in figures.items():
        if name != "articles":
            print(f"| {name} | {size / articles:,.0f} | {size / articles / text:.2f} |")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2), encoding="utf-8")
    return 0


def measured(folder: Path) -> dict[str, int]:
    """Return the bytes of an archive by what they are for, and the number of its articles."""
    # A writer brings the log into the file.
    with open_archive(folder, write=True) as db:
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as connection:
        articles, text = connection.execute(
            "SELECT count(*), sum(length(CAST(title || lead || text AS BLOB))) FROM articles"
        ).fetchone()
        pages = connection.execute(
            "SELECT coalesce(m.tbl_name, s.name), sum(s.pgsize) FROM dbstat s"
            " LEFT JOIN sqlite_master m ON m.name = s.name GROUP BY 1"
        ).fetchall()
    sizes = dict.fromkeys([kind for kind, _ in _KINDS], 0) | {"other tables": 0}
    for name, size in pages:
        kind = next((kind for kind, starts in _KINDS if name.startswith(starts)), "other tables")
        sizes[kind] += size
    warc = sum(path.stat().st_size for path in (folder / WARC_FOLDER).glob("*.warc.gz"))
    database = (folder / DATABASE_NAME).stat().st_size
    return {"articles": articles, "text": text or 0, **sizes, "database, whole": database, "WARC": warc}


def _made(folder: Path, count: int) -> Path:
    corpus = Corpus()
    menu = "".join(f'<li><a href="/muc-{number}">Chuyên mục {number}</a></li>' for number in range(40))
    with WarcWriter(folder / "made", max_bytes=10**12) as writer:
        at = datetime.fromisoformat(utc_now())
        for article in corpus.articles(1, count):
            request = RawRequest(f"{HOST}/tin/bai-{article.article_id}.html", at)
            headers = ((b"Content-Type", b"text/html; charset=utf-8"),)
            writer.write_exchange(request, RawResponse(200, headers, _page(article, menu), "OK"))
    target = folder / "archive"
    subprocess.run(
        [sys.executable, "-m", "crawler.cli", "ingest", str(folder / "made"), "--archive", str(target)],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    return target


def _page(article: Made, menu: str) -> bytes:
    body = "".join(f"<p>{escape(line)}</p>" for line in article.text.split("\n"))
    others = "".join(
        f"<li><a href='/tin/bai-{number}.html'>{escape(article.title)} (kỳ {number})</a></li>"
        for number in range(max(1, article.article_id - 5), article.article_id)
    )
    day = "/".join(reversed((article.published_at or "2020-01-01")[:10].split("-")))
    return (
        f"<!DOCTYPE html><html lang='vi'><head><title>{escape(article.title)}</title></head>"
        f"<body><ul>{menu}</ul>"
        f"<div class='detail'><h1>{escape(article.title)}</h1><span class='date'>{day} 08:30</span>"
        f"<div class='sapo'>{escape(article.lead)}</div><div class='content'>{body}</div>"
        f"<div class='box-tools social-share'>Lượt xem: {article.article_id} | In trang | Chia sẻ</div>"
        f"<div class='other-news related-posts'><h3>Tin liên quan</h3><ul>{others}</ul></div></div>"
        "<div class='footer'>Cơ quan chủ quản: UBND xã Minh Hòa. Điện thoại: 0296 000 000</div>"
        "</body></html>"
    ).encode()
