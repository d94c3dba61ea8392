"""`python -m benchmarks serve`: how long readers wait, ten at a time, while a crawl writes.

An archive of made-up news is written by plain SQL (kept with --folder), served by `khocong serve` as a
process of its own, and read over HTTP. What is asked for is what people remember: some words of a title, with
marks or without, two words, a phrase, a document. Times are the reader's: from asking to the last byte. CPU
is the server's own, all its processes together, one page after another: what a busy machine does not blur.
Readers come one by one within two seconds; what ten searches of the very same moment cost stands by itself.
"""

import argparse
import hashlib
import http.client
import json
import multiprocessing
import os
import random
import select
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import quote

from archive.database import open_archive
from archive.vietnamese.fold import fold
from benchmarks.corpus import Corpus

PORTALS = 60
_BATCH = 2_000
# Ten searches that begin in the same millisecond wait for one another: in half a minute they would be the
# slowest twentieth of all, and the only thing that p95 tells.
_ARRIVE_S = 2.0


def write(folder: Path, size: int) -> None:
    """Make an archive of *size* articles in *folder*, or leave the one that is there."""
    if (folder / "archive.db").exists():
        return
    db, corpus = open_archive(folder, write=True), Corpus()
    try:
        with db.transaction() as conn:
            portals(conn)
            conn.execute(
                "INSERT OR IGNORE INTO documents (document_id, normal, year, doc_type, number, symbol) "
                "VALUES (1, '33/CT-TTg', 2021, 'Chỉ thị', '33', 'CT-TTg')"
            )
        for first in range(1, size + 1, _BATCH):
            with db.transaction() as conn:
                for number in range(first, min(first + _BATCH, size + 1)):
                    add(conn, corpus, number)
    finally:
        db.close()


def portals(conn: sqlite3.Connection) -> None:
    """Insert the portals that `add` writes for, where they are not there."""
    for number in range(PORTALS):
        conn.execute(
            "INSERT OR IGNORE INTO portals (portal_key, name, hosts, first_seen_at) VALUES (?, ?, ?, '2026')",
            (f"cong{number}", f"Cổng thông tin điện tử số {number}", json.dumps([f"c{number}.gov.example"])),
        )


def add(conn: sqlite3.Connection, corpus: Corpus, number: int) -> None:
    """Insert article *number* with its URL, capture and revision; one in two hundred cites the directive."""
    made, key, cites = corpus.article(number), f"cong{number % PORTALS}", number % 200 == 0
    text = f"Thực hiện Chỉ thị số 33/CT-TTg. {made.text}" if cites else made.text
    url = f"http://c{number % PORTALS}.gov.example/tin/{number}.html"
    urlkey, at = f"example,gov,c{number % PORTALS})/tin/{number}.html", "2026-03-01T01:00:00+00:00"
    digest = hashlib.sha256(text.encode()).hexdigest()
    conn.execute(
        "INSERT INTO urls (url_id, portal_key, urlkey, url, kind, state, discovered_at, fetched_at) "
        "VALUES (?, ?, ?, ?, 'article', 'done', ?, ?)",
        (number, key, urlkey, url, at, at),
    )
    conn.execute(
        "INSERT INTO captures (capture_id, url_id, url, captured_at, status, mime, payload_digest, "
        "body_digest, "
        "size_bytes, warc_file, warc_offset, warc_length, record_id) "
        "VALUES (?, ?, ?, ?, 200, 'text/html', ?, ?, 60000, 'a.warc.gz', ?, 9000, ?)",
        (number, number, url, at, digest[:32], digest[:32], number * 9000, f"urn:uuid:{number}"),
    )
    conn.execute(
        "INSERT INTO revisions (revision_id, article_id, number, capture_id, captured_at, "
        "text_digest, extractor) "
        "VALUES (?, ?, 1, ?, ?, ?, 'benchmark')",
        (number, number, number, at, digest),
    )
    conn.execute(
        "INSERT INTO articles (article_id, portal_key, url, urlkey, title, text, published_at, "
        "published_precision, "
        "section, text_digest, revision_id, first_captured_at, last_captured_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 'day', ?, ?, ?, ?, ?)",
        (number, key, url, urlkey, made.title, text, made.published_at, made.section, digest, number, at, at),
    )
    if cites:
        conn.execute(
            "INSERT INTO citations (revision_id, document_id, verbatim, start_offset, end_offset) "
            "VALUES (?, 1, 'Chỉ thị số 33/CT-TTg', 0, 10)",
            (number,),
        )


def crawl(folder: Path, ended: Event, pace_s: float = 0.2) -> None:
    """Write ten articles a transaction, as a crawl of many portals does, until *ended*."""
    db, corpus = open_archive(folder, write=True), Corpus()
    try:
        with db.transaction() as conn:
            portals(conn)
        (number,) = db.execute("SELECT max(article_id) FROM articles").fetchone()
        while not ended.wait(pace_s):
            with db.transaction() as conn:
                for more in range(1, 11):
                    add(conn, corpus, number + more)
            number += 10
    finally:
        db.close()


def ask(port: int, path: str) -> float:
    """Return the seconds from asking for *path* to its last byte. Raises RuntimeError unless it is there."""
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return time.perf_counter() - begun


def asked(size: int) -> list[str]:
    """Return what is typed: the same for every run of one size."""
    corpus, dice = Corpus(), random.Random(3)
    made = ["chi thi 33", "doc:33/CT-TTg"]
    for _ in range(20):
        words = corpus.article(dice.randint(1, size)).title.partition(": ")[2].split()
        first, second = (corpus.words[dice.randrange(40, 1500)] for _ in range(2))
        made += [
            " ".join(words[:5]),
            fold(" ".join(words[:4])),
            f'"{" ".join(words[:2])}"',
            f"{first} {second}",
        ]
    return made


