"""`python -m benchmarks near-duplicates`: articles a second and their cost as the archive grows, with recall.

Made-up local news of 400 words, one in ten a copy (shortened, renamed or with some words changed) of an
earlier one, and one in twenty a weekly schedule of one form. CPU time of one process; the archive is on disk.
"""

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from archive.database import open_archive
from archive.near_duplicates import update

_SYLLABLES = [
    "an",
    "ban",
    "bao",
    "bien",
    "binh",
    "cac",
    "can",
    "cap",
    "chi",
    "chinh",
    "cho",
    "chu",
    "cong",
    "cua",
    "dan",
    "dang",
    "dat",
    "de",
    "den",
    "dia",
    "do",
    "doi",
    "dong",
    "duong",
    "gia",
    "giao",
    "ha",
    "hai",
    "hoa",
    "hoc",
    "hoi",
    "huyen",
    "ke",
    "khu",
    "kinh",
    "la",
    "lam",
    "lao",
    "le",
    "lich",
    "luc",
    "mo",
    "moi",
    "mot",
    "mua",
    "nam",
    "ngay",
    "nghe",
    "ngoai",
    "nguoi",
    "nha",
    "nhan",
    "nong",
    "nuoc",
    "phat",
    "pho",
    "phong",
    "phu",
    "phuong",
    "quan",
    "que",
    "quoc",
    "quy",
    "ra",
    "sach",
    "san",
    "sau",
    "so",
    "song",
    "su",
    "tai",
    "tam",
    "tan",
    "tang",
    "tap",
    "thang",
    "thanh",
    "the",
    "thi",
    "tho",
    "thon",
    "thu",
    "thuc",
    "tieu",
    "tin",
    "tinh",
    "to",
    "trien",
    "trong",
    "truong",
    "tu",
    "tuyen",
    "uy",
    "van",
    "vi",
    "viec",
    "vien",
    "vung",
    "xa",
    "xay",
    "xuan",
]
_STEP = 1000


def main(arguments: list[str]) -> int:
    """Print a row a step: articles there, articles a second in that step, pairs found; then recall."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks near-duplicates")
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=5)
    options = parser.parse_args(arguments)
    size = max(_STEP, options.articles // options.steps)
    print("| articles in the archive | articles/s (CPU) | database MB | pairs |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        db = open_archive(Path(folder) / "archive", write=True)
        made = _Maker()
        made.begin(db.conn)
        for _ in range(options.steps):
            made.add(db.conn, size)
            before = time.process_time()
            done = update(db)
            rate = done.articles / (time.process_time() - before)
            pages = db.execute("PRAGMA page_count").fetchone()[0] * 4096 / 1e6
            (pairs,) = db.execute("SELECT count(*) FROM near_duplicates").fetchone()
            print(f"| {made.count:,} | {rate:,.0f} | {pages:,.0f} | {pairs:,} |", flush=True)
        found = set(db.execute("SELECT article_id, other_id FROM near_duplicates").fetchall())
        own = sum(page * 4096 for (page,) in _own_pages(db.conn))
        db.close()
    true = found & made.pairs
    print(
        f"\ncopies found: {len(true):,} of {len(made.pairs):,} ({len(true) / len(made.pairs):.4f});"
        f" pairs that are not copies: {len(found - made.families()):,}"
        + (f"; {own / made.count:,.0f} bytes an article" if own else "")
    )
    return 0


def _own_pages(connection: sqlite3.Connection) -> list[tuple[int]]:
    try:
        return connection.execute(
            "SELECT count(*) FROM dbstat WHERE name IN ('signatures', 'signature_bands', 'near_duplicates',"
            " 'near_duplicates_by_other')"
        ).fetchall()
    except sqlite3.OperationalError:  # an SQLite without dbstat
        return []


class _Maker:
    """Articles by plain SQL, as any writer of the archive may add them."""

    def __init__(self) -> None:
        self.random = random.Random(20211228)
        self.count = 0
        self.originals: list[tuple[int, str]] = []
        self.pairs: set[tuple[int, int]] = set()
        self._family: dict[int, int] = {}

    def begin(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO portals (portal_key, name, first_seen_at) VALUES ('p', 'Cổng thử', '2026-01-01')"
        )
        connection.commit()

    def families(self) -> set[tuple[int, int]]:
        """Return every pair of copies of one original, which are copies of each other too."""
        members: dict[int, list[int]] = {}
        for one, original in self._family.items():
            members.setdefault(original, [original]).append(one)
        return {(a, b) for group in members.values() for a in group for b in group if a < b} | self.pairs

    def add(self, connection: sqlite3.Connection, number: int) -> None:
        with connection:
            for _ in range(number):
                self.count += 1
                title, text = self._make()
                connection.execute(
                    "INSERT INTO articles (article_id, portal_key, url, urlkey, title, text, text_digest,"
                    " first_captured_at, last_captured_at) VALUES (?, 'p', ?, ?, ?, ?, ?, '2026', '2026')",
                    (self.count, f"u{self.count}", f"k{self.count}", title, text, f"d{self.count}"),
                )

    def _make(self) -> tuple[str, str]:
        chance = self.random.random()
        if chance < 0.05:
            return f"Lịch công tác tuần {self.count}", self._schedule()
        if chance < 0.15 and self.originals:
            number, text = self.random.choice(self.originals[-5000:])
            self.pairs.add((number, self.count))
            self._family[self.count] = number
            return f"Tin lại {self._words(4)}", self._varied(text)
        text = self._words(400)
        self.originals.append((self.count, text))
        return self._words(10), text

    def _schedule(self) -> str:
        return f"Tuần {self.count}: " + "thứ Hai giao ban, thứ Tư tiếp dân, thứ Sáu đi cơ sở. " * 6

    def _words(self, number: int) -> str:
        return " ".join(self.random.choices(_SYLLABLES, k=number))

    def _varied(self, text: str) -> str:
        words = text.split()
        if self.random.random() < 0.5:
            return " ".join(words[: int(len(words) * self.random.uniform(0.8, 1))])
        for place in self.random.sample(range(len(words)), 12):
            words[place] = self.random.choice(_SYLLABLES)
        return " ".join(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
