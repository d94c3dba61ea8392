"""Shards joined are the archive that one run would have made; joining twice changes nothing."""

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from archive.attached import FileText
from archive.database import open_archive
from archive.files import link_article, save_file
from archive.schema.m0002_search import BARE_D, ETH, TONE_PLACEMENT
from archive.search import index
from archive.search.forms import exact_form, folded_form
from archive.store import Store
from tests.portal.crawling import ROOT, query
from tests.portal.foreign_files import HOST, Warc, page
from tests.portal.test_ingest import KHOCONG, ingest, rows, verify

# What is compared, by names and not by ids.
SAME = (
    "SELECT portal_key, url, title, lead, text, published_at, source, byline, status, text_digest,"
    " first_captured_at, last_captured_at FROM articles ORDER BY 1, 2",
    "SELECT a.url, r.captured_at, r.text_digest, r.body, r.blocks, r.removed, c.record_id FROM revisions r"
    " JOIN articles a USING (article_id) JOIN captures c USING (capture_id) ORDER BY 1, 2, 7",
    "SELECT u.portal_key, u.url, u.kind, u.state, u.reason FROM urls u ORDER BY 1, 2",
    "SELECT c.url, c.captured_at, c.record_id, c.payload_digest, c.body_digest, c.origin FROM captures c"
    " ORDER BY c.record_id",
    "SELECT document, doc_type, year, verbatim, url, start_offset FROM citations_flat ORDER BY 1, 5, 6, 4",
    "SELECT a.url, x.url, x.label FROM attachments x JOIN articles a USING (article_id) ORDER BY 1, 2",
    "SELECT portal_key, state, count FROM url_counts WHERE count > 0 ORDER BY 1, 2",
)


def merge(archive: Path, *shards: Path, code: int = 0) -> list[dict]:
    done = subprocess.run(
        [*KHOCONG, "merge", *map(str, shards), "--archive", str(archive), "--json"], cwd=ROOT,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout) if done.stdout else [{"stderr": done.stderr}]


def same(one: Path, other: Path) -> None:
    for sql in SAME:
        assert query(one, sql) == query(other, sql), sql


def made(folder: Path, name: str, host: str, numbers: range, day: int, *more: str) -> Path:
    """A shard of articles *numbers* of *host*, captured on one day."""
    warc = Warc()
    for number in numbers:
        title = f"Bài viết số {number} của phường"
        warc.add(f"{host}/tin-tuc/bai-{number}.html", page(title, *more), f"2020-02-{day:02d}T03:04:05Z")
    file = warc.save(folder / f"{name}.warc.gz")
    ingest(folder / name, file, "--workers", 0)
    return folder / name


def test_shards_of_different_portals_become_the_archive_of_one_run(tmp_path, shared_dir) -> None:
    sources = [
        (shared_dir / "captures" / f"{name}.warc.gz", port)
        for name, port in (("nukeviet", 8081), ("wordpress", 8082))
    ]
    whole, shards = tmp_path / "whole", []
    for number, (file, port) in enumerate(sources):
        ingest(whole, file, "--portal", f"127.0.0.1:{port}")
        shards.append(tmp_path / f"shard-{number}")
        ingest(shards[-1], file, "--portal", f"127.0.0.1:{port}")
    shards.append(made(tmp_path, "shard-2", HOST, range(5), 1))
    ingest(whole, tmp_path / "shard-2.warc.gz")

    archive = tmp_path / "kho"
    done = merge(archive, *shards)
    assert sum(one["articles"] for one in done) == query(whole, "SELECT count(*) FROM articles")[0][0]
    same(archive, whole)
    verify(archive)
    with open_archive(archive, write=True) as db:
        assert index.check(db, deep=True) == [], "every word of every article is indexed as the triggers do"
    for check in ("integrity_check", "foreign_key_check"):
        assert query(archive, f"PRAGMA {check}") in ([("ok",)], [])
    before = rows(archive)
    again = merge(archive, *shards)
    assert {(one["articles"], one["captures"], one["warc_bytes"]) for one in again} == {(0, 0, 0)}
    assert rows(archive) == before


def test_shards_that_share_a_portal_join_its_lines(tmp_path) -> None:
    one = made(tmp_path, "one", HOST, range(6), 1)
    two = made(tmp_path, "two", HOST, range(3, 9), 5, "Đính chính: số liệu quý I.")
    for order in ((one, two), (two, one)):
        archive = tmp_path / f"kho-{order[0].name}"
        merge(archive, *order)
        assert query(archive, "SELECT count(*) FROM articles") == [(9,)]
        assert query(archive, "SELECT count(*) FROM captures") == [(12,)]
        lines = query(
            archive,
            "SELECT substr(url, -6, 1), substr(captured_at, 9, 2), is_current FROM revisions_flat"
            " WHERE url LIKE '%bai-4%' ORDER BY captured_at",
        )
        assert lines == [("4", "01", 0), ("4", "05", 1)]
        verify(archive)
        before = rows(archive)
        merge(archive, *order)
        assert rows(archive) == before


