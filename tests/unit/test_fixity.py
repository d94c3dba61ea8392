"""The chain of digests after a crash in the middle of a line."""

from contextlib import closing

import pytest

from archive.database import open_archive
from archive.fixity import FOLDER, MANIFEST, check_chain, links, seal


@pytest.fixture
def folder(tmp_path):
    open_archive(tmp_path, write=True).close()
    (tmp_path / "warc").mkdir(exist_ok=True)
    (tmp_path / "warc" / "mot.warc.gz").write_bytes(b"mot")
    return tmp_path


def sealed(folder):
    with closing(open_archive(folder, write=True)) as db:
        return seal(db.conn, folder)


@pytest.mark.parametrize("left", [1, 40, -2, -1, 0])
def test_a_line_cut_by_a_crash_is_made_again(folder, left):
    manifest = folder / FOLDER / MANIFEST
    assert sealed(folder) == 1
    (folder / "warc" / "hai.warc.gz").write_bytes(b"hai")
    before = manifest.read_bytes()
    assert sealed(folder) == 1
    # As far as the bytes came: -1 is the whole line but for its end, and a link.
    line = manifest.read_bytes()[len(before) :]
    manifest.write_bytes(before + line[:left])
    whole = left == -1
    assert [link.file for link in links(folder)] == ["mot.warc.gz", *["hai.warc.gz"] * whole]
    assert list(check_chain(folder)) == []
    (folder / "warc" / "nam.warc.gz").write_bytes(b"nam")
    assert sealed(folder) == 1 + (not whole)
    assert list(check_chain(folder)) == []
    assert sorted(link.file for link in links(folder)) == ["hai.warc.gz", "mot.warc.gz", "nam.warc.gz"]
    # What is no crash's doing is still told.
    manifest.write_bytes(before + b"{}\n")
    assert list(check_chain(folder)) == [(f"{FOLDER}/{MANIFEST}:2", "the line cannot be read")]
