"""`python -m benchmarks scaling`: what storing a page costs as the archive grows, from 1,000 to 1,000,000.

So many articles (with their search indexes) and as many ledger rows are put in by bulk; then pages are leased
and recorded one by one as a crawl does it: capture, new article, indexes, and 135 links, of them 22 new.
Reading a page (60 KB) is measured beside, as it is most of what a page costs and knows nothing of sizes. CPU
of one process, medians; each size has a process of its own, whose peak memory is that of the measured part.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

from archive.database import DATABASE_NAME, open_archive
from archive.records import Article, Capture, Link, Outcome, Portal
from archive.search.feeding import Feeding
from archive.store import Store
from benchmarks import generated
from benchmarks.corpus import Corpus
from benchmarks.search_corpus import build
from crawler.reading import ReadJob, read

SIZES = (1_000, 10_000, 100_000, 1_000_000)
BAR = 1.2
_PORTAL = "chauminh"
_HOST = "http://chauminh.gov.example"
_NEW, _KNOWN = 22, 113
_FIRST = 60_000_000
_ROUNDS = 200
_ROWS = (
    "INSERT INTO urls (portal_key, urlkey, url, kind, state, priority, discovered_at, next_due_at)"
    " WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)"
    " SELECT 'chauminh', 'example,gov,chauminh)/tin/so-' || i, 'http://chauminh.gov.example/tin/so-' || i,"
    " 'article', CASE i % 10 WHEN 0 THEN 'pending' ELSE 'done' END, 50, '2026',"
    " CASE i % 10 WHEN 0 THEN NULL ELSE '2199-01-01T00:00:00.000000+00:00' END FROM n"
)


def main(arguments: Sequence[str]) -> int:
    """Print a Markdown table; 1 where a page at the largest size costs more than the bar allows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks scaling", description=__doc__)
    parser.add_argument("--most", type=int, default=100_000, help="the largest size; 1000000: half an hour")
    parser.add_argument(
        "--articles", type=int, default=SIZES[-1], help="at most so many of them: indexing takes long"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument("--one", nargs=2, metavar=("DIR", "SIZE"), help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(measured(Path(given.one[0]), int(given.one[1]))))
        return 0
    rows = []
    for size in (size for size in SIZES if size <= given.most):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "archive"
            filled(folder, size, min(size, given.articles))
            # A process of its own: what filling took is no memory of the pages'.
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks", "scaling", "--one", str(folder), str(size)],
                check=True, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            rows.append(json.loads(done.stdout))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    print(table_of(rows))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0 if ratio_of(rows) <= BAR else 1


def filled(folder: Path, size: int, articles: int) -> None:
    """Make an archive of so many *articles*, and *size* ledger rows of one portal."""
    build(folder, articles)
    with Store(folder) as store:
        store.save_portal(Portal(_PORTAL, hosts=("chauminh.gov.example",)))
    with closing(open_archive(folder, write=True)) as db:
        with db.transaction() as connection:
            connection.execute(_ROWS, (size,))
        db.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def measured(folder: Path, size: int) -> dict[str, Any]:
    """Return what a page costs in the archive of *folder*, in ms of CPU, and the process's memory."""
    corpus, chance = Corpus(), random.Random(7)
    texts = list(corpus.articles(_FIRST, _FIRST + _ROUNDS - 1))
    read_ms, lease_ms, store_ms = list[float](), list[float](), list[float]()
    portal, made_up = Portal(_PORTAL, hosts=("chauminh.gov.example",)), generated.Portal(2 * _ROUNDS)
    before_mb = _peak_mb()
    with Store(folder, feeding=Feeding()) as store, store.db.relaxed():
        (articles,) = store.db.execute("SELECT count(*) FROM articles").fetchone()
        crawl_id = store.begin_crawl(portal)
        for number, made in enumerate(texts):
            begun = time.process_time()
            [lease] = store.ledger.lease(_PORTAL, crawl_id, 1)
            leased = time.process_time()
            known = [_link(chance.randrange(size)) for _ in range(_KNOWN)]
            new = [_link(size + number * _NEW + one) for one in range(_NEW)]
            outcome = _outcome(lease.url_id, lease.url, number, made, (*known, *new))
            ready = time.process_time()
            store.record(crawl_id, [outcome])
            ended = time.process_time()
            body = made_up.page(f"/tin-tuc/tin-{number}.html") or b""
            job = ReadJob(body, lease.url, "text/html; charset=utf-8", "", portal, "article", sign=True)
            begun_reading = time.process_time()
            read(job)
            read_ms.append(1000 * (time.process_time() - begun_reading))
            lease_ms.append(1000 * (leased - begun))
            store_ms.append(1000 * (ended - ready))
    # The first pages fill caches: they are the start of a crawl, not its cost.
    least, stored, reading = (median(spent[_ROUNDS // 4 :]) for spent in (lease_ms, store_ms, read_ms))
    return {
        "size": size, "articles": articles, "lease_ms": least, "store_ms": stored, "read_ms": reading,
        "page_ms": least + stored + reading,
        "peak_mb": _peak_mb(), "before_mb": before_mb,
        "database_mb": (folder / DATABASE_NAME).stat().st_size / 1e6,
    }  # fmt: skip


def table_of(rows: Sequence[dict[str, Any]]) -> str:
    """Return the figures as Markdown, with the ratio of the largest to the smallest."""
    lines = [
        "| ledger rows | articles | lease, ms | store, ms | read, ms | page, ms of CPU | peak MB | DB, MB |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    lines += [
        f"| {row['size']:,} | {row['articles']:,} | {row['lease_ms']:.2f} | {row['store_ms']:.2f} |"
        f" {row['read_ms']:.2f} | {row['page_ms']:.2f} |"
        f" {row['peak_mb']:.0f} | {row['database_mb']:,.0f} |"
        for row in rows
    ]
    kept = rows[-1]["store_ms"] / rows[0]["store_ms"]
    lines.append(
        f"\nA page at {rows[-1]['size']:,} costs {ratio_of(rows):.2f} × one at {rows[0]['size']:,}, both"
        f" against reading in the same run (bar {BAR}); storing it alone {kept:.2f} × by CPU."
    )
    return "\n".join(lines)


def ratio_of(rows: Sequence[dict[str, Any]]) -> float:
    """Return the largest's cost of a page by the smallest's, each by what reading cost in the same run.

    Reading knows nothing of sizes: what differs in it is the machine's other work.
    """
    largest, smallest = (row["page_ms"] / row["read_ms"] for row in (rows[-1], rows[0]))
    return float(largest / smallest)


def _outcome(url_id: int, url: str, number: int, made: Any, links: tuple[Link, ...]) -> Outcome:
    at = f"2026-01-01T00:{number // 60 % 60:02d}:{number % 60:02d}.{number:06d}+00:00"
    capture = Capture(
        url=url, captured_at=at, status=200, mime="text/html", warc_file="k.warc.gz",
        warc_offset=number * 900, warc_length=900, record_id=f"urn:uuid:{_FIRST + number}",
        payload_digest=f"sha1:{number}", body_digest=f"sha1:{number}", size_bytes=60_000,
    )  # fmt: skip
    article = Article(
        url=url, canonical_url=url, platform="generic", title=made.title, text=made.text, lead=made.lead,
        published_at=made.published_at, text_digest=f"n{number}", extractor="bench",
    )  # fmt: skip
    return Outcome(url_id, "done", capture=capture, article=article, links=links)


def _link(number: int) -> Link:
    return Link(f"{_HOST}/tin/so-{number}", f"example,gov,chauminh)/tin/so-{number}", "article", priority=50)


def _peak_mb() -> float:
    # Not ru_maxrss: what a process is started from counts in it.
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
