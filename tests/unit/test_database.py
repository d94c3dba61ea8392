"""Folders that are no archive, archives that are in use, old, new or broken: one clear line each."""

import os
import sqlite3
import subprocess
import sys
import threading

import pytest
from archive_samples import PORTAL, begun, visit

from archive.database import open_archive
from archive.errors import ArchiveBusy, ArchiveDamaged, ArchiveMissing
from archive.lock import is_held
from archive.store import Store

HOLDER = """
import sys, time
from archive.store import Store
store = Store(sys.argv[1])
print("up", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path):
    Store(tmp_path / "a").close()
    return tmp_path / "a"


def test_one_writer_and_its_death(folder):
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "up\n"
        assert is_held(folder)
        with pytest.raises(ArchiveBusy, match=rf"pid {holder.pid}\) is writing .*; wait for it or stop it"):
            Store(folder)
        open_archive(folder, write=False).close()  # readers are welcome
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert not is_held(folder)
    Store(folder).close()


def test_a_forked_worker_does_not_keep_the_lock(folder):
    store = Store(folder)
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(reads, 1)
        os._exit(0)
    try:
        store.close()
        assert not is_held(folder)
    finally:
        os.write(writes, b"x")
        os.waitpid(child, 0)
        os.close(reads)
        os.close(writes)


def test_readers_see_what_is_committed_while_a_writer_writes(folder):
    with Store(folder) as store:
        reader = open_archive(folder, write=False)
        with store.db.transaction():
            store.save_portal(PORTAL)
            assert reader.execute("SELECT count(*) FROM portals").fetchone() == (0,)
        assert reader.execute("SELECT count(*) FROM portals").fetchone() == (1,)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.execute("DELETE FROM portals")
        reader.close()


def test_threads_wait_for_one_another(folder):
    with Store(folder) as store:
        crawl_id = begun(store, range(1, 21))
        errors = []

        def work(numbers):
            try:
                for number in numbers:
                    visit(store, crawl_id, number)
            except Exception as error:  # the thread's boundary: the test shows it
                errors.append(error)

        threads = [threading.Thread(target=work, args=(range(start, 21, 2),)) for start in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert store.ledger.counts(PORTAL.key)["done"] == 20


@pytest.mark.parametrize("write", [True, False])
def test_folders_that_are_no_archive(tmp_path, write):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(ArchiveDamaged, match="is a file, not an archive folder; name another"):
        open_archive(file, write=write)
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "tet.jpg").write_text("x")
    with pytest.raises(ArchiveDamaged, match=r"holds tet.jpg; name another folder"):
        open_archive(photos, write=write)
    assert [path.name for path in photos.iterdir()] == ["tet.jpg"]


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"\0" * 4096, os.urandom(8192)])
def test_garbage_for_a_database(folder, content, write):
    (folder / "archive.db").write_bytes(content)
    with pytest.raises(ArchiveDamaged, match=r"archive\.db is damaged .*put back a copy"):
        open_archive(folder, write=write)
    assert (folder / "archive.db").read_bytes() == content
    assert not is_held(folder)


def test_damage_in_the_middle_is_said_when_it_is_met(folder):
    with Store(folder) as store:
        crawl_id = begun(store, range(1, 200))
        visit(store, crawl_id)
    data = bytearray((folder / "archive.db").read_bytes())
    data[8192:-4096] = b"\xff" * (len(data) - 12288)
    (folder / "archive.db").write_bytes(data)
    with pytest.raises(ArchiveDamaged), Store(folder) as store:
        begun(store, range(200, 400))


def test_nothing_there_to_read(tmp_path):
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(ArchiveMissing, match="no archive in .* yet; `khocong crawl` makes one"):
            open_archive(folder, write=False)


@pytest.mark.parametrize("write", [True, False])
def test_captures_without_a_database_are_not_passed_over(folder, write):
    """An empty database beside them would look like the whole archive."""
    with Store(folder) as store:
        visit(store, begun(store, range(1, 3)))
    # What the store was told of was captured by nobody here; a crawl has a file.
    (folder / "warc" / "khocong-20260301.warc.gz").write_bytes(b"")
    for path in folder.glob("archive.db*"):
        path.unlink()
    with pytest.raises(ArchiveDamaged, match=r"holds captures but no archive\.db; `khocong rebuild`"):
        open_archive(folder, write=write)
    assert not (folder / "archive.db").exists()


def test_another_programs_database(tmp_path):
    other = sqlite3.connect(tmp_path / "archive.db")
    other.execute("CREATE TABLE songs (id)")
    other.close()
    for write in (True, False):
        with pytest.raises(ArchiveDamaged, match="belongs to another program"):
            open_archive(tmp_path, write=write)


def test_a_database_another_program_holds(folder, monkeypatch):
    monkeypatch.setattr("archive.database._BUSY_TIMEOUT_MS", 50)
    with Store(folder) as store:
        other = sqlite3.connect(folder / "archive.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveBusy, match="another program is writing"):
            store.save_portal(PORTAL)
        other.execute("ROLLBACK")
        other.close()
        store.save_portal(PORTAL)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_rights(folder):
    (folder / "lock").unlink()
    folder.chmod(0o500)
    try:
        with pytest.raises(ArchiveDamaged, match="cannot be written"):
            open_archive(folder, write=True)
        open_archive(folder, write=False).close()
    finally:
        folder.chmod(0o700)


def test_a_relaxed_writer_waits_for_the_disk_again_afterwards(folder):
    db = open_archive(folder, write=True)

    def modes():
        return tuple(
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "wal_autocheckpoint")
        )

    careful = modes()
    assert careful == (2, 1000)
    with db.relaxed():
        assert modes()[0] == 1
        with db.transaction() as connection:
            connection.execute("CREATE TABLE kept (n)")
    assert modes() == careful
    # What was committed is in the database itself, or in a log that has been synced.
    busy, pages, copied = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    assert not busy
    assert pages == copied
    db.close()
