"""A long crawl at full speed of a made-up portal whose answers fail at random: does anything grow?

`python -m benchmarks soak --minutes 30` crawls a portal of 100,000 pages for so long, has the memory and the
open files of each process looked at all the while, ends it with Ctrl-C, and then has the ledger added up and
the archive verified. A share of the answers is cut, slow, garbled, refused, empty or a bomb.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import generated
from benchmarks.running import _family

_LOOK_S = 5.0
# One answer in so many fails, each time it is asked for; what failed once may succeed when tried again.
_FAULTY = 25
# What may be gained between the second and the last quarter of a run, in memory and open files.
_GROWTH = 1.10
_FILES = 8
# Caches of bounded size fill for some minutes; before, what grows says nothing.
_CACHES_FILL_S = 600.0


@dataclass(frozen=True)
class Look:
    """What all processes of a crawl hold at one moment."""

    at_s: float
    main_mb: float
    workers_mb: float
    files: int


class Failing(generated._Server):
    """The made-up portal's server, which fails now and then."""

    dice = random.Random(5)

    def _answer(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1]
        if path.startswith(b"/__") or path == b"/robots.txt" or self.dice.randrange(_FAULTY):
            super()._answer(head)
            return
        wire = self._transport
        assert isinstance(wire, asyncio.Transport)
        type(self).asked["requests"] += 1
        fault = self.dice.randrange(8)
        answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
        if fault == 0:  # cut
            wire.write(answer + b"Content-Length: 60000\r\n\r\n<html><body><p>" + b"a" * 900)
            wire.close()
        elif fault == 1:  # reset
            wire.abort()
        elif fault == 2:
            wire.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nerror")
        elif fault == 3:  # no HTTP at all
            wire.write(b"\x00\xff" * 200)
            wire.close()
        elif fault == 4:  # a bomb of 30 MB
            packer = zlib.compressobj(9, zlib.DEFLATED, 31)
            body = b"".join([*(packer.compress(bytes(1 << 20)) for _ in range(30)), packer.flush()])
            size = f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            wire.write(answer + size + body)
        elif fault == 5:  # empty
            wire.write(answer + b"Content-Length: 0\r\n\r\n")
        elif fault == 6:  # nested deeper than any reader likes
            body = b"<div>" * 20_000
            wire.write(answer + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        else:  # a redirect in a circle
            wire.write(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + path + b"\r\n\r\n")


async def _serve(pages: int) -> None:
    generated._Server.portal = generated.Portal(pages)
    Failing.asked = {"requests": 0, "first": 0.0, "last": 0.0}
    server = await asyncio.get_running_loop().create_server(Failing, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main(arguments: Sequence[str]) -> int:
    """Print what was held over time, and what the archive adds up to; return 1 where something grew."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.serve:
        asyncio.run(_serve(options.serve))
        return 0
    with tempfile.TemporaryDirectory(prefix="khocong-soak-") as folder:
        return _soak(Path(folder), options.minutes, options.pages)


def _soak(folder: Path, minutes: float, pages: int) -> int:
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "soak", "--serve", str(pages)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    origin = server.stdout.readline().strip()
    archive = folder / "kho"
    crawl = [sys.executable, "-m", "crawler.cli", "crawl", origin + "/", "--allow-private", "--delay", "0",
             "--archive", str(archive), "--json"]  # fmt: skip
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    with (folder / "said").open("wb") as said:
        process = subprocess.Popen(crawl, stdout=said, stderr=said, env=environment)
        try:
            looks = _watch(process, minutes * 60)
            ended_s = _end(process)
        finally:
            process.kill()
            server.kill()
            server.wait()
    return _report(archive, looks, ended_s, process.returncode, (folder / "said").read_text("utf-8"))


def _watch(process: "subprocess.Popen[bytes]", seconds: float) -> list[Look]:
    looks = []
    begun = time.monotonic()
    while (at := time.monotonic() - begun) < seconds and process.poll() is None:
        held = [_held(pid) for pid in _family(process.pid)]
        looks.append(Look(at, held[0][0], sum(one for one, _ in held[1:]), sum(files for _, files in held)))
        time.sleep(_LOOK_S)
    return looks


def _held(pid: int) -> tuple[float, int]:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        files = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), files
    except OSError:
        return 0.0, 0


def _end(process: "subprocess.Popen[bytes]") -> float:
    begun = time.monotonic()
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    return time.monotonic() - begun


def _report(archive: Path, looks: list[Look], ended_s: float, code: int, said: str) -> int:
    quarter = max(1, len(looks) // 4)
    second, last = looks[quarter : 2 * quarter] or looks, looks[-quarter:]
    print("| held | second quarter | last quarter |\n|---|---|---|")
    grew = []
    for name in ("main_mb", "workers_mb", "files"):
        before, now = (statistics.median(getattr(look, name) for look in part) for part in (second, last))
        print(f"| {name} | {before:.0f} | {now:.0f} |")
        if now > before * _GROWTH and now > before + _FILES and looks[-1].at_s > _CACHES_FILL_S:
            grew.append(name)
    with closing(sqlite3.connect(archive / "archive.db")) as db:
        states = dict(db.execute("SELECT state, count(*) FROM urls GROUP BY state"))
        (captures,) = db.execute("SELECT count(*) FROM captures").fetchone()
        (articles,) = db.execute("SELECT count(*) FROM articles").fetchone()
        issues = dict(db.execute("SELECT kind, count(*) FROM issues GROUP BY kind"))
        sums = dict(db.execute("SELECT state, sum(count) FROM url_counts GROUP BY state"))
    seconds = looks[-1].at_s if looks else 0.0
    print(
        f"\n{captures} captures, {articles} articles in {seconds:.0f} s ({captures / max(1, seconds):.1f}/s)"
    )
    print(f"ended with {code} in {ended_s:.1f} s after Ctrl-C; URLs: {states}; issues: {issues}")
    adds_up = {state: count for state, count in sums.items() if count} == states and "leased" not in states
    checked = subprocess.run(
        [sys.executable, "-m", "crawler.cli", "verify", "--full", "--json", "--archive", str(archive)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    whole = checked.returncode == 0
    findings = [] if whole else json.loads(checked.stdout or "{}").get("findings", [checked.stderr])[:5]
    print(f"ledger adds up: {adds_up}; verify clean: {whole} {findings or ''}")
    print(f"grew: {', '.join(grew) or 'nothing'}; tracebacks: {said.count('Traceback')}")
    return int(bool(grew) or not adds_up or not whole or "Traceback" in said)
