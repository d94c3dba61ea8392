"""Damage of every kind is found, and an archive that is whole is said to be."""

import shutil

import pytest
from archive_samples import real_archive

from archive.database import open_archive
from archive.store import Store
from archive.verify import Counts, verify


@pytest.fixture
def folder(tmp_path):
    real_archive(tmp_path / "a")
    return tmp_path / "a"


def kinds(folder, full=False):
    db = open_archive(folder, write=False)
    try:
        return [finding.kind for finding in verify(db, full=full)]
    finally:
        db.close()


def warc_of(folder):
    return next((folder / "warc").glob("*.warc.gz"))


def test_a_whole_archive(folder):
    counts = Counts()
    db = open_archive(folder, write=False)
    assert list(verify(db, full=True, counts=counts)) == []
    assert (counts.captures, counts.warc_files, counts.records) == (3, 1, 7)
    db.close()


def test_every_flipped_byte_of_a_response_is_found(folder):
    db = open_archive(folder, write=False)
    offset, length = db.execute("SELECT warc_offset, warc_length FROM captures ORDER BY 1 LIMIT 1").fetchone()
    db.close()
    path = warc_of(folder)
    whole = path.read_bytes()
    # The ten bytes of a gzip header carry flags and time that no reader uses. The last byte of the deflate
    # stream, before the eight of checksum and size, ends in padding bits that mean nothing: a flip there
    # leaves every stored byte as it was (seen once, when the record's length let the step land on it).
    padding = offset + length - 9
    for place in (place for place in range(offset + 10, offset + length, 3) if place != padding):
        data = bytearray(whole)
        data[place] ^= 0x10
        path.write_bytes(data)
        assert kinds(folder), place - offset


def test_cut_missing_and_swapped(folder):
    path = warc_of(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:-900])
    assert set(kinds(folder)) == {"cut_file", "changed_file"}
    path.write_bytes(whole)
    shutil.move(path, path.with_name("elsewhere"))
    assert kinds(folder) == ["missing_file"]
    shutil.move(path.with_name("elsewhere"), path)
    with Store(folder) as store:
        first, second = store.db.execute("SELECT capture_id, warc_offset FROM captures LIMIT 2").fetchall()
        store.db.execute("UPDATE captures SET warc_offset = -1 WHERE capture_id = ?", [first[0]])
        store.db.execute("UPDATE captures SET warc_offset = ? WHERE capture_id = ?", [first[1], second[0]])
        store.db.execute("UPDATE captures SET warc_offset = ? WHERE capture_id = ?", [second[1], first[0]])
        store.db.conn.commit()
    assert kinds(folder) == ["wrong_record", "wrong_record", "rows"]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("UPDATE captures SET payload_digest = 'sha1:AAAA' WHERE capture_id = 1", "wrong_digest"),
        ("UPDATE captures SET warc_file = '../../etc/passwd' WHERE capture_id = 1", "missing_file"),
        ("UPDATE urls SET state = 'leased' WHERE url_id = 1", "stale_lease"),
        ("UPDATE urls SET state = 'failed', reason = '' WHERE url_id = 1", "no_reason"),
        ("UPDATE crawls SET ended_at = NULL", "died_crawl"),
        ("UPDATE articles SET revision_id = 2 WHERE article_id = 1", "revision"),
        ("DELETE FROM captures WHERE capture_id = 1", "foreign_key"),
        ("INSERT INTO articles_folded (articles_folded) VALUES ('delete-all')", "search_index"),
    ],
)
def test_rows_that_do_not_add_up(folder, sql, kind):
    db = open_archive(folder, write=True)
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute(sql)
    db.conn.commit()
    db.close()
    assert kind in kinds(folder, full=True)
