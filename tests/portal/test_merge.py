"""Shards joined are the archive that one run would have made; joining twice changes nothing."""

import json
import subprocess
from pathlib import Path

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
