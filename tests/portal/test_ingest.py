"""`khocong ingest`: other people's captures become the same articles, once, each traced to its record."""

import gzip
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import unquote

import pytest
import zstandard

from archive.digests import payload_digest
from tests.portal import foreign_files as foreign
from tests.portal.crawling import ROOT, query
from tests.portal.foreign_files import HOST, Warc, page

URL = f"{HOST}/tin-tuc/so-ket-cai-cach.html"
KHOCONG = (sys.executable, "-m", "crawler.cli")
TABLES = ("captures", "articles", "revisions", "citations", "aliases", "urls")


def ingest(archive: Path, *arguments: object, code: int = 0) -> list[dict]:
    done = subprocess.run(
        [*KHOCONG, "ingest", *map(str, arguments), "--archive", str(archive), "--json"], cwd=ROOT,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else [{"stderr": done.stderr}]


def rows(archive: Path) -> dict[str, list]:
    return {table: query(archive, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


def verify(archive: Path) -> None:
    done = subprocess.run(
        [*KHOCONG, "verify", "--archive", str(archive), "--full"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("name", "port"), [("nukeviet", 8081), ("wordpress", 8082)])
def test_a_portal_of_somebody_elses_warc_is_archived_whole_and_once(shared_dir, tmp_path, name, port) -> None:
    archive = tmp_path / "archive"
    file = shared_dir / "captures" / f"{name}.warc.gz"
    (taking,) = ingest(archive, file, "--portal", f"127.0.0.1:{port}")
    lines = (shared_dir / "captures" / f"{name}.truth.jsonl").read_text("utf-8").splitlines()
    wanted = {unquote(row["url"]) for row in map(json.loads, lines) if "KHÔNG HIỂN THỊ" not in row["title"]}
    found = [unquote(url) for (url,) in query(archive, "SELECT url FROM articles")]
    assert wanted <= set(found)
    assert len(found) == len(set(found))
    assert taking["damaged"] == 0
    assert taking["captures"] == taking["records"] - taking["other"].get("warcinfo", 0)
    (origin,) = query(archive, "SELECT min(origin) FROM captures")[0]
    assert origin.startswith(f"warc:{name}.warc.gz:")
    if name == "wordpress":
        joined = query(archive, "SELECT count(*) FROM revisions WHERE notes LIKE '%joined from%'")
        assert joined[0][0] >= 5, "articles of several pages are whole"
    verify(archive)

    before = rows(archive)
    (again,) = ingest(archive, file, "--portal", f"127.0.0.1:{port}")
    assert again["known"] == taking["captures"]
    assert again["captures"] == 0
    assert rows(archive) == before, "ingesting twice changes nothing"


def test_one_article_from_five_sources_is_one_article_with_a_line_of_captures(tmp_path) -> None:
    archive = tmp_path / "archive"
    old, new = (
        page("Sơ kết cải cách hành chính"),
        page("Sơ kết cải cách hành chính", "Bổ sung: biểu dương 3 khu phố."),
    )
    live = Warc().add(URL, new, "2021-03-01T00:00:00Z").save(tmp_path / "a.warc.gz")
    wget = tmp_path / "b.warc"
    wget.write_bytes(
        foreign.wget_style(
            Warc().add(URL, foreign.chunked(old), "2019-05-20T01:00:00Z", transfer="chunked").bytes()
        )
    )
    mirror = foreign.mirror(
        tmp_path / "mirror", HOST.removeprefix("http://"), "/tin-tuc/so-ket-cai-cach.html", old
    )
    package = foreign.wacz(
        tmp_path / "c.wacz",
        Warc()
        .add(URL.replace("http:", "https:"), gzip.compress(new), "2022-01-01T00:00:00Z", encoding="gzip")
        .bytes(),
    )
    saved = tmp_path / "saved.html"
    saved.write_bytes(new)

    for source in ([live], [wget], [mirror], [package], [saved, "--url", URL, "--at", "2020-06-01"]):
        ingest(archive, *source)

    assert query(archive, "SELECT count(*) FROM articles") == [(1,)]
    captures = query(
        archive, "SELECT substr(captured_at, 1, 10), substr(origin, 1, 5) FROM captures ORDER BY captured_at"
    )
    assert captures == [
        ("2019-05-20", "warc:"), ("2019-06-14", "httra"), ("2020-06-01", "file:"),
        ("2021-03-01", "warc:"), ("2022-01-01", "wacz:"),
    ]  # fmt: skip
    texts = query(
        archive,
        "SELECT substr(captured_at, 1, 10), is_current, text FROM revisions_flat ORDER BY captured_at",
    )
    assert [(at, current, "Bổ sung" in text) for at, current, text in texts] == [
        ("2019-05-20", 0, False), ("2020-06-01", 1, True),
    ]  # fmt: skip
    assert query(archive, "SELECT published_at FROM articles") == [("2019-05-13T08:30:00+07:00",)]
    assert not (tmp_path / "escape.txt").exists()
    verify(archive)
    before = rows(archive)
    for source in ([mirror], [package], [wget], [saved, "--url", URL, "--at", "2020-06-01"]):
        assert ingest(archive, *source)[0]["captures"] == 0
    assert rows(archive) == before


@pytest.mark.parametrize("form", ["plain", "whole gzip", "zstd", "zstd with dictionary"])
def test_every_packing_is_read(tmp_path, form) -> None:
    warc = Warc(packed=False)
    for number in range(30):
        warc.add(
            f"{HOST}/tin-tuc/bai-{number}.html",
            page(f"Bài viết số {number} của phường"),
            "2020-01-02T03:04:05Z",
        )
    plain = warc.bytes()
    file = tmp_path / "packed.bin"
    if form == "plain":
        file.write_bytes(plain)
    elif form == "whole gzip":
        file.write_bytes(gzip.compress(plain))
    elif form == "zstd":
        file.write_bytes(zstandard.compress(plain))
    else:
        records = [b"WARC/1.0" + part for part in plain.split(b"WARC/1.0")[1:]]
        words = zstandard.train_dictionary(4096, records)
        packer = zstandard.ZstdCompressor(dict_data=words)
        head = b"\x5d\x2a\x4d\x18" + len(words.as_bytes()).to_bytes(4, "little") + words.as_bytes()
        file.write_bytes(head + b"".join(packer.compress(record) for record in records))
    (taking,) = ingest(tmp_path / "archive", file, "--workers", 0)
    assert (taking["records"], taking["captures"], taking["damaged"]) == (30, 30, 0)
    assert taking["changes"] == {"new": 30}


def test_damage_is_named_with_its_offset_and_never_stops_the_run(tmp_path) -> None:
    archive = tmp_path / "archive"
    records = [
        Warc()
        .add(f"{HOST}/tin-tuc/bai-{n}.html", page(f"Bài viết số {n} của phường"), "2020-01-02T03:04:05Z")
        .bytes()
        for n in range(6)
    ]
    flipped = bytearray(records[1])
    flipped[len(flipped) // 2] ^= 0xFF
    file = tmp_path / "hurt.warc.gz"
    file.write_bytes(
        records[0]
        + bytes(flipped)
        + records[2]
        + b"garbage " * 40
        + records[3]
        + records[4]
        + records[5][:-300]
    )
    other = Warc().add(f"{HOST}/tin-tuc/bai-9.html", page("Bài viết số 9 của phường"), "2020-01-02T03:04:05Z")
    (tmp_path / "empty.warc.gz").write_bytes(b"")
    nothing = tmp_path / "nothing.warc"
    nothing.write_bytes(b"this is no WARC file at all\n" * 20)
    hurt, none, whole = ingest(archive, file, nothing, other.save(tmp_path / "z.warc.gz"), code=1)
    assert none["error"]
    assert whole["changes"] == {"new": 1}
    assert hurt["damaged"] >= 3
    urls = {url[-6] for (url,) in query(archive, "SELECT url FROM articles")}
    assert {"0", "2", "3", "4", "9"} <= urls
    details = " ".join(detail for (detail,) in query(archive, "SELECT detail FROM issues"))
    assert f"hurt.warc.gz:{len(records[0])}:" in details
    ends = query(archive, "SELECT outcome FROM events WHERE kind = 'ingestion' ORDER BY outcome")
    assert ends == [("failure",), ("partial",), ("success",)]
    verify(archive)


def test_hosts_of_nobody_are_left_out_by_name_and_errors_replace_nothing(tmp_path) -> None:
    archive = tmp_path / "archive"
    body = page("Sơ kết cải cách hành chính")
    warc = Warc()
    warc.add(URL, body, "2020-01-01T00:00:00Z")
    warc.add(URL, b"Not Found", "2019-01-01T00:00:00Z", status="404 Not Found")
    warc.add(URL, b"Error", "2021-01-01T00:00:00Z", status="503 Service Unavailable")
    warc.add(
        URL,
        b"",
        "2022-01-01T00:00:00Z",
        status="301 Moved Permanently",
        location=URL.replace("http:", "https:"),
    )
    warc.add("https://fonts.example.com/a.css", b"a{}", "2020-01-01T00:00:00Z", mime="text/css")
    warc.add("http://minhhoa.example/tin/1.html", body, "2020-01-01T00:00:00Z")
    file = warc.save(tmp_path / "mixed.warc.gz")
    (taking,) = ingest(archive, file)
    assert taking["elsewhere"] == {"fonts.example.com": 1, "minhhoa.example": 1}
    assert query(archive, "SELECT status, count(*) FROM articles GROUP BY 1") == [("live", 1)]
    assert query(archive, "SELECT count(*) FROM captures") == [(4,)]
    assert "--portal minhhoa.example" in query(archive, "SELECT group_concat(detail) FROM issues")[0][0]
    (more,) = ingest(archive, file, "--portal", "minhhoa.example")
    assert more["known"] == 4
    assert more["changes"] == {"new": 1}


def test_a_revisit_shows_the_article_once_more_and_needs_no_body(tmp_path) -> None:
    archive = tmp_path / "archive"
    body = page("Sơ kết cải cách hành chính")
    digest = payload_digest(body)
    warc = Warc().add(URL, body, "2020-01-01T00:00:00Z")
    warc.add(URL, b"", "2020-02-01T00:00:00Z", kind="revisit", WARC_Payload_Digest=digest,
             WARC_Profile="http://netpreserve.org/warc/1.0/revisit/identical-payload-digest")  # fmt: skip
    ingest(archive, warc.save(tmp_path / "r.warc.gz"), "--workers", 0)
    assert query(archive, "SELECT count(*) FROM captures WHERE mime = 'text/html'") == [(2,)]
    assert query(archive, "SELECT substr(last_captured_at, 1, 10), status FROM articles") == [
        ("2020-02-01", "live")
    ]
    assert query(archive, "SELECT count(*) FROM revisions") == [(1,)]
    verify(archive)


def test_kill_9_and_once_more_gives_the_same_archive(shared_dir, tmp_path) -> None:
    file = shared_dir / "captures" / "nukeviet.warc.gz"
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    for _ in range(4):
        running = subprocess.Popen(
            [*KHOCONG, "ingest", str(file), "--archive", str(killed), "--portal",
             "127.0.0.1:8081"], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        known = captures_in(killed)
        while running.poll() is None and captures_in(killed) < known + 60:
            time.sleep(0.02)
        running.kill()
        running.wait()
    for archive in (killed, whole):
        ingest(archive, file, "--portal", "127.0.0.1:8081")
    sql = "SELECT url, title, text, published_at FROM articles ORDER BY url"
    assert query(killed, sql) == query(whole, sql)
    sql = "SELECT url, captured_at, payload_digest, record_id FROM captures ORDER BY record_id"
    assert query(killed, sql) == query(whole, sql)
    verify(killed)


def captures_in(archive: Path) -> int:
    try:
        return int(query(archive, "SELECT count(*) FROM captures")[0][0])
    except Exception:  # not there yet, or just being made
        return 0


def test_what_cannot_be_understood_is_said_in_one_line(tmp_path) -> None:
    page_file = tmp_path / "x.html"
    page_file.write_bytes(page("Trang không nói từ đâu đến"))
    (said,) = ingest(tmp_path / "archive", page_file, code=2)
    assert "--url" in said["stderr"]
    (said,) = ingest(tmp_path / "archive", tmp_path / "absent.warc", code=2)
    assert "does not exist" in said["stderr"]


@pytest.mark.skipif(shutil.which("wget") is None, reason="wget is not installed")
def test_a_mirror_that_wget_makes_is_taken_in(tmp_path) -> None:
    from tests.portal.replay import Replay
    from tests.portal.sites import small_site

    with Replay(small_site()) as replay:
        subprocess.run(
            ["wget", "-q", "-r", "-l", "3", "--warc-file=mirror", replay.origin + "/"],
            cwd=tmp_path, check=False, timeout=60,
        )  # fmt: skip
    host = replay.origin.removeprefix("http://")
    (taking,) = ingest(tmp_path / "archive", tmp_path / "mirror.warc.gz", "--portal", host, "--workers", 0)
    assert taking["changes"]["new"] == 6
    assert taking["damaged"] == 0
    verify(tmp_path / "archive")
