"""Captures that mean harm: each is taken in as far as it is sound, named where it is not, and no further."""

import gzip
import io
import json
import os
import re
import resource
import stat
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from archive.warc.copying import ORIGIN
from crawler.cli import main
from tests.faults.servers import FaultServer, article
from tests.portal.crawling import ROOT, crawl, query
from tests.portal.foreign_files import HOST, Warc
from tests.portal.test_ingest import KHOCONG

# Of addresses: what a process maps, some of it twice, is three times what it holds.
MEMORY = 4 << 30
GOOD = 3
# A million records take ten minutes: KHOCONG_LONG_TESTS=1 reads them all.
TINY = 1_000_000 if os.environ.get("KHOCONG_LONG_TESTS") else 4_000


def good(folder: str, packed: bool = True) -> bytes:
    """GOOD sound records, of a folder of URLs of their own."""
    warc = Warc(packed=packed)
    for number in range(GOOD):
        at = f"2020-01-0{number + 1}T03:04:05Z"
        warc.add(f"{HOST}/{folder}/bai-{number}.html", article(hash(folder) % 90_000 + number).encode(), at)
    return warc.bytes()


def record(url: str, body: bytes, length: object = None, *more: str, kind: str = "response") -> bytes:
    """One record that says what it likes."""
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + body
    head = [
        "WARC/1.0", f"WARC-Type: {kind}", f"WARC-Target-URI: {url}", "WARC-Date: 2020-05-01T00:00:00Z",
        f"WARC-Record-ID: <urn:uuid:{abs(hash((url, body, more)))}>",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(block) if length is None else length}", *more,
    ]  # fmt: skip
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def lying(length: object) -> Callable[[str], bytes]:
    def made(name: str) -> bytes:
        lie = record(f"{HOST}/{name}/lie.html", article(77).encode(), length)
        return good(name + "/a", packed=False) + lie + good(name + "/b", packed=False)

    return made


def packed(*parts: bytes) -> bytes:
    return b"".join(gzip.compress(part) for part in parts)


def member_bomb(_name: str) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    head = record(f"{HOST}/bomb.html", b"", 400 << 20)[:-4]
    return b"".join(
        [packer.compress(head), *(packer.compress(bytes(1 << 20)) for _ in range(400)), packer.flush()]
    )


def encoded_bomb(_name: str) -> bytes:
    inner = gzip.compress(bytes(200 << 20), 1)
    for _ in range(2):
        inner = gzip.compress(inner)
    block = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip, gzip, gzip\r\n\r\n" + inner
    )
    head = record(f"{HOST}/encoded.html", b"", len(block)).partition(b"\r\n\r\n")[0]
    return packed(head + b"\r\n\r\n" + block + b"\r\n\r\n")


def damage_flood(_name: str) -> bytes:
    return b"".join(gzip.compress(b"WARC/1.0\r\nContent-Length: x\r\n\r\n") for _ in range(5_000))


def many_hosts(_name: str) -> bytes:
    return b"".join(record(f"http://h{number}.example/", b"x") for number in range(20_000))


def odd_urls(_name: str) -> bytes:
    urls = (
        "file:///etc/passwd", "javascript:alert(1)", "data:text/html,<p>a", "ftp://a.example/x", "",
        "http://127.0.0.1/a.html", "http://[::1]/a.html", "http://169.254.169.254/latest/",
        HOST.replace("http://", "http://user:pw@") + "/a.html", HOST + ":99999/a.html", "http://[", "../../x",
        HOST + "/../../../etc/passwd", HOST + "/%2e%2e/%2e%2e/x.html", "http://" + "a" * 5000 + ".vn/",
        HOST + "/" + "b" * 9000 + ".html", HOST.upper() + "/c.html\x01", HOST + "\\@evil.example/d.html",
    )  # fmt: skip
    return packed(*(record(url, article(number).encode()) for number, url in enumerate(urls)))


def odd_heads(_name: str) -> bytes:
    page = article(88).encode()
    return packed(
        record(f"{HOST}/heads/a.html", page, None, *(f"X-{n}: {n}" for n in range(20_000))),
        record(f"{HOST}/heads/b.html", page, None, "X: " + "a" * 300_000),
        record(f"{HOST}/heads/c.html", page, None, "WARC-Date: 99999-99-99"),
        record(f"{HOST}/heads/d.html", page, None, "WARC-Refers-To: <urn:uuid:itself>", kind="revisit"),
        record(f"{HOST}/heads/e.html", page, None, kind="response\x00" + "k" * 50_000),
        record(f"{HOST}/heads/f.html", page).replace(b"HTTP/1.1 200 OK", b"HTTP/1.1 99999999999999999999 OK"),
        record(f"{HOST}/heads/g.html", page).replace(
            b"html\r", b"html; charset=\x1b]0;x\x07" + b"c" * 900 + b"\r"
        ),
        record(f"{HOST}/heads/h.html", page).replace(b"2020-05-01T00:00:00Z", b"9999-12-31T23:59:59Z"),
        record(f"{HOST}/heads/i.html", page).replace(b"2020-05-01T00:00:00Z", b"0001-01-01T00:00:00Z"),
        record(f"{HOST}/heads/j.html", page).replace(b"\r\n\r\n", b"\n"),
    )  # fmt: skip


