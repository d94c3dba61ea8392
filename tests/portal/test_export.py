"""Every export, read back by programs that are not ours, and the copy of an archive while it is written."""

import csv
import filecmp
import hashlib
import io
import json
import shutil
import subprocess
import sys
import threading
import zipfile
from email.utils import parsedate_to_datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from archive import Archive
from tests.portal.crawling import ROOT, query
from tests.portal.foreign_files import HOST, Warc, page
from tests.portal.test_ingest import ingest, verify

KHOCONG = (sys.executable, "-m", "crawler.cli")
HOSTILE = '=HYPERLINK("http://x.example","Bấm vào đây")'
COUNT = 12


def run(*arguments: object, code: int = 0, **more) -> subprocess.CompletedProcess:
    done = subprocess.run(
        [*KHOCONG, *map(str, arguments)], cwd=ROOT, capture_output=True, timeout=120, check=False, **more
    )
    assert b"Traceback" not in done.stderr
    assert done.returncode == code, done.stderr.decode()
    return done


def outside(*command: object) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """Twelve articles of a commune: two texts of one, a formula for a title, and scripts in a body."""
    folder = tmp_path_factory.mktemp("exported")
    warc = Warc()
    for number in range(COUNT):
        at = f"2020-01-{number + 1:02d}T03:04:05Z"
        warc.add(f"{HOST}/tin-tuc/bai-{number}.html", page(f"Bài viết số {number} của phường"), at)
    warc.add(
        f"{HOST}/tin-tuc/bai-1.html",
        page("Bài viết số 1 của phường", "Đính chính: số liệu quý I."),
        "2020-03-01T00:00:00Z",
    )
    warc.add(
        f"{HOST}/tin-tuc/bai-la.html",
        page(HOSTILE, "<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>"),
        "2020-04-01T00:00:00Z",
    )
    ingest(folder / "kho", warc.save(folder / "a.warc.gz"), "--workers", 0)
    return folder / "kho"


def test_jsonl_carries_everything_and_a_search_narrows_it(archive) -> None:
    lines = [json.loads(line) for line in run("export", "jsonl", "--archive", archive).stdout.splitlines()]
    assert len(lines) == COUNT + 1
    one = next(line for line in lines if line["url"].endswith("bai-1.html"))
    assert [revision["is_current"] for revision in one["revisions"]] == [0, 1]
    assert one["citations"][0]["document"] == "24/QĐ-UBND"
    assert "Đính chính" in one["text"]
    assert one["blocks"][-1]["kind"] == "paragraph"
    found = run("export", "jsonl", "đính chính", "--archive", archive).stdout.splitlines()
    assert [json.loads(line)["url"] for line in found] == [f"{HOST}/tin-tuc/bai-1.html"]
    refused = run("export", "jsonl", "year:abc", "--archive", archive, code=2)
    assert b"year" in refused.stderr


def test_no_cell_of_the_csv_is_a_formula(archive) -> None:
    raw = run("export", "csv", "--archive", archive).stdout
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert len(rows) == COUNT + 1
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t")]
    assert "'" + HOSTILE in {row["title"] for row in rows}


def test_duckdb_reads_the_parquet(archive, tmp_path) -> None:
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    run("export", "parquet", "--archive", archive, "-o", tmp_path / "lake")
    files = f"read_parquet('{tmp_path}/lake/**/*.parquet', hive_partitioning=true)"
    sql = f"SELECT portal, year, count(*) FROM {files} GROUP BY ALL"
    assert duckdb.sql(sql).fetchall() == [("phuong1.example.gov.vn", 2019, COUNT + 1)]


def test_the_subset_is_an_archive_of_its_own(archive, tmp_path) -> None:
    run("export", "sqlite", "đính chính", "--archive", archive, "-o", tmp_path / "part")
    with Archive(tmp_path / "part") as part:
        assert [hit.url for hit in part.search("dinh chinh").hits] == [f"{HOST}/tin-tuc/bai-1.html"]
        assert len(part.revisions(f"{HOST}/tin-tuc/bai-1.html")) == 2
    for check in ("integrity_check", "foreign_key_check"):
        assert query(tmp_path / "part", f"PRAGMA {check}") in ([("ok",)], [])


