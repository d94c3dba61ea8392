"""An archive in memory with the written articles, and one on disk for commands."""

import pytest
import written_archive


@pytest.fixture
def bare():
    conn = written_archive.empty()
    yield conn
    conn.close()


@pytest.fixture(scope="package")
def written():
    """Read only: shared by the tests of the folder."""
    conn = written_archive.empty()
    written_archive.fill(conn)
    yield conn
    conn.close()


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    return written_archive.make(tmp_path_factory.mktemp("kho") / "archive")