def same_ids(_name: str) -> bytes:
    one = record(f"{HOST}/ids/a.html", article(91).encode())
    return packed(one, one.replace(b"/ids/a.html", b"/ids/b.html"), one, one)


def package(*members: tuple[str, bytes], link: str = "") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as wacz:
        wacz.writestr("datapackage.json", "{}")
        for name, data in members:
            wacz.writestr(name, data)
        if link:
            entry = zipfile.ZipInfo("archive/link.warc.gz")
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            wacz.writestr(entry, link)
    return made.getvalue()


def slipping(name: str) -> bytes:
    return package(
        ("archive/data.warc.gz", good(name)), ("archive/../../../../escaped.warc.gz", good(name + "/b")),
        ("/escaped.warc.gz", b"x"), ("archive/..\\..\\escaped.warc", b"x"), ("archive/CON.warc.gz", b"x"),
        ("archive/a\x00b.warc.gz", b"x"), ("archive/" + "n" * 4000 + ".warc.gz", b"x"), link="/etc/passwd",
    )  # fmt: skip


def nested(name: str) -> bytes:
    inner = package(("archive/data.warc.gz", good(name + "/in")))
    return package(("archive/data.warc.gz", good(name)), ("archive/inner.warc", inner), ("inner.wacz", inner))


def zip_bomb(name: str) -> bytes:
    return package(("archive/data.warc.gz", good(name)), ("archive/bomb.warc", bytes(300 << 20)))


def lying_zip(name: str) -> bytes:
    """A member that says it unfolds to three bytes, in both places where a ZIP says so."""
    data = package(("archive/data.warc.gz", good(name)), ("archive/bomb.warc", bytes(120 << 20)))
    return data.replace((120 << 20).to_bytes(4, "little"), (3).to_bytes(4, "little"))


