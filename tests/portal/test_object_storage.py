"""Object storage: what is sent to it and fetched; over S3 itself where s3fs and moto are installed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archive.errors import KhoCongError, UsageError
from archive.remote import fetched, is_address, names_below, send
from tests.portal.crawling import ROOT, crawl, query
from tests.portal.replay import Replay
from tests.portal.sites import small_site

fsspec = pytest.importorskip("fsspec", reason="pip install 'khocong[s3]' to test object storage")


@pytest.fixture
def memory():
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


def khocong(*words, environ=None):
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", *words], cwd=ROOT, env={**os.environ, **(environ or {})},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr, done.stderr
    return done


def crawled(archive):
    with Replay(small_site(3)) as portal:
        assert crawl(portal.origin + "/", archive).returncode == 0


def test_what_is_sent_comes_back_and_is_not_sent_twice(memory, tmp_path):
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "a.warc.gz").write_bytes(b"x" * 3000)
    (folder / "b.txt").write_bytes(b"mot")
    sent = send(folder, "memory://kho/ban")
    assert (sent.files, sent.bytes, sent.known) == (2, 3003, 0)
    (folder / "b.txt").write_bytes(b"hai")
    again = send(folder, "memory://kho/ban")
    assert (again.files, again.known) == (1, 1), "a file that is no WARC may have changed at the same size"
    (folder / "in" / "a.warc.gz").write_bytes(b"x" * 4000)
    assert send(folder, "memory://kho/ban").bytes == 4003
    assert names_below("memory://kho/ban") == ["memory:///kho/ban/b.txt", "memory:///kho/ban/in/a.warc.gz"]
    with fetched("memory://kho/ban/in/a.warc.gz", tmp_path) as path:
        assert (path.name, path.stat().st_size) == ("a.warc.gz", 4000)
    assert not path.exists()
    with fetched(str(folder / "b.txt"), tmp_path) as path:
        assert path == folder / "b.txt"


def test_what_cannot_be_reached_is_said_in_a_line(memory, tmp_path):
    with pytest.raises(KhoCongError, match="is not there"), fetched("memory://kho/x.warc.gz", tmp_path):
        pass
    with pytest.raises(UsageError, match="no address of a storage"):
        names_below("nothing-of-ours://kho/x")
    with pytest.raises(UsageError, match="holds nothing"):
        names_below("memory://empty/")
    assert not is_address("C:/kho")


def test_commands_write_to_a_storage_and_take_in_from_it(tmp_path):
    """file:// goes the way of every storage: by fsspec, whole files, asked for their sizes."""
    archive, storage = tmp_path / "kho", (tmp_path / "storage").as_uri()
    crawled(archive)
    _round_trip(tmp_path, archive, storage, {})


def _round_trip(tmp_path: Path, archive: Path, storage: str, environ: dict[str, str]) -> None:
    articles = query(archive, "SELECT count(*) FROM articles")[0][0]
    words = ("--archive", str(archive), "--json")
    done = khocong("export", "parquet", "--output", f"{storage}/lake", *words, environ=environ)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["articles"] == articles
    again = khocong("export", "parquet", "--output", f"{storage}/lake", *words, environ=environ)
    assert again.returncode == 2
    assert "is in use" in again.stderr
    first = json.loads(khocong("backup", f"{storage}/copy", *words, environ=environ).stdout)
    second = json.loads(khocong("backup", f"{storage}/copy", *words, environ=environ).stdout)
    assert (first["files_known"], second["files_copied"]) == (0, 0)
    assert first["files_copied"] == second["files_known"] > 0
    hosts = json.loads(
        query(archive, "SELECT json_group_array(h.value) FROM portals p, json_each(p.hosts) h")[0][0]
    )
    taken = tmp_path / "taken"
    portals = [word for host in hosts for word in ("--portal", host)]
    done = khocong("ingest", f"{storage}/copy/warc", *portals, "--archive", str(taken), environ=environ)
    assert done.returncode == 0, done.stderr
    assert query(taken, "SELECT count(*) FROM captures") > [(0,)]
    assert list(tmp_path.glob("fetched-*")) == []


def test_over_s3(tmp_path):
    """Against moto's server on loopback, where s3fs and moto are installed (s3fs holds dateutil below 3)."""
    pytest.importorskip(
        "s3fs", reason="pip install 'khocong[s3]' 'moto[s3]' flask flask-cors to test S3 itself"
    )
    server = pytest.importorskip(
        "moto.server", reason="pip install 'moto[s3]' flask flask-cors to test S3 itself"
    )
    running = server.ThreadedMotoServer("127.0.0.1", 0)
    running.start()
    try:
        _host, port = running.get_host_and_port()
        environ = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "mot",
            "AWS_SECRET_ACCESS_KEY": "hai", "AWS_DEFAULT_REGION": "us-east-1",
        }  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environ.items():
                patch.setenv(name, value)
            fsspec.filesystem("s3").mkdir("kho")
        archive = tmp_path / "kho"
        crawled(archive)
        _round_trip(tmp_path, archive, "s3://kho", environ)
        lost = khocong("ingest", "s3://nobody/x.warc.gz", "--archive", str(tmp_path / "x"), environ=environ)
        assert lost.returncode in (1, 2)
    finally:
        running.stop()