def test_the_wacz_is_valid_to_its_own_tools_and_its_index_finds_every_record(archive, tmp_path) -> None:
    file = tmp_path / "kho.wacz"
    run("export", "wacz", "--archive", archive, "-o", file)
    with zipfile.ZipFile(file) as package:
        warc = tmp_path / "data.warc.gz"
        warc.write_bytes(package.read("archive/data.warc.gz"))
        lines = package.read("indexes/index.cdx").splitlines()
        described = json.loads(package.read("datapackage.json"))
        for resource in described["resources"]:
            data = package.read(resource["path"])
            assert (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}") == (
                resource["bytes"],
                resource["hash"],
            )
    outside(sys.executable, "-m", "warcio.cli", "check", warc)
    indexed = outside(sys.executable, "-m", "warcio.cli", "index", warc)
    offsets = {
        entry["offset"] for entry in map(json.loads, indexed.splitlines()) if "warc-target-uri" in entry
    }
    assert {json.loads(line.split(b" ", 2)[2])["offset"] for line in lines} == offsets
    assert lines == sorted(lines)
    if wacz := shutil.which("wacz", path=str(Path(sys.executable).parent)):
        assert "valid" in outside(wacz, "validate", "-f", file)


def test_the_bag_is_valid_to_bagit(archive, tmp_path) -> None:
    bagit = pytest.importorskip("bagit")
    run("export", "bagit", "--archive", archive, "-o", tmp_path / "bag")
    outside(sys.executable, bagit.__file__, "--validate", tmp_path / "bag")
    verify(tmp_path / "bag" / "data")
    assert (tmp_path / "bag" / "data" / "registry").is_dir()
    (tmp_path / "bag" / "data" / "README.txt").write_text("changed")
    assert not bagit.Bag(str(tmp_path / "bag")).is_valid()


def test_feeds_are_what_their_standards_say(archive) -> None:
    atom = ET.fromstring(run("export", "atom", "--archive", archive).stdout)
    ns = {"a": "http://www.w3.org/2005/Atom"}
    for parent in (atom, *atom.findall("a:entry", ns)):
        for name in ("id", "title", "updated"):
            assert len(parent.findall(f"a:{name}", ns)) == 1, "RFC 4287, 4.1"
    entries = atom.findall("a:entry", ns)
    assert len(entries) == COUNT + 1
    assert len({entry.findtext("a:id", None, ns) for entry in entries}) == COUNT + 1
    assert entries[0].findtext("a:published", None, ns) == "2019-05-13T08:30:00+07:00"
    rss = ET.fromstring(run("export", "rss", "--archive", archive).stdout)
    assert len(rss.findall("channel/item")) == COUNT + 1
    assert (
        parsedate_to_datetime(rss.findtext("channel/item/pubDate")).isoformat() == "2019-05-13T08:30:00+07:00"
    )


def test_a_feed_reader_of_others_and_the_grammars_of_the_standards_accept_both_feeds(archive) -> None:
    for form in ("atom", "rss"):
        for words in ((), ("đính chính",), ("không có từ nào như thế",)):
            feed = run("export", form, *words, "--archive", archive).stdout
            done = run_check(form, feed)
            assert done.returncode == 0, done.stdout
    feed = run("export", "atom", "--archive", archive).stdout
    for wrong in (
        feed.replace(b"<updated>2", b"<updated>0", 1).replace(b"+07:00", b"", 1),
        feed.replace(b"<author>", b"<writer>", 1).replace(b"</author>", b"</writer>", 1),
        feed.replace(b'href="http', b'href="javascript', 1),
        feed.replace(b"bai-2.html</id>", b"bai-3.html</id>"),
        feed.replace(b"</title>", b"&nbsp;</title>", 1),
    ):
        assert wrong != feed
        assert run_check("atom", wrong).returncode, "the check finds what is wrong"


