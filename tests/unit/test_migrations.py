"""Schema life: forward in transactions, with a backup; never backward."""

import sqlite3

import pytest
from archive_samples import begun, visit
from sqlite_utils import Migrations

import archive.database
from archive.database import open_archive
from archive.errors import ArchiveTooNew
from archive.schema import migrations
from archive.store import Store


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