def read(port: int, size: int, readers: int, seconds: float) -> dict[str, list[float]]:
    """Return the waits of *readers* at once: searches with and without facets chosen, and articles."""
    waits: dict[str, list[float]] = {"search": [], "article": []}
    until, typed = time.monotonic() + seconds, asked(size)

    def one(seed: int) -> None:
        dice = random.Random(seed)
        time.sleep(dice.uniform(0, _ARRIVE_S))
        while time.monotonic() < until:
            words = quote(dice.choice(typed))
            year = f"&year={dice.randint(2012, 2025)}" if dice.random() < 0.3 else ""
            waits["search"].append(ask(port, f"/tim?q={words}{year}"))
            for _ in range(3):
                waits["article"].append(ask(port, f"/bai/{dice.randint(1, size)}?q={words}"))
                # Nobody reads faster than this.
                time.sleep(dice.uniform(0.2, 0.6))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def at_once(port: int, size: int, readers: int) -> list[float]:
    """Return the waits of *readers* who search in the same moment for what nobody has asked for yet."""
    dice, waits = random.Random(17), list[float]()
    titles = [Corpus().article(dice.randint(1, size)).title.partition(": ")[2] for _ in range(readers)]
    begun = threading.Barrier(readers)

    def one(words: str) -> None:
        begun.wait()
        waits.append(ask(port, f"/tim?q={quote(words)}"))

    threads = [threading.Thread(target=one, args=(title,)) for title in titles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return waits


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that process *pid* and its children have used; NaN without /proc."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ticks = 0
        for one in (str(pid), *children):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    except OSError:
        return float("nan")
    return ticks / os.sysconf("SC_CLK_TCK")


def cost(pid: int, port: int, paths: list[str]) -> float:
    """Return the milliseconds of CPU that each of *paths* costs the server, asked one after another."""
    before = cpu_s(pid)
    for path in paths:
        ask(port, path)
    return 1000 * (cpu_s(pid) - before) / len(paths)


def costs(pid: int, port: int, size: int) -> dict[str, float]:
    """Return the mean CPU of a page of each kind, none of them asked before."""
    dice, typed = random.Random(11), asked(size)
    searches = [f"/tim?q={quote(words)}&sort=newest" for words in typed[2:]]
    # The words of a common kind: what a third of all articles have.
    wide = [f"/tim?q={quote(word)}" for word in Corpus().words[2:12]]
    articles = [f"/bai/{dice.randint(1, size)}" for _ in range(100)]
    ranked = [f"/tim?q={quote(words)}&page=2" for words in typed[2:]]
    kinds = {"search": ranked, "search, newest": searches, "search, common word": wide, "article": articles}
    return {name: cost(pid, port, paths) for name, paths in kinds.items()}


def percentile(values: list[float], share: float) -> float:
    """Return the value below which *share* of *values* lie, in milliseconds; NaN without values."""
    ordered = sorted(values)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def main(arguments: list[str]) -> int:
    """Write, serve, read, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks serve", description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=100_000, help="articles")
    parser.add_argument("--readers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--folder", type=Path, help="keep the archive here, or use the one that is here")
    parser.add_argument("--still", action="store_true", help="no crawl writes meanwhile")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made) / "archive"
        write(folder, options.size)
        first, first_cpu, waits, cpu = _served(folder, options)
        together = waits.pop("together")
    print(
        f"| {options.size:,} articles, {options.readers} readers | p50 ms | p95 ms | pages "
        f"|\n|---|---|---|---|"
    )
    for name, values in waits.items():
        print(f"| {name} | {percentile(values, 0.5):.0f} | {percentile(values, 0.95):.0f} | {len(values)} |")
    print(
        f"\n{len(together)} searches in the same moment: half within {percentile(together, 0.5):.0f} ms, "
        f"all within {percentile(together, 1):.0f} ms."
    )
    print("\n| CPU of the server, one page after another | ms |\n|---|---|")
    for name, value in cpu.items():
        print(f"| {name} | {value:.1f} |")
    print(f"\nFrom `khocong serve` to the first page: {first:.2f} s, {first_cpu:.2f} s of CPU.")
    return 0


def _served(
    folder: Path, options: argparse.Namespace
) -> tuple[float, float, dict[str, list[float]], dict[str, float]]:
    begun = time.perf_counter()
    words = [sys.executable, "-m", "archive", "serve", "--archive", str(folder), "--port", "0", "--json"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        # A crawl is a process of its own; as a thread it would hold up those who wait for answers here.
        spawning = multiprocessing.get_context("spawn")
        ended = spawning.Event()
        writer = spawning.Process(target=crawl, args=(folder, ended))
        try:
            assert process.stdout is not None
            if not select.select([process.stdout], [], [], 60)[0]:
                raise RuntimeError("the server did not answer within a minute")
            told = json.loads("".join(process.stdout.readline() for _ in range(5)))
            port = int(told["address"].rstrip("/").rpartition(":")[2])
            ask(port, "/")
            first, first_cpu = time.perf_counter() - begun, cpu_s(process.pid)
            cpu = costs(process.pid, port, options.size)
            if not options.still:
                writer.start()
            waits = read(port, options.size, options.readers, options.seconds)
            waits["together"] = at_once(port, options.size, options.readers)
            return first, first_cpu, waits, cpu
        finally:
            ended.set()
            if writer.pid is not None:
                writer.join()
            process.terminate()
