"""Memory of one reading worker over 2,000 pages: two whole portals, again and again, as a crawl reads them.

The worker is the crawl's own (`crawler.reading`), asked through its pipes; resident memory is read from the
kernel after each step. Beside it trafilatura reads the same pages in a process of its own.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from archive.records import Portal
from benchmarks.extraction import PORTALS, SHARED, machine
from benchmarks.metric import pages_of
from benchmarks.peers import versions
from crawler.readers import PAGES_A_WORKER, Readers
from crawler.reading import ReadJob

_PAGES = 2000
_STEP = 100
# The bars: growth over the second half of the pages, and the most a worker may ever have. In the first half
# caches of bounded size fill: that of identified links alone takes 12 MB.
MOST_GROWTH = 0.05
MOST_MB = 300.0

Curve = list[tuple[int, float]]


def rss_mb(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process now and at its highest, in MB. Raises OSError where none is."""
    found = dict.fromkeys(("VmRSS", "VmHWM"), 0.0)
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name in found:
            found[name] = int(value.split()[0]) / 1000
    return found["VmRSS"], found["VmHWM"]


def all_pages(shared: Path) -> list[tuple[str, str, bytes]]:
    """Return (portal, URL, body) of every HTML page of both captures."""
    return [
        (name, url, body)
        for name in PORTALS
        for url, body in dict(pages_of(shared / "captures", name)).items()
    ]


def ours(pages: list[tuple[str, str, bytes]], count: int) -> tuple[Curve, float]:
    """Read *count* pages with one worker; return its memory along the way, and its peak."""
    portals = {name: Portal(key=name, platform=name) for name in PORTALS}

    async def run() -> tuple[Curve, float]:
        readers = Readers(1, timeout_s=120, pages_a_worker=max(count + 1, PAGES_A_WORKER))
        curve: Curve = []
        peak = 0.0
        try:
            for number, (name, url, body) in enumerate(islice(cycle(pages), count), 1):
                job = ReadJob(body, url, "text/html; charset=utf-8", "", portals[name], "page")
                reading = await readers.read(job)
                if reading.failure:
                    raise RuntimeError(f"{url}: {reading.failure}")
                if number % _STEP == 0:
                    now, peak = rss_mb(readers.pids()[0])
                    curve.append((number, now))
        finally:
            await readers.close()
        return curve, peak

    return asyncio.run(run())


def theirs(pages: list[tuple[str, str, bytes]], count: int) -> tuple[Curve, float]:
    """Read *count* pages with trafilatura in a process of its own; return the same as `ours`."""
    with get_context("spawn").Pool(1) as pool:
        return pool.apply(_trafilatura, (pages, count))


def _trafilatura(pages: list[tuple[str, str, bytes]], count: int) -> tuple[Curve, float]:
    from os import getpid

    import trafilatura

    curve: Curve = []
    peak = 0.0
    for number, (_, url, body) in enumerate(islice(cycle(pages), count), 1):
        trafilatura.bare_extraction(body.decode("utf-8", "replace"), url=url, with_metadata=True)
        if number % _STEP == 0:
            now, peak = rss_mb(getpid())
            curve.append((number, now))
    return curve, peak


def growth(curve: Curve) -> float:
    """Return by what share memory grew from the middle of the pages to its highest after it."""
    later = [mb for number, mb in curve if 2 * number >= curve[-1][0]]
    return max(later) / later[0] - 1


def table(rows: dict[str, tuple[Curve, float]]) -> str:
    """Return the curves as Markdown."""
    numbers = [number for number, _ in next(iter(rows.values()))[0]]
    shown = [number for number in numbers if number in (100, 200) or number % 400 == 0]
    lines = [
        "| reader | "
        + " | ".join(f"{number} pages" for number in shown)
        + " | peak | growth in the second half |",
        "|---" * (len(shown) + 3) + "|",
    ]
    for name, (curve, peak) in rows.items():
        cells = " | ".join(f"{dict(curve)[number]:.0f} MB" for number in shown)
        lines.append(f"| {name} | {cells} | {peak:.0f} MB | {100 * growth(curve):+.1f} % |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run, print Markdown; exit 1 where the worker misses its bars."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks memory", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument("--pages", type=int, default=_PAGES, metavar="N", help=f"default {_PAGES}")
    parser.add_argument("--alone", action="store_true", help="without trafilatura")
    given = parser.parse_args(arguments)
    if given.pages < _STEP:
        parser.error(f"--pages must be at least {_STEP}")
    if not (SHARED / "captures").is_dir():
        print(f"no captures in {SHARED}; KHOCONG_SHARED names the folder that has them", file=sys.stderr)
        return 1
    pages = all_pages(SHARED)
    size = sum(len(body) for _, _, body in pages) / len(pages) / 1000
    print(
        f"## Memory of a reading worker\n\n{machine()}.\n"
        f"{len(pages)} pages of {size:.0f} kB, {given.pages} read.\n"
    )
    readers: dict[str, Callable[[list[tuple[str, str, bytes]], int], tuple[Curve, float]]] = {"khocong": ours}
    if not given.alone:
        readers["trafilatura with metadata"] = theirs
    rows = {name: read(pages, given.pages) for name, read in readers.items()}
    print(table(rows))
    curve, peak = rows["khocong"]
    held = growth(curve) < MOST_GROWTH and peak < MOST_MB
    print(
        f"\nFlat (growth in the second half under {100 * MOST_GROWTH:.0f} %) and under {MOST_MB:.0f} MB: "
        f"{'yes' if held else 'NO'}."
    )
    if given.json:
        figures: dict[str, Any] = {
            name: {"curve_mb": curve, "peak_mb": peak, "growth": growth(curve)}
            for name, (curve, peak) in rows.items()
        }
        figures |= {"machine": machine(), "versions": versions()}
        given.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2), encoding="utf-8")
    return 0 if held else 1
