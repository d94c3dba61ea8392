"""Search over a made-up archive: each bar's row, and stock Datasette and tantivy beside it."""

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.database import open_archive
from archive.search import facets, parse, search
from archive.search.results import matching
from archive.vietnamese.fold import fold
from benchmarks.corpus import Corpus
from benchmarks.extraction import machine
from benchmarks.search_corpus import SMALL, build
from benchmarks.search_peers import stock, tantivy

CLASSES = ((0.01, "≤ 1 %"), (0.05, "1–5 %"), (0.2, "5–20 %"), (1.0, "> 20 %"))
# Eight or nine syllables, as no bar has it ("rare word, phrase, three words"): a row of its own.
TITLES, _TITLE_WORDS = "≤ 1 %, a whole title", 6
ROWS = ("≤ 1 %", TITLES, "1–5 %", "5–20 %", "> 20 %")
# p95 in ms where the issue sets one.
RANK_BARS = {"≤ 1 %": 50.0, "1–5 %": 150.0, "> 20 %": 350.0}
NEWEST_BAR, PREFIX_BAR = 20.0, 40.0
FACET_BARS = ((0.01, 50.0), (0.2, 400.0))
PREFIXES = (
    "ch*", "ngu*", "chuy*", "th*", "hoa*", "qu*", "20*", "tai th*", "uy ban nh*", "nông ngh*", "đồng th*",
    "phát tr*",
)  # fmt: skip
_A_CLASS = 24
_REPEATS = 3


def candidates(corpus: Corpus, size: int) -> list[str]:
    """Return queries of every frequency: words, pairs, phrases, titles; with marks and without."""
    dice = random.Random(5)
    made: list[str] = []
    words = corpus.words
    for rank in (
        0,
        2,
        5,
        10,
        20,
        40,
        60,
        80,
        100,
        130,
        160,
        200,
        260,
        350,
        500,
        700,
        1000,
        1500,
        2500,
        5000,
        9000,
    ):
        made += [words[rank], fold(words[rank + 1])]
    for _ in range(14):
        one, two, three = (words[dice.randrange(10, 400)] for _ in range(3))
        made += [f"{one} {two}", fold(f"{two} {three}"), f'"{one}"', fold(f"{one} {two} {three}")]
        title = corpus.article(dice.randint(1, size)).title.partition(": ")[2]
        # All of it, and what people remember of it.
        made += [title, fold(title), fold(" ".join(title.split()[:3])), f'"{" ".join(title.split()[:2])}"']
    return list(dict.fromkeys(made))


def classified(connection: Any, queries: Sequence[str], size: int) -> dict[str, list[tuple[str, int]]]:
    """Return the queries by the share of articles they match."""
    classes: dict[str, list[tuple[str, int]]] = {name: [] for name in ROWS}
    for query in queries:
        source, params = matching(connection, parse(query)).source()
        (number,) = connection.execute(f"SELECT count(*) {source}", params).fetchone()
        if number:
            name = next(name for most, name in CLASSES if number <= most * size or most == 1.0)
            is_title = name == ROWS[0] and len(query.split()) >= _TITLE_WORDS
            classes[TITLES if is_title else name].append((query, number))
    dice = random.Random(7)
    return {name: dice.sample(rows, min(len(rows), _A_CLASS)) for name, rows in classes.items()}


def timed(run: Callable[[str], Any], queries: Sequence[str]) -> dict[str, float]:
    """Return p50 and p95 over the queries of the median warm time of each, in ms, on the clock and in CPU."""
    clock, cpu = [], []
    for query in queries:
        run(query)
        both = []
        for _ in range(_REPEATS):
            begun, used = time.perf_counter(), time.process_time()
            run(query)
            both.append((time.perf_counter() - begun, time.process_time() - used))
        clock.append(1000 * statistics.median(one for one, _ in both))
        cpu.append(1000 * statistics.median(one for _, one in both))
    return {
        "p50": _share(clock, 0.5),
        "p95": _share(clock, 0.95),
        "cpu_p95": _share(cpu, 0.95),
        "of": len(clock),
    }


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


def measure(folder: Path, size: int) -> dict[str, Any]:
    """Return the figures of every row that asks our own search."""
    corpus = Corpus()
    with closing(open_archive(folder, write=False)) as db:
        classes = classified(db.conn, candidates(corpus, size), size)
        rows: dict[str, Any] = {"classes": {name: len(found) for name, found in classes.items()}}
        for name, found in classes.items():
            queries = [query for query, _ in found]
            rows[f"rank {name}"] = timed(lambda query: search(db, query), queries)
            rows[f"newest {name}"] = timed(lambda query: search(db, query, sort="newest"), queries)
        everything = [pair for found in classes.values() for pair in found]
        for share, _ in FACET_BARS:
            near = sorted(everything, key=lambda pair: abs(pair[1] - share * size))[:6]
            rows[f"facets {share}"] = timed(
                lambda query: facets.count(db.conn, matching(db, parse(query))), [query for query, _ in near]
            ) | {"matches": statistics.mean(number for _, number in near)}
        rows["prefix"] = timed(lambda query: search(db, query), PREFIXES)
    rows["queries"] = {name: [query for query, _ in found] for name, found in classes.items()}
    return rows