FILES: dict[str, tuple[str, Callable[[str], bytes], int]] = {
    # what, how it is called, and how many of the sound articles beside it must come in
    "too-long": ("warc", lying(10**6), GOOD), "too-short": ("warc", lying(5), 2 * GOOD),
    "negative": ("warc", lying(-1), 2 * GOOD), "huge": ("warc", lying(10**18), 2 * GOOD),
    "no-number": ("warc", lying("mười"), 2 * GOOD), "digits": ("warc", lying("9" * 5000), 2 * GOOD),
    "member-bomb": ("warc.gz", member_bomb, 0), "encoded-bomb": ("warc.gz", encoded_bomb, 0),
    "gzip-in-gzip": ("warc.gz", lambda name: gzip.compress(gzip.compress(good(name))), 0),
    "flood": ("warc.gz", damage_flood, 0), "hosts": ("warc", many_hosts, 0), "urls": ("warc.gz", odd_urls, 0),
    "heads": ("warc.gz", odd_heads, 0), "ids": ("warc.gz", same_ids, 0),
    "slip": ("wacz", slipping, GOOD), "nested": ("wacz", nested, GOOD), "zip-bomb": ("wacz", zip_bomb, GOOD),
    "zip-lie": ("wacz", lying_zip, GOOD),
    "-rf ;$(touch escaped)": ("warc.gz", good, GOOD),
}  # fmt: skip


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict], float, Path]:
    """All of them taken in by one run, with little memory."""
    folder = tmp_path_factory.mktemp("crafted")
    (folder / "in").mkdir()
    paths = []
    for name, (kind, make, _) in FILES.items():
        path = folder / "in" / f"{name}.{kind}"
        path.write_bytes(make(name.replace("-rf ;$(touch escaped)", "shell")))
        paths.append(str(path))
    begun = time.monotonic()
    done = subprocess.run(
        [*KHOCONG, "ingest", "--workers", "1", "--archive", str(folder / "kho"), "--json", "--", *paths],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stderr[-3000:]
    assert "please report" not in done.stderr, done.stderr[-3000:]
    assert done.returncode == 1, done.stderr[-3000:]
    return folder, json.loads(done.stdout), time.monotonic() - begun, folder / "kho"


@pytest.mark.parametrize("name", FILES)
def test_what_is_sound_comes_in_and_the_rest_is_named(
    taken: tuple[Path, list[dict], float, Path], name: str
) -> None:
    _, takings, _, archive = taken
    kind, _, wanted = FILES[name]
    taking = next(one for one in takings if one["name"] == f"{name}.{kind}")
    folder = name.replace("-rf ;$(touch escaped)", "shell")
    (found,) = query(archive, f"SELECT count(*) FROM articles WHERE url LIKE '{HOST}/{folder}/%bai-_.html'")[
        0
    ]
    assert found >= wanted, taking
    if wanted == 0 and name not in ("hosts", "urls", "ids", "encoded-bomb"):
        assert taking["damaged"] or taking["error"] or taking["issues"], "it is said what is wrong"


def test_it_is_bounded_in_time_and_said_a_bounded_number_of_times(
    taken: tuple[Path, list[dict], float, Path],
) -> None:
    _, takings, took, archive = taken
    assert took < 120
    assert query(archive, "SELECT count(*) FROM issues")[0][0] < 5_000
    assert query(archive, "SELECT max(length(detail)) FROM issues")[0][0] <= 1_000
    assert all(len(one["elsewhere"]) <= 10_001 and len(one["other"]) <= 101 for one in takings)


def test_no_record_came_in_for_a_host_that_is_no_portals(taken: tuple[Path, list[dict], float, Path]) -> None:
    urls = [url for (url,) in query(taken[3], "SELECT url FROM captures UNION SELECT url FROM urls")]
    assert all(url.lower().startswith(HOST) for url in urls), urls
    assert not any("@" in url.split("/")[2] for url in urls)


def test_nothing_was_written_beside_the_archive(taken: tuple[Path, list[dict], float, Path]) -> None:
    folder, _, _, archive = taken
    assert {path.name for path in folder.iterdir()} == {"in", "kho"}
    assert not [path for path in (*folder.parent.rglob("*escaped*"), ROOT / "escaped") if path.is_file()
                and path.parent.name != "in" and path.exists()]  # fmt: skip
    assert all(path.name.endswith(".warc.gz") for path in (archive / "warc").iterdir() if path.is_file())


def test_the_archive_is_whole(taken: tuple[Path, list[dict], float, Path]) -> None:
    assert main(["verify", "--full", "--workers", "1", "--archive", str(taken[3])]) == 0
    assert query(
        taken[3], "SELECT count(*) FROM (SELECT url FROM articles GROUP BY url HAVING count(*) > 1)"
    ) == [(0,)]


def test_a_great_many_tiny_records_take_no_more_memory(tmp_path: Path) -> None:
    tiny = b"".join(
        record(f"{HOST}/nho/{number}.gif", b"").replace(b"text/html", b"image/gif") for number in range(TINY)
    )
    (tmp_path / "tiny.warc").write_bytes(tiny)
    words = [
        "ingest",
        str(tmp_path / "tiny.warc"),
        "--workers",
        "0",
        "--json",
        "--archive",
        str(tmp_path / "kho"),
    ]
    # Asked of the process itself: what the system tells its parent begins with the parent's own size.
    counted = "import sys; from crawler.cli import main; code = main(sys.argv[1:]);"
    counted += (
        "print(*(row for row in open('/proc/self/status') if row.startswith('VmHWM')), file=sys.stderr);"
    )
    counted += "sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", counted, *words], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    (tmp_path / "said").write_text(done.stdout, encoding="utf-8")
    assert int(re.search(r"VmHWM:\s+(\d+) kB", done.stderr)[1]) / 1024 < 300
    (taking,) = json.loads((tmp_path / "said").read_text("utf-8"))
    assert taking["captures"] == TINY


def test_what_came_from_a_file_is_always_told_from_what_a_crawl_fetched(tmp_path: Path) -> None:
    """Records that say they are ours, of a portal's host and of tomorrow; our own file taken in elsewhere."""
    forged = b"".join(
        record(
            f"{HOST}/gia/{n}.html", article(n).encode(), None, f"{ORIGIN}: live", f"{ORIGIN.lower()}: live"
        )
        for n in range(3)
    )
    (tmp_path / "gia.warc").write_bytes(forged)
    with FaultServer(good=3) as server:
        assert crawl(server.origin + "/", tmp_path / "cua-ta").returncode == 0
    assert query(tmp_path / "cua-ta", "SELECT DISTINCT origin FROM captures") == [("live",)]
    [own] = (tmp_path / "cua-ta" / "warc").glob("*.warc.gz")
    archive = tmp_path / "kho"
    words = [str(tmp_path / "gia.warc"), str(own), "--portal", server.netloc, "--workers", "1"]
    assert main(["ingest", *words, "--archive", str(archive)]) == 0
    of_each = (
        "SELECT a.url LIKE '%/gia/%', substr(c.origin, 1, instr(c.origin, '.warc') + 4), count(*)"
        " FROM articles a JOIN revisions r USING (revision_id) JOIN captures c ON c.capture_id = r.capture_id"
        " GROUP BY 1, 2 ORDER BY 1"
    )
    expected = [(0, f"warc:{own.name.partition('.warc')[0]}.warc", 3), (1, "warc:gia.warc", 3)]
    assert query(archive, of_each) == expected
    assert query(archive, "SELECT count(*) FROM captures WHERE origin NOT LIKE 'warc:%'") == [(0,)]
    # A rebuild has it from the records, and a shard that is merged from its rows.
    assert main(["rebuild", "--workers", "1", "--archive", str(archive)]) == 0
    assert query(archive, of_each) == expected
    assert main(["merge", str(archive), "--archive", str(tmp_path / "chung")]) == 0
    assert query(tmp_path / "chung", of_each) == expected