def run_check(form: str, feed: bytes) -> subprocess.CompletedProcess:
    pytest.importorskip("feedparser")
    command = [sys.executable, ROOT / "tests" / "feed_check.py", form]
    return subprocess.run(command, input=feed, capture_output=True, timeout=60, check=False)


def test_the_bag_of_a_search_is_an_archive_by_itself(archive, tmp_path) -> None:
    bagit = pytest.importorskip("bagit")
    run("export", "bagit", "đính chính", "--archive", archive, "-o", tmp_path / "bag")
    outside(sys.executable, bagit.__file__, "--validate", tmp_path / "bag")
    data = tmp_path / "bag" / "data"
    assert query(data, "SELECT url FROM articles") == [(f"{HOST}/tin-tuc/bai-1.html",)]
    verify(data)


def test_the_site_shows_text_and_runs_nothing(archive, tmp_path) -> None:
    run("export", "html", "--archive", archive, "-o", tmp_path / "site")
    pages = list((tmp_path / "site" / "bai").glob("*.html"))
    assert len(pages) == COUNT + 1
    for path in (tmp_path / "site").rglob("*.html"):
        text = path.read_text("utf-8")
        assert "<script" not in text
        assert "default-src 'none'" in text


def test_redirects_and_timemap_lead_from_dead_urls_to_the_archive(archive) -> None:
    made = run(
        "export", "redirects-nginx", "--base", "https://kho.example.vn", "--archive", archive
    ).stdout.decode()
    assert made.count("phuong1.example.gov.vn/tin-tuc/bai-1.html") == 1
    assert '"https://kho.example.vn/bai/' in made
    rows = list(csv.reader(io.StringIO(run("export", "redirects-csv", "--archive", archive).stdout.decode())))
    assert len(rows) == COUNT + 2
    links = run(
        "export", "timemap", "--url", f"{HOST}/tin-tuc/bai-1.html", "--archive", archive
    ).stdout.decode()
    assert links.count('memento"; datetime="') == 2
    assert 'rel="first memento"; datetime="Thu, 02 Jan 2020 03:04:05 GMT"' in links
    assert f'<{HOST}/tin-tuc/bai-1.html>; rel="original"' in links


@pytest.mark.parametrize("form", ["jsonl", "csv", "atom", "rss", "cdxj", "wacz", "html"])
def test_an_export_twice_is_the_same_bytes(archive, tmp_path, form) -> None:
    for name in ("one", "two"):
        run("export", form, "--archive", archive, "-o", tmp_path / name)
    if form == "html":
        names = [str(path.relative_to(tmp_path / "one")) for path in (tmp_path / "one").rglob("*.html")]
        assert filecmp.cmpfiles(tmp_path / "one", tmp_path / "two", names, shallow=False)[0] == names
    else:
        assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_copy_made_while_an_ingest_writes_is_whole_and_grows(tmp_path, shared_dir) -> None:
    source, copy = tmp_path / "kho", tmp_path / "copy"
    file = shared_dir / "captures" / "nukeviet.warc.gz"
    writer = threading.Thread(target=ingest, args=(source, file, "--portal", "127.0.0.1:8081"))
    writer.start()
    copies = 0
    while writer.is_alive():
        if (source / "archive.db").exists() and query_or_none(source):
            run("backup", copy, "--archive", source)
            verify(copy)
            copies += 1
    writer.join()
    run("backup", copy, "--archive", source)
    assert copies
    sql = "SELECT url, text_digest FROM articles ORDER BY url"
    assert query(copy, sql) == query(source, sql)
    again = json.loads(run("backup", copy, "--archive", source, "--json").stdout)
    assert again["warc_bytes"] == 0
    inside = run("backup", source / "x", "--archive", source, code=2)
    assert b"outside" in inside.stderr


def query_or_none(archive: Path) -> bool:
    try:
        return bool(query(archive, "SELECT 1 FROM captures LIMIT 1"))
    except Exception:  # being made
        return False
