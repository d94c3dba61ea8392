"""`python -m benchmarks frontier`: what the next URL costs as the ledger grows from 1,000 to 1,000,000 URLs.

One portal's ledger on disk, grown by pages of 135 links (five of six already known, as on a real portal). Of
its URLs half are done and due some day, a tenth waits for a retry, a tenth is excluded. CPU time of one
process, medians; memory is the process's whole resident size.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from archive.ledger import Ledger
from archive.records import Link, Outcome, Portal
from archive.store import Store

SIZES = (1_000, 10_000, 100_000, 1_000_000)
_PORTAL = "chauminh"
_NEW, _KNOWN = 22, 113
_PAGES_AT_ONCE = 40
_ROUNDS = 100
_LATER = "2199-01-01T00:00:00.000000+00:00"
_BECOME = "UPDATE urls SET {} WHERE url_id > ? AND url_id % 10 {} AND state = 'pending'"
# What becomes of a new URL, by the last digit of its number.
_STATES = {
    "done": (f"state = 'done', next_due_at = '{_LATER}'", "< 5"),
    "waiting": (f"not_before = '{_LATER}'", "= 5"),
    "excluded": ("state = 'excluded', reason = 'calendar'", "= 6"),
}


def main(arguments: list[str]) -> int:
    """Print a Markdown table, and with --json FILE write the figures; 0 when the bars hold."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks frontier")
    parser.add_argument("--most", type=int, default=SIZES[-1], help="the largest ledger (URLs)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args(arguments)
    sizes = [size for size in SIZES if size <= options.most]
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "archive") as store:
        crawl_id = store.begin_crawl(Portal(_PORTAL, hosts=("chauminh.gov.example",)))
        grown = Grown(store, crawl_id)
        rows = [grown.measure(size) for size in sizes]
    print(table_of(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


class Grown:
    """A ledger that is grown and measured on the way."""

    def __init__(self, store: Store, crawl_id: int) -> None:
        self.store = store
        self.ledger: Ledger = store.ledger
        self.crawl_id = crawl_id
        self.size = 0
        self.random = random.Random(4)

    def measure(self, size: int) -> dict[str, float]:
        """Grow to *size* URLs and return the figures there, times in microseconds of CPU."""
        insert_us = self._grow(size)
        self.store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return {
            "urls": self.size,
            "lease_us": self._median(self._lease),
            "record_us": self._median(self._record),
            "page_of_known_links_us": self._median(self._known_page, rounds=60),
            "new_link_us": insert_us,
            "counts_us": self._median(lambda: self.ledger.counts(_PORTAL)),
            "next_turn_us": self._median(lambda: self.ledger.next_turn(_PORTAL)),
            "rss_mb": _rss_mb(),
        }

    def _grow(self, size: int) -> float:
        """Enter URLs up to *size*; return the CPU time of the last thousand, per new link."""
        spent: list[float] = []
        while self.size < size:
            with self.store.db.transaction() as connection:
                before, first = time.process_time(), self.size
                for _ in range(_PAGES_AT_ONCE):
                    self.ledger.seed(_PORTAL, self._page(min(_NEW, size - self.size)))
                spent.append((time.process_time() - before) / max(self.size - first, 1))
                for change, digits in _STATES.values():
                    connection.execute(_BECOME.format(change, digits), (first,))
        return float(median(spent[-20:]) * 1e6)

    def _page(self, new: int) -> list[Link]:
        links = [self._link(self.size + index) for index in range(new)]
        known = [self._link(self.random.randrange(self.size)) for _ in range(_KNOWN)] if self.size else []
        self.size += new
        return known + links

    def _link(self, number: int) -> Link:
        url = f"http://chauminh.gov.example/tin-tuc/xa-{number % 97}/tin-so-{number}.html"
        key = f"example,gov,chauminh)/tin-tuc/xa-{number % 97}/tin-so-{number}.html"
        return Link(url, key, "article", priority=50 if number % 3 else 20)

    def _lease(self) -> None:
        self.ledger.lease(_PORTAL, self.crawl_id, 1)

    def _record(self) -> None:
        lease = self.ledger.lease(_PORTAL, self.crawl_id, 1)[0]
        self.store.record(self.crawl_id, [Outcome(lease.url_id, "done")])

    def _known_page(self) -> None:
        with self.store.db.transaction():
            self.ledger.seed(_PORTAL, self._page(0))

    @staticmethod
    def _median(act: Callable[[], object], rounds: int = _ROUNDS) -> float:
        times: list[float] = []
        for _ in range(rounds):
            with _timed(times):
                act()
        return float(median(times) * 1e6)


@contextmanager
def _timed(times: list[float]) -> Iterator[None]:
    before = time.process_time()
    yield
    times.append(time.process_time() - before)


def _rss_mb() -> float:
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024


def table_of(rows: list[dict[str, float]]) -> str:
    """Return the figures as Markdown, with the ratio of the largest ledger to the smallest."""
    names = [name for name in rows[0] if name != "urls"]
    lines = ["| URLs in the ledger | " + " | ".join(names) + " |", "|--:" * (len(names) + 1) + "|"]
    lines += [
        f"| {int(row['urls']):,} | " + " | ".join(f"{row[name]:,.0f}" for name in names) + " |"
        for row in rows
    ]
    ratios = (rows[-1][name] / rows[0][name] if rows[0][name] else 0.0 for name in names)
    lines.append("| largest / smallest | " + " | ".join(f"{ratio:.2f} ×" for ratio in ratios) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