def test_kill_9_at_any_moment_and_once_more(tmp_path) -> None:
    made(tmp_path, "one", f"{HOST}.example", range(12), 1)
    made(tmp_path, "two", HOST, range(12), 1)
    made(tmp_path, "three", HOST, range(6, 18), 5, "Đính chính: số liệu quý I.")
    shards = [tmp_path / name for name in ("one", "two", "three")]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    merge(whole, *shards)
    command = [*KHOCONG, "merge", *map(str, shards), "--archive", str(killed)]
    left = 0
    for tenth in range(3, 9):
        running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(tenth / 10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
            left += 1
        if (killed / "archive.db").exists():
            lost = query(
                killed, "SELECT count(*) FROM articles a LEFT JOIN revisions r USING (revision_id)"
                " LEFT JOIN captures c USING (capture_id) WHERE c.capture_id IS NULL"
            )  # fmt: skip
            assert lost == [(0,)]
    assert left
    merge(killed, *shards)
    same(killed, whole)
    verify(killed)
    with open_archive(killed, write=True) as db:
        assert index.check(db, deep=True) == []


def test_texts_of_attached_files_and_what_happened_come_along(tmp_path) -> None:
    shards = [made(tmp_path, "one", HOST, range(2), 1), made(tmp_path, "two", HOST, range(1, 4), 5)]
    for number, shard in enumerate(shards):
        with Store(shard) as store, store.db.transaction() as connection:
            capture, url = connection.execute("SELECT max(capture_id), max(url_id) FROM captures").fetchone()
            # The last page stands for a file here: what counts is whose bytes it has.
            page_url = connection.execute("SELECT url FROM urls WHERE url_id = ?", (url,)).fetchone()[0]
            connection.execute(
                "INSERT INTO attachments (article_id, url, label) SELECT article_id, ?, 'Phụ lục'"
                " FROM articles",
                (page_url,),
            )
            for (article,) in connection.execute("SELECT article_id FROM articles").fetchall():
                link_article(connection, article)
            save_file(connection, url, capture, FileText("read", "pdf", text=f"phụ lục kinh phí {number}"))
            connection.execute(
                "INSERT INTO issues (at, kind, detail, portal_key) SELECT '2024', 'thử', ?, portal_key"
                " FROM portals",
                (f"việc {number}",),
            )
    archive = tmp_path / "kho"
    for _ in range(2):
        merge(archive, *shards)
        assert query(archive, "SELECT text FROM files ORDER BY 1") == [
            ("phụ lục kinh phí 0",), ("phụ lục kinh phí 1",)
        ]  # fmt: skip
        assert query(archive, "SELECT count(*) FROM attachments WHERE file_id IS NULL") == [(0,)]
        assert query(archive, "SELECT detail FROM issues WHERE kind = 'thử' ORDER BY 1") == [
            ("việc 0",), ("việc 1",)
        ]  # fmt: skip
        verify(archive)


@pytest.mark.parametrize("damage", ["page", "row"])
def test_a_damaged_shard_is_refused_and_said(tmp_path, damage) -> None:
    archive = made(tmp_path, "kho", HOST, range(2), 1)
    good, bad = (
        made(tmp_path, name, f"http://{name}.example.gov.vn", range(3), 2) for name in ("tot", "hong")
    )
    with closing(sqlite3.connect(bad / "archive.db")) as connection:
        if damage == "row":
            connection.execute("DELETE FROM captures WHERE capture_id = 2")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if damage == "page":
        data = bytearray((bad / "archive.db").read_bytes())
        for place in range(8192, len(data), 4096 * 7):
            data[place : place + 600] = b"\xff" * 600
        (bad / "archive.db").write_bytes(data)
    before = [row for row in rows(archive) if row]
    (said,) = merge(archive, good, bad, code=1)
    assert "hong" in said["stderr"]
    assert "damaged" in said["stderr"]
    assert query(archive, "SELECT count(*) FROM articles") == [(2,)]
    assert before
    (one,) = merge(archive, good)
    assert one["articles"] == 3


def test_both_forms_are_those_of_the_triggers() -> None:
    """Letter by letter, and over every pair that moves: what differs would be found by one path alone."""
    connection = sqlite3.connect(":memory:")
    letters = "aăâbcdđeêghiklmnoôơpqrstuưvxyðÐ ÀÁẢÃẠàáảãạòóỏõọÒÓỎÕỌùúủũụÙÚỦŨỤèéẻẽẹỳýỷỹỵ.,-0İßſ"
    texts = [one + two for one in letters for two in letters] + ["HOÀ hòa Thúy THÚY khỏe", "ò", "", "Òa̱"]
    for form, table in ((exact_form, "articles_exact"), (folded_form, "articles_folded")):
        marks = "0" if table == "articles_exact" else "2"
        for name in ("ours", "theirs"):
            connection.execute(
                f"CREATE VIRTUAL TABLE {table}_{name} USING fts5(text,"
                f' tokenize="unicode61 remove_diacritics {marks}")'
            )
        pairs = ETH + TONE_PLACEMENT if marks == "0" else BARE_D
        for number, text in enumerate(texts, 1):
            # As the trigger does: lower() of ASCII, then one replace() after the other.
            plain = connection.execute("SELECT lower(?)", (text,)).fetchone()[0] if marks == "0" else text
            for old, new in pairs:
                plain = plain.replace(old, new)
            values = ((number, form(text)), (number, plain))
            for name, value in zip(("ours", "theirs"), values, strict=True):
                connection.execute(f"INSERT INTO {table}_{name}(rowid, text) VALUES (?, ?)", value)
        told = []
        for name in ("ours", "theirs"):
            connection.execute(
                f"CREATE VIRTUAL TABLE {table}_{name}_v USING fts5vocab('{table}_{name}', 'instance')"
            )
            told.append(connection.execute(f"SELECT term, doc, offset FROM {table}_{name}_v").fetchall())
        assert told[0] == told[1]


def test_a_shard_that_cannot_be_merged_is_said_and_nothing_is_touched(tmp_path) -> None:
    archive = made(tmp_path, "kho", HOST, range(2), 1)
    before = rows(archive)
    (said,) = merge(archive, archive, code=2)
    assert "itself" in said["stderr"]
    (said,) = merge(archive, tmp_path / "absent", code=1)
    assert "absent" in said["stderr"]
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "archive.db").write_bytes(b"not a database" * 100)
    merge(archive, broken, code=1)
    assert rows(archive) == before
