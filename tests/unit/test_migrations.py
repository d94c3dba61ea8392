"""Schema life: forward in transactions, with a backup; never backward."""

import json
import sqlite3

import pytest
from archive_samples import begun, visit
from sqlite_utils import Database, Migrations

import archive.database
from archive.database import open_archive
from archive.errors import ArchiveTooNew
from archive.records import RemovedBlock
from archive.schema import migrations
from archive.store import Store
from archive.store.removed import unpack_removed


@pytest.fixture
def filled(tmp_path):
    with Store(tmp_path / "a") as store:
        visit(store, begun(store))
    return tmp_path / "a"


def extended(*later):
    """Our migrations with more behind them, as a later version would have."""
    longer = Migrations(migrations.name)
    longer._migrations = [*migrations._migrations]
    for function in later:
        longer(name=function.__name__)(function)
    return longer


def later_0099(db):
    db.execute("CREATE TABLE later (x TEXT) STRICT")


def broken_0100(db):
    db.execute("CREATE TABLE half (x TEXT) STRICT")
    db.execute("DELETE FROM captures")
    raise RuntimeError("halfway")


def test_a_newer_archive_says_so_and_is_left_alone(filled, monkeypatch):
    with monkeypatch.context() as newer:
        newer.setattr(archive.database, "migrations", extended(later_0099))
        open_archive(filled, write=True).close()
    before = (filled / "archive.db").read_bytes()
    for write in (True, False):
        with pytest.raises(ArchiveTooNew, match="newer Kho Cổng .*later_0099.*; upgrade khocong"):
            open_archive(filled, write=write)
    assert (filled / "archive.db").read_bytes() == before


def test_backup_before_and_rows_intact(filled, monkeypatch):
    monkeypatch.setattr(archive.database, "migrations", extended(later_0099))
    reader = open_archive(filled, write=False)  # a reader brings an old archive up to date too
    assert "later" in reader.table_names()
    assert reader.execute("SELECT count(*) FROM captures").fetchone() == (1,)
    reader.close()
    (backup,) = (filled / "backups").iterdir()
    copy = sqlite3.connect(backup)
    assert copy.execute("SELECT count(*) FROM captures").fetchone() == (1,)
    assert copy.execute("SELECT count(*) FROM sqlite_master WHERE name = 'later'").fetchone() == (0,)
    copy.close()


def test_a_failing_migration_changes_nothing(filled, monkeypatch):
    with monkeypatch.context() as newer:
        newer.setattr(archive.database, "migrations", extended(later_0099, broken_0100))
        with pytest.raises(RuntimeError, match="halfway"):
            open_archive(filled, write=True)
        newer.setattr(archive.database, "migrations", extended(later_0099))
        db = open_archive(filled, write=True)  # the lock was given back
        assert db.execute("SELECT count(*) FROM captures").fetchone() == (1,)
        assert "half" not in db.table_names()
        db.close()


def test_every_table_is_strict_and_every_view_can_be_read(filled):
    db = open_archive(filled, write=False)
    loose = [
        name
        for name, strict in db.execute(
            "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
        )
        if not strict and not name.startswith(("sqlite_", "_sqlite_"))
    ]
    assert loose == []
    for view in db.view_names():
        db.execute(f"SELECT * FROM {view}").fetchall()
    assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    db.close()


