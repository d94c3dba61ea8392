"""Whole crawls beside the peers: of two real portals replayed, and of a made-up one of any size.

On the replays: what each asks for, finds, and fetches twice. On the made-up portal: pages a second, without
any delay, each crawler in its turn, the whole round as often as asked; the median of the ratios counts.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.crawl_peers import NAMED
from benchmarks.extraction import PORTALS, SHARED, machine
from benchmarks.replayed import Views
from benchmarks.running import Cost, run

ROOT = Path(__file__).resolve().parent.parent
OURS = "khocong: WARC, extraction, SQLite"
HREFS = "Scrapy, hrefs by lxml, pages thrown away"
PLAIN = "CrawlSpider + LinkExtractor, pages thrown away"
INLINE = "CrawlSpider + trafilatura with metadata"
WGET = "wget -r --warc-file"
FOCUSED = "trafilatura focused_crawler"
# Issue 7: ours in pages a second against each, at least.
BARS = {PLAIN: 2.0, HREFS: 0.4, INLINE: 4.5, WGET: 0.3}
# On a replay a crawler that falls into a trap is stopped here.
_MOST_REQUESTS, _MOST_SECONDS = 6000, 240.0

Command = Callable[[str, Path, int], list[str]]


def _peer(name: str) -> Command:
    return lambda url, _folder, most: [
        sys.executable, "-m", "benchmarks.crawl_peers", name, url, str(most)
    ]  # fmt: skip


def _ours(url: str, folder: Path, _most: int) -> list[str]:
    return [
        sys.executable, "-m", "crawler.cli", "crawl", url, "--archive", str(folder / "archive"),
        "--delay", "0", "--allow-private", "--json",
    ]  # fmt: skip


def _wget(url: str, folder: Path, _most: int) -> list[str]:
    return [
        "wget", "-r", "-l", "inf", "-q", "-e", "robots=off", "--no-parent", "-P", str(folder / "files"),
        f"--warc-file={folder / 'wget'}", url,
    ]  # fmt: skip


CRAWLERS: dict[str, Command] = {
    OURS: _ours, HREFS: _peer("hrefs"), PLAIN: _peer("plain"), INLINE: _peer("inline"),
    WGET: _wget, FOCUSED: _peer("focused"),
}  # fmt: skip


def missing() -> list[str]:
    """Return the peers that cannot run here."""
    return [] if shutil.which("wget") else [WGET]


@dataclass
class Speed:
    """One crawl of the made-up portal."""

    pages: int
    pages_s: float
    cpu_ms: float
    main_mb: float
    worker_mb: float


@contextlib.contextmanager
def generated(pages: int) -> Iterator[str]:
    """Serve a made-up portal in a process of its own; yield its origin."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.generated", str(pages)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def _asked(origin: str, what: str = "__stats") -> dict[str, float]:
    with urllib.request.urlopen(f"{origin}/{what}") as answer:
        found: dict[str, float] = json.load(answer)
        return found


def speed_of(name: str, origin: str, timeout_s: float) -> Speed:
    """Crawl the made-up portal once: from its first request to the end of the process."""
    _asked(origin, "__reset")
    with tempfile.TemporaryDirectory() as folder:
        cost = _run(CRAWLERS[name](f"{origin}/", Path(folder), 0), Path(folder), timeout_s)
    asked = _asked(origin)
    pages = int(asked["requests"])
    # A crawler's last page may come long before it has read and stored all: that counts too.
    seconds = max(0.001, cost.ended_at - asked["first"])
    return Speed(pages, pages / seconds, 1000 * cost.cpu_s / max(1, pages), cost.main_mb, cost.worker_mb)


