"""The two replays as an archive, read in process: for tests of what is kept, not of crawling."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from archive.digests import payload_digest
from archive.near_duplicates import update
from archive.records import Capture, Link, Outcome, Portal
from archive.store import Store
from archive.urls import urlkey
from tests.quality.test_replays import capture, whole_article

NAMES = ("nukeviet", "wordpress")


def replayed_archive(captures: Path, folder: Path, names: Sequence[str] = NAMES) -> dict[str, str]:
    """Make an archive of every article of the replays *names* in *folder*; return pid by URL."""
    pids: dict[str, str] = {}
    with Store(folder) as store:
        for name in names:
            pages, truth = capture(captures, name)
            portal = Portal(name, f"Cổng {name}", (truth[0]["url"].split("/")[2],), name)
            crawl_id = store.begin_crawl(portal)
            store.ledger.seed(name, [Link(row["url"], urlkey(row["url"]), "article") for row in truth])
            leased = {one.url: one for one in store.ledger.lease(name, crawl_id, len(truth))}
            outcomes = []
            for number, row in enumerate(truth):
                article = whole_article(pages, row["url"], portal)
                pids[article.canonical_url] = row["pid"]
                taken = _capture(row["url"], name, number, pages[row["url"]])
                outcomes.append(Outcome(leased[row["url"]].url_id, "done", capture=taken, article=article))
            store.record(crawl_id, outcomes)
        update(store.db)
    return pids


def _capture(url: str, name: str, number: int, body: bytes) -> Capture:
    digest = payload_digest(body)
    return Capture(
        url, "2026-03-01T08:00:00+00:00", 200, "text/html", f"{name}.warc.gz", number * 100, 90,
        f"urn:uuid:{name}-{number}", digest, digest, len(body),
    )  # fmt: skip


def queries(path: Path) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...]]]:
    """Return (kind, query, pids of which one must come first, other pids) of every line of *path*."""
    made = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            kind, query, first, others = (part.strip() for part in f"{line} ".split(" | "))
            made.append(
                (unicodedata.normalize("NFC", kind), query, tuple(first.split("=")), tuple(others.split()))
            )
    return made