def peers(archive: Path, folder: Path, rows: dict[str, Any], text_bytes: int) -> dict[str, Any]:
    """Return the same queries asked of the others: times, how many found nothing, build and size."""
    made: dict[str, Any] = {}
    for name, make in (("stock Datasette", stock), ("tantivy", tantivy)):
        built = make(archive, folder)
        if built is None:
            made[name] = None
            continue
        run, figures = built
        made[name] = figures | {"bytes_per_byte": figures["bytes"] / text_bytes}
        for label, queries in rows["queries"].items():
            made[name][label] = timed(run, queries)
            made[name][label]["found_nothing"] = sum(not run(query) for query in queries)
    return made


def table(figures: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    rows, corpus = figures["search"], figures["corpus"]
    lines = ["| what | p50 ms | p95 ms | p95 CPU ms | bar |", "|---|---|---|---|---|"]

    def line(what: str, row: dict[str, float], bar: float | None) -> None:
        shown = f"{bar:.0f}" if bar else "–"
        lines.append(f"| {what} | {row['p50']:.0f} | {row['p95']:.0f} | {row['cpu_p95']:.0f} | {shown} |")

    for name in ROWS:
        line(f"top 20 with snippets, match {name} ({rows['classes'][name]} queries)", rows[f"rank {name}"],
             RANK_BARS.get(name))  # fmt: skip
    for name in ROWS:
        line(f"newest first, match {name}", rows[f"newest {name}"], NEWEST_BAR)
    for share, bar in FACET_BARS:
        row = rows[f"facets {share}"]
        line(f"facets of a match of about {row['matches']:,.0f}", row, bar)
    line("prefix as you type", rows["prefix"], PREFIX_BAR)
    per_byte = corpus["bytes_per_byte"]
    lines += [
        "",
        "| what | figure | bar |",
        "|---|---|---|",
        f"| build of both indexes, articles/s | {corpus['build_per_s']:,.0f} ("
        f"{corpus['build_per_cpu_s']:,.0f} a CPU second) | 2,500 |",
        f"| all indexes, byte per byte of text | {sum(per_byte.values()):.3f} ("
        + ", ".join(f"{name.removeprefix('articles_')} {share:.3f}" for name, share in per_byte.items())
        + ") | 0.9 |",
        f"| adding an article at {corpus['articles']:,} against {SMALL:,} | {corpus['adding_ratio']:.2f} × "
        f"({corpus['adding_large']['cpu_ms']:.1f} / {corpus['adding_small']['cpu_ms']:.1f} ms CPU) | 1.3 × |",
    ]
    return "\n".join(lines) + _beside(figures.get("peers", {}))


def _beside(others: dict[str, Any]) -> str:
    made = ""
    for name, row in others.items():
        if row is None:
            made += f"\n\n{name}: not installed."
            continue
        speed = row.get("build_per_cpu_s") or row.get("build_per_s")
        size = row["bytes_per_byte"]
        made += f"\n\n{name}: built at {speed:,.0f} articles/s, {size:.2f} byte per byte of text; p95 "
        made += ", ".join(
            f"{label} {row[label]['p95']:.0f} ms ({row[label]['found_nothing']} of {row[label]['of']} empty)"
            for label in ROWS
        )
    return made


def main(arguments: list[str]) -> int:
    """Build or take the corpus, measure, print Markdown, and write the figures where asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks search", description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="articles (1,000,000: the full run)")
    parser.add_argument("--folder", type=Path, help="keep the corpus here, or take it from here")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument("--no-peers", action="store_true", help="our own search alone")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        place = given.folder or Path(scratch) / "corpus"
        corpus = build(place, given.size)
        figures: dict[str, Any] = {"machine": machine(), "load": os.getloadavg(), "corpus": corpus}
        print(f"## Search, {corpus['articles']:,} articles, {datetime.now(UTC):%Y-%m-%d}\n")
        print(f"{machine()}, load {figures['load'][0]:.1f}.\n", flush=True)
        figures["search"] = measure(place, corpus["articles"])
        if not given.no_peers:
            figures["peers"] = peers(place, place.parent, figures["search"], corpus["text_bytes"])
        print(table(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, ensure_ascii=False, indent=2), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
