"""How fast others' captures come in, and in how much memory: a curve over sizes, in a process of its own.

A WARC is written of records that are no articles (style sheets, images, errors, redirects) with one article
page in so many; it is taken in by the command, and the size of that process is read from the system. With
`--merge` four shards of articles are joined and timed, by the clock and by the process's own time. With
`--race` the article pages of the made-up portal (60 KB each) are taken in by two readers, and read by
trafilatura with metadata in one process.
"""

import argparse
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from benchmarks import generated
from benchmarks.running import run

HOST = "http://phuongminhhoa.example.gov.vn"
_WARDS = ("An Lạc", "Bình Trị", "Cầu Kho", "Đa Kao", "Gia Hội", "Hòa Cường", "Lê Lợi", "Mai Động", "Tân An")
_WORKS = (
    "sơ kết công tác cải cách hành chính", "ra quân dọn vệ sinh môi trường", "tập huấn phòng cháy chữa cháy",
    "trao quà cho hộ nghèo", "khánh thành nhà văn hóa", "họp xét duyệt hồ sơ đất đai", "tổng kết năm học",
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Print the curve as a Markdown table; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ingest", description=__doc__)
    parser.add_argument("--sizes", default="10000,30000,100000", help="records, with commas between")
    parser.add_argument("--articles", type=int, default=0, help="one record in so many is an article page")
    parser.add_argument("--merge", type=int, default=0, metavar="N", help="also join 4 shards of N articles")
    parser.add_argument("--lines", type=int, default=6, help="lines of text an article (22: 2.9 kB)")
    parser.add_argument("--race", type=int, default=0, metavar="N", help="also N pages against trafilatura")
    parser.add_argument("--peer", type=Path, metavar="WARC", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.peer:
        return _peer(options.peer)
    if options.sizes:
        print("| records | of them articles | seconds | records/s | records/s, last tenth | peak MB |")
        print("|---|---|---|---|---|---|")
    for size in map(int, filter(None, options.sizes.split(","))):
        with tempfile.TemporaryDirectory() as folder:
            print(_measured(Path(folder), size, options.articles), flush=True)
    if options.merge:
        with tempfile.TemporaryDirectory() as folder:
            print(_merged(Path(folder), options.merge, options.lines))
    if options.race:
        with tempfile.TemporaryDirectory() as folder:
            print(_race(Path(folder), options.race))
    return 0


def page(number: int, host: str = HOST, lines_of_text: int = 6) -> bytes:
    """Return an article page whose words are its own; a line of text has some 130 bytes."""
    ward, work = _WARDS[number % len(_WARDS)], _WORKS[number // 9 % len(_WORKS)]
    lines = "".join(
        f"<p>Phường {ward} {_WORKS[(number + step) % len(_WORKS)]} lần thứ {number}, đợt {step} với"
        f" {number * 7 % 900 + step} hộ dân tham gia tại khu phố {number % 83}.</p>"
        for step in range(lines_of_text)
    )
    return (
        f"<!DOCTYPE html><html><head><meta charset='utf-8'><title>{ward} {work} {number}</title></head><body>"
        f"<div class='menu'><a href='{host}/'>Trang chủ</a></div><div class='detail'><h1>Phường {ward} {work}"
        f" lần {number}</h1><span class='date'>13/05/2019 08:30</span><div class='content'>{lines}</div>"
        "</div></body></html>"
    ).encode()


def write_warc(path: Path, size: int, every: int, host: str = HOST, lines: int = 6) -> None:
    """Write *size* records, one in *every* an article page (0: none)."""
    kinds: tuple[tuple[str, str, str], ...] = (
        ("anh-{}.jpg", "image/jpeg", "200 OK"), ("kieu-{}.css", "text/css", "200 OK"),
        ("mat-{}.html", "text/html", "404 Not Found"), ("cu-{}.html", "text/html", "301 Moved Permanently"),
    )  # fmt: skip
    with path.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for number in range(size):
            is_article = bool(every) and number % every == 0
            name, mime, status = ("tin-{}.html", "text/html", "200 OK") if is_article else kinds[number % 4]
            body = page(number, host, lines) if is_article else f"{number} ".encode() * 200
            headers = [("Content-Type", mime)]
            if status.startswith("301"):
                headers.append(("Location", f"{host}/moi-{number}.html"))
            http = StatusAndHeaders(status, headers, protocol="HTTP/1.1")
            at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_557_700_000 + number))
            writer.write_record(
                writer.create_warc_record(
                    f"{host}/tin-tuc/{name.format(number)}", "response", payload=io.BytesIO(body),
                    http_headers=http, warc_headers_dict={"WARC-Date": at},
                )
            )  # fmt: skip


def _measured(folder: Path, size: int, every: int) -> str:
    file = folder / "foreign.warc.gz"
    write_warc(file, size, every)
    command = [sys.executable, "-m", "crawler.cli", "ingest", str(file), "--archive", str(folder / "kho"),
               "--workers", "2" if every else "0"]  # fmt: skip
    began = time.monotonic()
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    marks = [(began, 0)]
    while running.poll() is None:
        time.sleep(0.5)
        marks.append((time.monotonic(), _written(folder / "kho")))
    usage = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    took = time.monotonic() - began
    marks.append((time.monotonic(), marks[-1][1]))
    last = next(((at, done) for at, done in marks if done >= 0.9 * marks[-1][1]), marks[0])
    share = 0.1 * size / max(0.5, marks[-1][0] - last[0])
    articles = size // every if every else 0
    return f"| {size:,} | {articles:,} | {took:.0f} | {size / took:.0f} | {share:.0f} | {usage:.0f} |"


def _written(archive: Path) -> int:
    return sum(path.stat().st_size for path in (archive / "warc").glob("*.warc.gz"))


def _merged(folder: Path, articles: int, lines: int) -> str:
    shards = []
    for number in range(4):
        host = f"http://phuong{number}.example.gov.vn"
        file = folder / f"{number}.warc.gz"
        write_warc(file, articles, 1, host, lines)
        shards.append(str(folder / f"shard-{number}"))
        _run("ingest", str(file), "--archive", shards[-1], "--workers", "2")
    began, used = time.monotonic(), _used()
    done = _run("merge", *shards, "--archive", str(folder / "kho"), "--json")
    took, cpu = time.monotonic() - began, _used() - used
    count = sum(one["articles"] for one in json.loads(done))
    shutil.rmtree(folder / "kho")
    return (
        f"\n4 shards of {articles:,} articles merged: {count:,} in {took:.1f} s, {count / took:,.0f} a"
        f" second; {cpu:.1f} s of the processor, {count / cpu:,.0f} a second of it"
    )


def _race(folder: Path, pages: int) -> str:
    """Return pages a second of ours over both cores against trafilatura's on one, over the same records."""
    file = folder / "pages.warc.gz"
    portal = generated.Portal(pages + generated.SECTIONS + 1)
    with file.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for number in range(pages):
            path = f"/tin-tuc/tin-{number}.html"
            http = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(
                    HOST + path, "response", payload=io.BytesIO(portal.page(path) or b""), http_headers=http
                )
            )
    lines = []
    ours = [sys.executable, "-m", "crawler.cli", "ingest", str(file), "--archive", str(folder / "kho"),
            "--workers", "2"]  # fmt: skip
    theirs = [sys.executable, "-m", "benchmarks", "ingest", "--peer", str(file)]
    cost = [run(words, folder=Path.cwd(), timeout_s=7200) for words in (theirs, ours)]
    for name, one in zip(("trafilatura, one process", "khocong, two readers"), cost, strict=True):
        assert one.code == 0, name
        lines.append(
            f"| {name} | {pages / one.seconds:.1f} | {1000 * one.cpu_s / pages:.1f} |"
            f" {one.main_mb:.0f} / {one.worker_mb:.0f} |"
        )
    cores = os.cpu_count() or 1
    by_cpu = cost[0].cpu_s / cost[1].cpu_s * cores
    return "\n".join(
        (
            f"\n{pages:,} article pages of 60 KB:\n\n| | pages/s | CPU ms a page | MB, main / reader |",
            "|---|---|---|---|",
            *lines,
            f"\n{cost[0].seconds / cost[1].seconds:.2f} times as many ({by_cpu:.2f} by CPU over {cores}"
            " cores; bar 7)",
        )
    )


def _peer(file: Path) -> int:
    """Read every record of *file* with trafilatura, as its users do."""
    import trafilatura
    from warcio.archiveiterator import ArchiveIterator

    with file.open("rb") as stream:
        for record in ArchiveIterator(stream):
            url = record.rec_headers.get_header("WARC-Target-URI")
            trafilatura.bare_extraction(record.content_stream().read(), url=url, with_metadata=True)
    return 0


def _used() -> float:
    """Return the seconds of processor that the processes waited for have used."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _run(*arguments: str) -> str:
    command = [sys.executable, "-m", "crawler.cli", *arguments]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout
