"""A row deleted by another program is missed, whatever table it stood in, and comes back from a copy."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from archive.schema.m0018_row_counts import COUNTED
from tests.portal.crawling import query
from tests.portal.foreign_files import HOST, Warc, page
from tests.portal.test_damage import sql
from tests.portal.test_ingest import ingest
from tests.portal.test_rebuild import WARDS, WORKS, run, told

# Rows of the tables that an ingest of pages leaves empty.
MORE = (
    "INSERT INTO crawls (portal_key, started_at, ended_at, reason) SELECT portal_key, '2024-01-01T00:00:00Z',"
    " '2024-01-01T00:01:00Z', 'finished' FROM portals",
    "INSERT INTO files (body_digest, format, size_bytes, state, text, capture_id, read_at)"
    " SELECT 'sha1:AAAA', 'pdf', 10, 'read', 'quy chế họp tổ dân phố', min(capture_id), '2024'"
    " FROM captures",
    "INSERT INTO attachments (article_id, url, label) SELECT article_id, url || '.pdf', 'Quy chế'"
    " FROM articles",
    "UPDATE attachments SET file_id = (SELECT file_id FROM files)",
    "INSERT INTO images (article_id, url) SELECT article_id, url || '.jpg' FROM articles",
    "INSERT INTO aliases SELECT portal_key, urlkey || '?cu', url || '?cu', article_id, '2024' FROM articles",
    "INSERT OR IGNORE INTO sightings (capture_id, revision_id) SELECT capture_id, revision_id FROM revisions",
    "INSERT INTO documents (normal, number) VALUES ('99/QĐ-UBND', '99')",
    "INSERT INTO citations (revision_id, document_id, verbatim, start_offset, end_offset)"
    " SELECT max(revision_id), (SELECT max(document_id) FROM documents), '99/QĐ-UBND', 0, 10 FROM revisions",
    "INSERT INTO issues (at, kind, detail) VALUES ('2024', 'thử', 'một việc')",
    "INSERT INTO chrome_models SELECT portal_key, 3, '{}', '2024' FROM portals"
    " WHERE portal_key NOT IN (SELECT portal_key FROM chrome_models)",
    "INSERT OR IGNORE INTO chrome_evidence (portal_key, urlkey, page) SELECT portal_key, urlkey, x'00'"
    " FROM articles",
    "INSERT INTO removed_paths VALUES ('0123456789', 'html/body/div')",
    "INSERT INTO fixity_checks SELECT capture_id, '2024', '' FROM captures",
)  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[Path, Path]:
    """An archive with rows in every table, and its copy."""
    folder = tmp_path_factory.mktemp("rows")
    warc = Warc()
    for number in range(6):
        body = page(f"Bài viết số {number} của phường", f"Khu phố {WARDS[number]} {WORKS[number]}.")
        warc.add(f"{HOST}/tin-tuc/bai-{number}.html", body, f"2019-03-01T00:00:{number:02d}Z")
    ingest(folder / "kho", warc.save(folder / "a.warc.gz"), "--workers", 0)
    sql(folder / "kho", *MORE)
    run(folder / "kho", "backup", folder / "copy")
    return folder / "kho", folder / "copy"


def delete(archive: Path, *statements: str) -> None:
    """As another program would: our triggers are there, our connection is not."""
    with closing(sqlite3.connect(archive / "archive.db")) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@pytest.mark.parametrize("end", ["max", "min"])
def test_a_row_of_every_table(whole, tmp_path, end) -> None:
    kho, copy = tmp_path / "kho", whole[1]
    shutil.copytree(whole[0], kho)
    before = told(kho)
    rows = {table: sorted(query(kho, f"SELECT * FROM {table}"), key=repr) for table in COUNTED}
    assert all(rows.values()), "every table holds something"
    for table in COUNTED:
        key = {"aliases": "urlkey", "removed_paths": "path_key"}.get(table, "rowid")
        delete(kho, f"DELETE FROM {table} WHERE {key} = (SELECT {end}({key}) FROM {table})")
    found = run(kho, "verify", code=1)["findings"]
    missed = {one["place"]: one["detail"] for one in found if one["kind"] == "missing_rows"}
    assert set(missed) == set(COUNTED)
    assert all(detail.startswith("1 rows missing") for detail in missed.values())
    mended = run(kho, "verify", "--copy", copy)
    assert mended["ok"], mended
    assert {line.partition(":")[0] for line in mended["mended"]} == set(COUNTED)
    assert told(kho) == before
    assert {table: sorted(query(kho, f"SELECT * FROM {table}"), key=repr) for table in COUNTED} == rows


def test_all_rows_of_the_newest_article_of_a_page_that_is_no_article_by_its_address(tmp_path) -> None:
    """Nothing else tells of it: the ledger takes it for a page, and pages need not hold an article."""
    kho, warc = tmp_path / "kho", Warc()
    for number, path in enumerate(("tin-tuc/bai-1.html", "tin-tuc/bai-2.html", "gioi-thieu")):
        warc.add(f"{HOST}/{path}", page(f"Bài viết số {number} của phường"), f"2019-03-01T00:00:0{number}Z")
    ingest(kho, warc.save(tmp_path / "a.warc.gz"), "--workers", 0)
    ((last, kind),) = query(
        kho, "SELECT a.article_id, u.kind FROM articles a JOIN urls u ON u.url = a.url"
        " ORDER BY a.article_id DESC LIMIT 1"
    )  # fmt: skip
    assert kind == "page"
    run(kho, "backup", tmp_path / "copy")
    before = told(kho)
    delete(
        kho,
        f"DELETE FROM citations WHERE revision_id IN (SELECT revision_id FROM revisions"
        f" WHERE article_id = {last})",
        f"UPDATE urls SET article_id = NULL WHERE article_id = {last}",
        f"DELETE FROM articles WHERE article_id = {last}",
        f"DELETE FROM revisions WHERE article_id = {last}",
    )
    found = run(kho, "verify", "--full", "--workers", 0, code=1)["findings"]
    assert {"missing_rows", "lost_article"} <= {one["kind"] for one in found}
    assert f"{HOST}/gioi-thieu" in {one["place"] for one in found}
    assert run(kho, "verify", "--copy", tmp_path / "copy")["ok"]
    assert told(kho) == before


def test_what_the_archive_takes_out_itself_is_not_missed(whole, tmp_path) -> None:
    from archive.store import Store

    kho = tmp_path / "kho"
    shutil.copytree(whole[0], kho)
    with Store(kho) as store:
        ((revision_id,),) = store.db.execute("SELECT max(revision_id) FROM revisions").fetchall()
        assert store.withdraw(revision_id, "thử")
    assert [one for one in run(kho, "verify", code=0)["findings"] if one["kind"] == "missing_rows"] == []
