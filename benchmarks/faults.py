"""The table of faults: each kind really tried, and what it cost. Bars: 0 lost, doubled, escaped, hung > 60 s.

Quick by default; `--kills 500` kills 500 times, `--every-write` lets each single operation of the disk fail
under each command. Kinds that have no figures of their own are the tests of these names: each is one fault.
"""

import argparse
import contextlib
import io
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
# Tests have bounds of their own; one that takes ten minutes hangs.
_HANG_S = 600.0
_OTHERS = "descriptors or clock or second_writer"
# kind, what a failure of its tests would be, the tests
TESTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("torn WARC tails, cut at every byte", "lost", ("tests/unit/warc/test_recover.py",)),
    ("full disk, writers side by side", "lost", ("tests/faults/test_archive_crash.py",)),
    ("descriptors, clock, second writer", "lost", ("tests/faults/test_kills.py", "-k", _OTHERS)),
    ("workers: memory, hang, death, garbage", "lost", ("tests/faults/test_hostile_pages.py",)),
    ("broken servers", "lost", ("tests/faults/test_crawl_faults.py",)),
    ("hostile servers", "escapes", ("tests/faults/test_hostile_servers.py",)),
    ("hostile pages", "lost", ("tests/properties/test_html_fuzz.py",)),
    ("patterns in linear time", "hangs", ("tests/properties/test_linear_time.py",)),
    ("attached files: bombs, macros, passwords", "escapes", ("tests/unit/files/test_readers.py",)),
    ("captures of strangers", "escapes", ("tests/faults/test_hostile_archives.py",)),
    ("databases of strangers", "escapes", ("tests/faults/test_stranger.py",)),
    ("damaged archives, mended", "lost", ("tests/portal/test_damage.py",)),
    ("exports: formulas, scripts", "escapes", ("tests/portal/test_export.py",)),
)  # fmt: skip


_Any = TypeVar("_Any")


@dataclass
class Row:
    """One line of the table."""

    kind: str
    tried: int = 0
    survived: int = 0
    lost: int = 0
    doubled: int = 0
    escapes: int = 0
    hangs: int = 0
    seconds: float = 0.0
    said: list[str] = field(default_factory=list)

    def line(self) -> str:
        cells = (self.tried, self.survived, self.lost, self.doubled, self.escapes, self.hangs)
        return f"| {self.kind} | {' | '.join(map(str, cells))} | {self.seconds:.0f} |"


def main(arguments: Sequence[str]) -> int:
    """Print the table as Markdown; return 1 where a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks faults", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=40, help="how often to kill (default 40; the bar is 500)"
    )
    parser.add_argument("--failures", type=int, default=48, help="how many operations of the disk fail")
    parser.add_argument("--every-write", action="store_true", help="let each operation fail, in each way")
    parser.add_argument("--only-crashes", action="store_true", help="leave the tests of the other kinds away")
    options = parser.parse_args(arguments)
    print("| fault | tried | survived | lost | doubled | escapes | hangs > 60 s | seconds |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    rows = []
    for row in _rows(options):
        print(row.line(), flush=True)
        rows.append(row)
    for row in rows:
        for line in row.said:
            print(f"\n{row.kind}: {line}")
    return int(any(row.tried != row.survived for row in rows))


def _rows(options: argparse.Namespace) -> Iterator[Row]:
    yield from _crashes(options)
    if not options.only_crashes:
        for kind, column, words in TESTS:
            yield _tested(kind, column, words)


def _crashes(options: argparse.Namespace) -> Iterator[Row]:
    # Here, and not above: the tests are no part of what is installed.
    from tests.faults.failing import failures
    from tests.faults.killing import kills

    seed = random.SystemRandom().randrange(1 << 30)
    with tempfile.TemporaryDirectory(prefix="khocong-faults-") as folder:
        for name in ("k", "f"):
            (Path(folder) / name).mkdir()
        runs = (
            ("kill -9 and power cut", kills(options.kills, Path(folder) / "k", seed=seed)),
            (
                "disk full, read-only, broken",
                failures(None if options.every_write else options.failures, Path(folder) / "f", seed=seed),
            ),
        )
        for name, run in runs:
            rows: dict[str, Row] = {}
            begun = time.monotonic()
            for one in _quietly(run):
                row = rows.setdefault(one.job, Row(f"{name}: {one.job}"))
                row.tried += 1
                row.survived += one.survived
                row.lost += len(one.lost) + len(one.damage)
                row.doubled += len(one.doubled)
                row.hangs += one.hung
                row.seconds += time.monotonic() - begun
                begun = time.monotonic()
                if not one.survived:
                    row.said.append(str(one)[:2000])
            yield from rows.values()


def _quietly(run: Iterable[_Any]) -> Iterator[_Any]:
    """Yield what a run gives, without what the commands it prepares archives with print into the table."""
    going = iter(run)
    while True:
        with contextlib.redirect_stdout(io.StringIO()):
            one = next(going, None)
        if one is None:
            return
        yield one


def _tested(kind: str, column: str, words: tuple[str, ...]) -> Row:
    """Run tests, each a fault; one that fails counts in the column of what its failure would be."""
    row = Row(kind)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        begun = time.monotonic()
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *words], cwd=ROOT,
            capture_output=True, check=False,
        )  # fmt: skip
        row.seconds = time.monotonic() - begun
        cases = list(ElementTree.parse(report).getroot().iter("testcase")) if report.exists() else []
    for case in cases:
        if case.find("skipped") is not None:
            continue
        row.tried += 1
        failed = case.find("failure") is not None or case.find("error") is not None
        row.survived += not failed
        row.hangs += float(case.get("time") or 0) > _HANG_S
        if failed:
            setattr(row, column, getattr(row, column) + 1)
            row.said.append(f"{case.get('classname')}::{case.get('name')}")
    if not cases:
        row.said.append("the tests could not be run")
        row.tried = 1
    return row