# Rows as the first schema has them: an article with a past and a current revision, and what hangs on it.
CUT = [
    {"reason": "furniture", "path": "html/body/div.cot", "text": "Thời tiết: nắng"},
    {"reason": "related", "path": "html/body/div.tin", "text": "Tin khác “cũ”"},
]
FIRST_ROWS = (
    "INSERT INTO portals (portal_key, name, hosts, first_seen_at)"
    " VALUES ('xa', 'Xã', '[\"xa.example\"]', 't')",
    "INSERT INTO crawls (crawl_id, portal_key, started_at) VALUES (1, 'xa', 't')",
    "INSERT INTO urls (url_id, portal_key, urlkey, url, kind, state, discovered_at, fetched_at)"
    " VALUES (1, 'xa', 'example,xa)/1', 'https://xa.example/1', 'article', 'done', 't', 't'),"
    " (2, 'xa', 'example,xa)/2', 'https://xa.example/2', 'page', 'pending', 't', NULL)",
    "INSERT INTO captures (capture_id, url_id, crawl_id, url, captured_at, status, mime, payload_digest,"
    " body_digest, size_bytes, warc_file, warc_offset, warc_length, record_id) VALUES"
    " (1, 1, 1, 'https://xa.example/1', '2022-01-01T00:00:00+00:00', 200, 'text/html', 'p', 'b', 9,"
    " 'a.warc.gz', 0, 9, 'r1'), (2, 1, 1, 'https://xa.example/1', '2022-02-01T00:00:00+00:00', 200,"
    " 'text/html', 'p2', 'b2', 9, 'a.warc.gz', 9, 9, 'r2')",
    "INSERT INTO articles (article_id, portal_key, url, urlkey, title, lead, text, published_at, section,"
    " source, rests_on, text_digest, revision_id, first_captured_at, last_captured_at, status) VALUES"
    " (1, 'xa', 'https://xa.example/1', 'example,xa)/1', 'Đường mới', 'Sapo', 'Thân bài sửa', '2022-01-01',"
    " 'Tin', 'Báo', '5/KH-UBND', 'd2', 2, '2022-01-01T00:00:00+00:00', '2022-02-01T00:00:00+00:00',"
    " 'changed')",
    "INSERT INTO documents (document_id, normal, year, number) VALUES (1, '33/CT-TTg', 2021, '33')",
    "INSERT INTO attachments (article_id, url, label) VALUES (1, 'https://xa.example/a.pdf', 'Tệp')",
    "INSERT INTO images (article_id, url, caption) VALUES (1, 'https://xa.example/a.jpg', 'Ảnh')",
    "INSERT INTO events (at, kind, outcome, article_id) VALUES ('t', 'edit', 'success', 1)",
    "INSERT INTO issues (at, kind, detail, portal_key) VALUES ('t', 'too_heavy', 'x', 'xa')",
)
KEPT = (
    "SELECT portal_key, name, hosts, status, first_seen_at FROM portals",
    "SELECT url_id, urlkey, url, kind, state, fetched_at FROM urls ORDER BY url_id",
    "SELECT capture_id, url_id, captured_at, status, warc_file, warc_offset, record_id FROM captures",
    "SELECT article_id, url, title, lead, text, published_at, section, source, status FROM articles",
    "SELECT number, captured_at, title, text, is_current FROM revisions_flat ORDER BY number",
    "SELECT document, verbatim, revision, is_current FROM citations_flat",
    "SELECT url, revisions, first_seen_at FROM edited_articles",
    "SELECT article_id, url, label FROM attachments", "SELECT article_id, url, caption FROM images",
    "SELECT at, kind, outcome, article_id FROM events", "SELECT at, kind, detail FROM issues",
)  # fmt: skip
NAMES = [migration.name for migration in migrations._migrations]


def of_schema(folder, last):
    """An archive as the schema that ends with *last* made it, filled when it was at the first."""
    folder.mkdir()
    db = Database(folder / "archive.db")
    migrations.apply(db, stop_before=NAMES[1])
    for statement in FIRST_ROWS:
        db.execute(statement)
    body = json.dumps({"title": "Đường cũ", "lead": "Sapo", "text": "Thân bài", "tags": []})
    for number, capture, at, kept in ((1, 1, "2022-01-01", body), (2, 2, "2022-02-01", None)):
        db.execute(
            "INSERT INTO revisions (revision_id, article_id, number, capture_id, captured_at, text_digest,"
            " extractor, body, removed) VALUES (?, 1, ?, ?, ?, ?, 'khocong/0', ?, ?)",
            [number, number, capture, f"{at}T00:00:00+00:00", f"d{number}", kept,
             json.dumps(CUT, ensure_ascii=False)],
        )  # fmt: skip
        db.execute("INSERT INTO citations VALUES (?, ?, 1, 'Chỉ thị 33', 0, 10)", [number, number])
    db.conn.commit()
    after = NAMES.index(last) + 1
    if after < len(NAMES):
        migrations.apply(db, stop_before=NAMES[after])
    else:
        migrations.apply(db)
    kept = [db.execute(sql).fetchall() for sql in KEPT]
    db.conn.commit()
    db.close()
    return kept


@pytest.mark.parametrize("last", NAMES)
def test_every_schema_there_was_comes_up_with_its_rows(tmp_path, last):
    kept = of_schema(tmp_path / "a", last)
    assert all(kept)
    with open_archive(tmp_path / "a", write=True) as db:
        assert [db.execute(sql).fetchall() for sql in KEPT] == kept
        assert [migration.name for migration in migrations.applied(db)] == NAMES
        cut = db.execute(
            "SELECT revision, position, reason, path, text FROM removed_blocks ORDER BY revision, position"
        ).fetchall()
        assert cut == [(n, place, *one.values()) for n in (1, 2) for place, one in enumerate(CUT)]
        assert db.execute("SELECT count(*) FROM removed_paths").fetchone() == (2,)
        assert unpack_removed(db.conn, db.execute("SELECT removed FROM revisions").fetchone()[0]) == tuple(
            RemovedBlock(**one) for one in CUT
        )
        assert db.execute(
            "SELECT count(*) FROM articles_folded WHERE articles_folded MATCH 'duong'"
        ).fetchone() == (1,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    assert len(list((tmp_path / "a" / "backups").glob("*.db"))) == (last != NAMES[-1])
