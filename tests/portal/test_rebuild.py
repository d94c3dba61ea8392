"""The database thrown away and made anew from the WARC files: the same articles, row for row, ids aside."""

import json
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.portal.crawling import ROOT, crawl, query
from tests.portal.foreign_files import HOST, Warc, page
from tests.portal.replay import Replay, load_warc
from tests.portal.taught import taught_site
from tests.portal.test_ingest import KHOCONG, ingest, verify

SAME = (
    "SELECT portal_key, url, content_id, title, lead, text, published_at, published_precision, updated_at,"
    " section, source, source_portal, byline, rests_on, tags, status, text_digest, first_captured_at,"
    " last_captured_at FROM articles ORDER BY 1, 2",
    "SELECT a.url, r.number, r.captured_at, r.text_digest, r.body, r.blocks, r.notes, c.record_id"
    " FROM revisions r JOIN articles a USING (article_id) JOIN captures c USING (capture_id)"
    " ORDER BY 1, 2",
    "SELECT document, doc_type, year, issuer, verbatim, url, revision, start_offset FROM citations_flat"
    " ORDER BY 6, 7, 8, 4",
    "SELECT a.url, x.url, x.label FROM attachments x JOIN articles a USING (article_id) ORDER BY 1, 2",
    "SELECT a.url, x.url, x.caption FROM images x JOIN articles a USING (article_id) ORDER BY 1, 2",
    "SELECT s.portal_key, s.urlkey, a.url FROM aliases s JOIN articles a USING (article_id) ORDER BY 1, 2",
    "SELECT url, captured_at, status, mime, payload_digest, body_digest, size_bytes, warc_file, warc_offset,"
    " warc_length, record_id, revisit_of, origin FROM captures ORDER BY record_id",
    "SELECT portal_key, name, hosts, platform FROM portals ORDER BY 1",
    "SELECT a.url FROM articles_folded f JOIN articles a ON a.article_id = f.rowid"
    " WHERE articles_folded MATCH 'nhan OR dan OR phuong' ORDER BY 1",
)


def run(archive: Path, *arguments: object, code: int = 0) -> dict:
    done = subprocess.run(
        [*KHOCONG, *map(str, arguments), "--archive", str(archive), "--json"], cwd=ROOT,
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def told(archive: Path) -> list:
    return [query(archive, sql) for sql in SAME]


def lose_database(archive: Path) -> None:
    for path in archive.glob("archive.db*"):
        path.unlink()


def assert_rebuilt(archive: Path) -> None:
    before = told(archive)
    assert before[0], "there is something to lose"
    lose_database(archive)
    made = run(archive, "rebuild")
    for sql, one, other in zip(SAME, told(archive), before, strict=True):
        assert one == other, sql
    assert (made["articles"], made["captures"]) == (len(before[0]), len(before[6]))
    assert not (archive / "rebuild").exists()
    verify(archive)


@pytest.mark.parametrize("name", ["nukeviet", "wordpress"])
def test_a_crawl_of_a_real_portal(shared_dir, tmp_path, name) -> None:
    archive = tmp_path / "archive"
    with Replay(load_warc(shared_dir / "captures" / f"{name}.warc.gz")) as replay:
        assert crawl(replay.origin + "/", archive).returncode == 0
    assert_rebuilt(archive)


def test_a_portal_that_was_learned(tmp_path) -> None:
    archive = tmp_path / "archive"
    with Replay(taught_site(40)) as replay:
        assert crawl(replay.origin + "/", archive).returncode == 0
    assert_rebuilt(archive)


WARDS = "An Lạc,Bình Trị,Cầu Kho,Đa Kao,Gia Hội,Hòa Cường,Khánh Xuân,Lê Lợi,Mai Động,Nại Hiên,Phú Hậu,Tân An"
WARDS = WARDS.split(",")
WORKS = (
    "dọn rác ven kênh", "lắp đèn đường", "trồng hoa sân chùa", "sơn lại cổng chào", "mở lớp xóa mù chữ",
    "tặng quà người già", "sửa cầu ván", "đào giếng khoan", "hiến máu nhân đạo", "tập dưỡng sinh",
    "thi nấu bánh tét", "phát tờ rơi phòng cháy",
)  # fmt: skip


def sources(folder: Path) -> list[Path]:
    """Captures of one portal in three files, edited meanwhile, out of order."""
    made = []
    for name, numbers, at, corrected in (
        ("b", range(8), "2021-03-01T00:00:00Z", False),
        ("a", range(4, 12), "2019-03-01T00:00:00Z", True),
        ("c", range(2, 6), "2020-03-01T00:00:00Z", False),
    ):
        warc = Warc()
        for number in numbers:
            title = f"Bài viết số {number} của phường"
            # Said of each in words of its own: what recurs on the pages of a portal is learned as furniture.
            more = (f"Khu phố {WARDS[number]} {WORKS[number]} từ đầu quý.",)
            more += (f"Đính chính: {WORKS[number]} do {WARDS[number]} tự tổ chức.",) if corrected else ()
            warc.add(f"{HOST}/tin-tuc/bai-{number}.html", page(title, *more), at)
        made.append(warc.save(folder / f"{name}.warc.gz"))
    return made


def test_what_others_captured_out_of_order(tmp_path) -> None:
    archive = tmp_path / "archive"
    saved = tmp_path / "bài lưu.html"
    saved.write_bytes(page("Bài viết số 3 của phường", "Bổ sung: lịch tiếp công dân."))
    ingest(archive, *sources(tmp_path), "--workers", 0)
    ingest(archive, saved, "--url", f"{HOST}/tin-tuc/bai-3.html", "--at", "2022-06-01")
    origins = {origin.partition(":")[0] for (origin,) in query(archive, "SELECT origin FROM captures")}
    assert origins == {"warc", "file"}
    assert query(archive, "SELECT count(*) FROM revisions")[0][0] == 17
    assert_rebuilt(archive)


def test_the_old_database_stands_until_the_new_one_is_whole(tmp_path) -> None:
    archive = tmp_path / "archive"
    ingest(archive, *sources(tmp_path), "--workers", 0)
    before = told(archive)
    events = query(archive, "SELECT at, kind, detail FROM events ORDER BY 1, 2, 3")
    for wait in (0.5, 0.9, 1.3):
        running = subprocess.Popen(
            [*KHOCONG, "rebuild", "--workers", "0", "--archive", str(archive)], cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(wait)
        running.kill()
        running.wait()
        assert told(archive) == before
    made = run(archive, "rebuild")
    assert told(archive) == before
    assert (archive / made["old"]).exists() or made["old"] == ""
    now = query(archive, "SELECT at, kind, detail FROM events ORDER BY 1, 2, 3")
    assert set(events) <= set(now), "what happened is told as before"
    with (archive / "archive.db").open("r+b") as stream:
        stream.seek(4096)
        stream.write(b"\xff" * 30_000)
    run(archive, "rebuild")
    assert told(archive) == before
    shutil.rmtree(archive / "portals")
    lose_database(archive)
    run(archive, "rebuild")
    assert told(archive)[0] == before[0]
