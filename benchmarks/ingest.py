"""How fast others' captures come in, and in how much memory: a curve over sizes, in a process of its own.

A WARC is written of records that are no articles (style sheets, images, errors, redirects) with one article
page in so many; it is taken in by the command, and the size of that process is read from the system. With
`--merge` four shards of articles are joined and timed, by the clock and by the process's own time. With
`--race` the article pages of the made-up portal (60 KB each) are taken in by two readers, and read by
trafilatura with metadata in one process; then the same of the real article pages of ../shared/captures, each
under several made-up hosts, where it says another sentence.
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
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from benchmarks import generated
from benchmarks.extraction import PORTALS, SHARED
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
        for write in (_write_generated, _write_real):
            with tempfile.TemporaryDirectory() as folder:
                print(_race(Path(folder), write, options.race), flush=True)
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


def _write_generated(file: Path, pages: int) -> str:
    """Write the pages of the made-up portal; return what they are."""
    portal = generated.Portal(pages + generated.SECTIONS + 1)
    paths = [f"/tin-tuc/tin-{number}.html" for number in range(pages)]
    _write_pages(file, ((HOST + path, "text/html", portal.page(path) or b"") for path in paths))
    return f"{pages:,} article pages of 60 KB"


def _write_real(file: Path, pages: int) -> str:
    """Write the article pages of the two real portals under so many hosts that there are *pages* at least."""
    if not (SHARED / "captures").is_dir():
        raise FileNotFoundError(f"{SHARED / 'captures'} is not there")
    found = {name: _article_pages(name) for name in PORTALS}
    hosts = -(-pages // sum(map(len, found.values())))
    made = [
        (
            url.replace(_origin(url), host),
            kind,
            _told_apart(body, paragraphs, f"lần {number}", _origin(url), host),
        )
        for name, group in found.items()
        for number, host in enumerate(f"http://{name}{one}.example.gov.vn" for one in range(hosts))
        for url, kind, body, paragraphs in group
    ]
    _write_pages(file, made)
    size = sum(len(body) for *_, body in made) / len(made)
    return f"{len(made):,} real article pages, {size / 1000:.0f} KB on average, of {2 * hosts} portals"


def _article_pages(name: str) -> list[tuple[str, str, bytes, list[str]]]:
    """Return URL, media type, bytes and paragraphs of each article of a captured portal."""
    lines = (SHARED / "captures" / f"{name}.truth.jsonl").read_text(encoding="utf-8").splitlines()
    paragraphs = {one["url"]: one["body_text"] for one in map(json.loads, lines)}
    found: dict[str, tuple[str, str, bytes, list[str]]] = {}
    with (SHARED / "captures" / f"{name}.warc.gz").open("rb") as stream:
        for record in ArchiveIterator(stream):
            url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
            if record.rec_type == "response" and url in paragraphs and url not in found:
                kind = record.http_headers.get_header("Content-Type") or "text/html"
                found[url] = url, kind, record.content_stream().read(), paragraphs[url]
    return list(found.values())


def _told_apart(body: bytes, paragraphs: Sequence[str], which: str, origin: str, host: str) -> bytes:
    """Return a page as another portal has it: its own addresses, and a sentence that says which it is."""
    body = body.replace(origin.encode(), host.encode())
    for start in (one[:30].encode() for one in paragraphs if len(one) > 60):
        if body.count(start) == 1:
            return body.replace(start, f"Tin do Cổng thông tin đăng {which}. ".encode() + start)
    return body.replace(b"</title>", f" ({which})</title>".encode(), 1)


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def _write_pages(file: Path, pages: Iterable[tuple[str, str, bytes]]) -> None:
    with file.open("wb") as stream:
        writer = WARCWriter(stream, gzip=True)
        for url, kind, body in pages:
            http = StatusAndHeaders("200 OK", [("Content-Type", kind)], protocol="HTTP/1.1")
            writer.write_record(
                writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=http)
            )


def _race(folder: Path, write: Callable[[Path, int], str], pages: int) -> str:
    """Return pages a second of ours over both cores against trafilatura's on one, over the same records."""
    file = folder / "pages.warc.gz"
    try:
        what = write(file, pages)
    except FileNotFoundError as error:
        return f"\nReal article pages: left out, {error}"
    pages = int(what.split()[0].replace(",", ""))
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
            f"\n{what}:\n\n| | pages/s | CPU ms a page | MB, main / reader |",
            "|---|---|---|---|",
            *lines,
            f"\n{cost[0].seconds / cost[1].seconds:.2f} times as many ({by_cpu:.2f} by CPU over {cores}"
            " cores; bar 7)",
        )
    )


def _peer(file: Path) -> int:
    """Read every record of *file* with trafilatura, as its users do."""
    import trafilatura

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
