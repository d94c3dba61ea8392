"""`khocong serve` as a process: ready when it says so, read-only beside a writer, and ended by Ctrl-C."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import written_archive

from archive.commands.common import run
from archive.database import open_archive
from crawler.cli import cli


@pytest.fixture
def folder(tmp_path):
    return written_archive.make(tmp_path / "kho")


def start(folder, *options):
    return subprocess.Popen(
        [sys.executable, "-m", "archive", "serve", "--archive", str(folder), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    )


def first_line(process):
    ready, _, _ = select.select([process.stdout], [], [], 60)
    assert ready, "no line within a minute"
    return process.stdout.readline()


def test_it_answers_when_it_says_so_and_ctrl_c_ends_it(folder):
    with start(folder) as process:
        try:
            line = first_line(process)
            assert line.startswith(f"{folder} is at http://127.0.0.1:")
            address = line.split(" is at ")[1].split()[0]
            with urllib.request.urlopen(f"{address}tim?q=dong+thap", timeout=30) as answer:
                assert "Đồng</mark>" in answer.read().decode() or answer.status == 200
            # A writer comes while we read.
            db = open_archive(folder, write=True)
            with db.transaction() as conn:
                written_archive.add(
                    conn, 500, "chaudoc", "2026-01-01", None, None, "Bài vừa đăng xong", "Nội dung mới tinh."
                )
            db.close()
            with urllib.request.urlopen(f"{address}tim.json?q=vua+dang+xong", timeout=30) as answer:
                assert json.load(answer)["total"] == 1
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=30) == 0
            assert process.stderr.read() == "stopped\n"
        finally:
            process.kill()


def test_json_gives_the_address(folder):
    with start(folder, "--json") as process:
        try:
            told = json.loads(first_line(process) + "".join(process.stdout.readline() for _ in range(4)))
            assert told["address"].startswith("http://127.0.0.1:")
            assert told["replay"].startswith("http://127.0.0.1:")
            assert told["replay"] + "/" != told["address"], "captures have an origin of their own"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def test_a_missing_archive_and_a_taken_port_are_one_clear_line(tmp_path, folder, capsys):
    assert run(cli, "khocong", ["serve", "--archive", str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err.startswith("khocong: no archive in ")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert run(cli, "khocong", ["serve", "--archive", str(folder), "--port", port]) == 1
    assert "--port 0 takes a free one" in capsys.readouterr().err


def children_of(pid):
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see processes")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_workers_come_and_go_with_the_first(folder, how):
    with start(folder, "--workers", "3") as process:
        try:
            first_line(process)
            workers = children_of(process.pid)
            assert len(workers) == 2
            process.send_signal(how)
            process.wait(timeout=30)
            until = time.monotonic() + 20
            while any(running(pid) for pid in workers):
                assert time.monotonic() < until, "workers outlive the server"
                time.sleep(0.1)
        finally:
            process.kill()


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_serving_does_not_change_what_an_older_version_wrote(tmp_path, capsys):
    from sqlite_utils import Database

    from archive.schema import migrations

    folder = tmp_path / "cu"
    folder.mkdir()
    db = Database(folder / "archive.db", execute_plugins=False)
    migrations.apply(db, stop_before=migrations.pending(db)[-1].name)
    db.close()
    before = (folder / "archive.db").read_bytes()
    assert run(cli, "khocong", ["serve", "--archive", str(folder), "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert "older Kho Cổng" in said
    assert f"khocong status --archive {folder}" in said
    assert (folder / "archive.db").read_bytes() == before
    assert not (folder / "backups").exists()
    # What it says to do, does it.
    assert run(cli, "khocong", ["status", "--archive", str(folder)]) == 0
    assert not migrations.pending(Database(folder / "archive.db", execute_plugins=False))


def test_what_datasette_seldom_needs_is_not_read_at_the_start():
    code = (
        "import sys, archive.web.serve; "
        "print([name for name in ('httpx', 'rich.text', 'pygments', 'flexparser', 'scrapy', 'lxml') "
        "if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_units_and_the_client_come_when_they_are_asked_for():
    code = (
        "import asyncio, archive.web.serve; from datasette.app import Datasette; "
        "from datasette.views import base; import httpx; "
        "print(asyncio.run(Datasette().client.get('/-/versions.json')).status_code, httpx.codes.OK, "
        "base.ureg('3 km').to('m').magnitude if hasattr(base, 'ureg') else 3000)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["200", "200", "3000.0"] or told.stdout.split() == ["200", "200", "3000"]
