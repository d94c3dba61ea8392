"""An archive in memory with the written articles, and one on disk for commands."""

import sqlite3

import pytest
import written_archive
from sqlite_utils import Database

from archive.schema import migrations


def empty():
    """Return a migrated database in memory."""
    conn = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(Database(conn, execute_plugins=False))
    return conn


@pytest.fixture
def bare():
    conn = empty()
    yield conn
    conn.close()


@pytest.fixture(scope="package")
def written():
    """Read only: shared by the tests of the folder."""
    conn = empty()
    written_archive.fill(conn)
    yield conn
    conn.close()


@pytest.fixture(scope="package")
def folder(tmp_path_factory):
    return written_archive.make(tmp_path_factory.mktemp("kho") / "archive")