def _run(words: list[str], folder: Path, timeout_s: float) -> Cost:
    # What the machine would not do for a user: compile every module anew in each process.
    environment = {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONDONTWRITEBYTECODE": ""}
    return run(words, folder=ROOT, timeout_s=timeout_s, environment=environment)


def race(pages: int, rounds: int, names: list[str]) -> dict[str, list[Speed]]:
    """Crawl the made-up portal *rounds* times with each crawler, in turns."""
    found: dict[str, list[Speed]] = {name: [] for name in names}
    with generated(pages) as origin:
        for _ in range(rounds):
            for name in names:
                found[name].append(speed_of(name, origin, 30 + pages / 5))
    return found


def race_table(pages: int, found: dict[str, list[Speed]]) -> str:
    """Return the race as Markdown; ratios are of the same round, the median of rounds.

    "By CPU" is what a peer's process needs for a page, over what ours need for one divided by the cores
    they share: pages a second on a machine that has nothing else to do, at best. It stands where other
    work on the machine would decide the race.
    """
    cores = os.cpu_count() or 1
    lines = [
        f"\n### A made-up portal of {pages} pages (60 KB, 135 links each), no delay\n",
        "| crawler | pages | pages/s | CPU ms a page | MB, main / worker | khocong ÷ this | by CPU | bar |",
        "|---" * 8 + "|",
    ]
    for name, runs in found.items():
        ratios = [
            mine.pages_s / max(0.001, theirs.pages_s) for mine, theirs in zip(found[OURS], runs, strict=True)
        ]
        by_cpu = [
            theirs.cpu_ms * cores / max(0.001, mine.cpu_ms)
            for mine, theirs in zip(found[OURS], runs, strict=True)
        ]
        middle = sorted(runs, key=lambda one: one.pages_s)[len(runs) // 2]
        bar = f"≥ {BARS[name]:g}" if name in BARS else "–"
        lines.append(
            f"| {name} | {middle.pages} | {middle.pages_s:.0f} | {middle.cpu_ms:.1f} "
            f"| {middle.main_mb:.0f} / {middle.worker_mb:.0f} | {statistics.median(ratios):.2f} "
            f"| {'–' if name == OURS else format(statistics.median(by_cpu), '.2f')} | {bar} |"
        )
    return "\n".join(lines)


def replay(shared: Path, portal: str, names: list[str]) -> dict[str, dict[str, float]]:
    """Crawl one replayed portal with each crawler; return requests, articles found, duplicates, seconds."""
    # Imported here: a race needs no captures, and the tests' server no installation.
    from tests.portal.replay import Replay

    rows: dict[str, dict[str, float]] = {}
    with Replay.of_warc(shared / "captures" / f"{portal}.warc.gz") as served:
        views = Views(served.site, shared / "captures" / f"{portal}.truth.jsonl")
        numeric = served.site.origin
        for name in names:
            served.site.log.clear()
            served.site.origin = numeric.replace("127.0.0.1", NAMED) if name == FOCUSED else numeric
            with tempfile.TemporaryDirectory() as folder:
                words = CRAWLERS[name](f"{served.origin}/", Path(folder), _MOST_REQUESTS)
                cost = _run(words, Path(folder), _MOST_SECONDS)
            asked = [entry.target for entry in served.site.log if entry.status == 200]
            rows[name] = {
                "requests": len(served.site.log),
                **views.of(asked),
                "seconds": cost.seconds,
                "stopped": float(cost.code is None),
            }
    return rows


def replay_table(portal: str, rows: dict[str, dict[str, float]]) -> str:
    """Return one replayed portal as Markdown."""
    lines = [
        f"\n### {portal}, replayed\n",
        "| crawler | requests | articles found | of | requests an article | one again | seconds |",
        "|---" * 7 + "|",
    ]
    for name, row in rows.items():
        per = row["requests"] / row["articles"] if row["articles"] else 0.0
        stopped = ", stopped" if row["stopped"] else ""
        lines.append(
            f"| {name} | {row['requests']:.0f} | {row['articles']:.0f} | {row['of']:.0f} | {per:.2f} "
            f"| {row['again']:.0f} | {row['seconds']:.1f}{stopped} |"
        )
    return "\n".join(lines)


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in ("khocong", "scrapy", "trafilatura", "lxml")}
    if shutil.which("wget"):
        said = subprocess.run(["wget", "--version"], capture_output=True, text=True, check=False).stdout
        found["wget"] = said.split()[2] if len(said.split()) > 2 else "?"
    return found


def main(arguments: list[str]) -> int:
    """Run, print Markdown, and write the figures where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks crawl", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument(
        "--pages", type=int, default=2000, help="size of the made-up portal (2000; issue 7: 20000)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each crawls it (3)")
    parser.add_argument("--only", choices=("race", "replays"), help="one half")
    parser.add_argument("--ours", action="store_true", help="no peers")
    given = parser.parse_args(arguments)
    names = [OURS] if given.ours else [name for name in CRAWLERS if name not in missing()]
    used = ", ".join(f"{name} {number}" for name, number in _versions().items())
    print(f"## Crawling, {datetime.now(UTC):%Y-%m-%d}\n\n{machine()}. {used}.")
    for name in missing():
        print(f"{name}: not installed (apt install wget).")
    figures: dict[str, Any] = {
        "machine": machine(),
        "versions": _versions(),
        "missing": missing(),
        "replays": {},
    }
    if given.only != "race" and (SHARED / "captures").is_dir():
        for portal in PORTALS:
            rows = replay(SHARED, portal, [name for name in names if name not in (HREFS, INLINE)])
            print(replay_table(portal, rows), flush=True)
            figures["replays"][portal] = rows
    if given.only != "replays":
        found = race(given.pages, given.rounds, [name for name in names if name != FOCUSED])
        print(race_table(given.pages, found), flush=True)
        figures["race"] = {name: [vars(one) for one in runs] for name, runs in found.items()}
    if given.json:
        given.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2), encoding="utf-8")
    return 0
