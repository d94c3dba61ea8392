"""`khocong schedule` as a user runs it: what is due is crawled once, however the schedule ends."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

import pytest

from archive.lock import WriteLock
from tests.portal.crawling import ROOT, environment, query
from tests.portal.replay import Replay
from tests.portal.sites import small_site

PORTAL = """\
name: Trang thông tin điện tử xã số {number}
hosts: ["127.0.0.1:{port}"]
seeds: ["http://127.0.0.1:{port}/"]
evidence: {{kind: seen, noted_on: 2026-01-01, what: made up for a test}}
"""
SCHEDULE = "crawl: registry\nat_once: 4\ndefaults: {every: 30 d, jitter: 0}\n"


class Scheduling:
    """A schedule in a process of its own, and what it tells."""

    def __init__(self, folder, *arguments, delay="0"):
        env = {**environment(folder / "kho"), "KHOCONG_PORTALS": str(folder / "portals")}
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "crawler.cli", "schedule", "--archive", str(folder / "kho"), "--json",
                "--allow-private", "--delay", delay, *arguments,
            ],
            cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.told = []
        self._lines = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)

    def wait_for(self, kind, count=1, timeout_s=60):
        """Return the events of a kind once there are so many."""
        until = time.monotonic() + timeout_s
        while sum(one["event"] == kind for one in self.told) < count:
            try:
                event = self._lines.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"no {count} {kind!r} in {timeout_s} s, but {self.told}")
            assert event is not None, (self.told, self.process.stderr.read())
            self.told.append(event)
        return [one for one in self.told if one["event"] == kind]

    def end(self, number=signal.SIGTERM, timeout_s=40):
        self.process.send_signal(number)
        self.process.wait(timeout_s)
        errors = self.process.stderr.read()
        assert "Traceback" not in errors, errors
        return self.process.returncode


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "portals").mkdir()
    (tmp_path / "kho").mkdir()
    (tmp_path / "kho" / "schedule.yml").write_text(SCHEDULE, encoding="utf-8")
    return tmp_path


@contextlib.contextmanager
def sites(folder, count, articles=6):
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(Replay(small_site(articles))) for _ in range(count)]
        for number, site in enumerate(made):
            port = site.origin.rpartition(":")[2].strip("/")
            text = PORTAL.format(number=number, port=port)
            (folder / "portals" / f"xa-{number}.yml").write_text(text, encoding="utf-8")
        yield made


@contextlib.contextmanager
def scheduling(folder, *arguments, **options):
    running = Scheduling(folder, *arguments, **options)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def memory(folder):
    return query_of(
        folder / "kho" / "schedule.db", "SELECT key, outcome, tries, reason FROM portals ORDER BY key"
    )


def query_of(path, sql):
    import sqlite3

    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def wait_until(true, timeout_s=30):
    until = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_what_is_due_is_crawled_once_and_reported(folder):
    with sites(folder, 3), scheduling(folder) as running:
        ended = running.wait_for("ended", 3)
        assert {one["portal"] for one in ended} == {"xa-0", "xa-1", "xa-2"}
        assert {one["reason"] for one in ended} == {"finished"}
        time.sleep(1)
        assert running.end() == 0
    crawls = query(folder / "kho", "SELECT portal_key, purpose, reason FROM crawls ORDER BY portal_key")
    assert [(key, reason) for key, _, reason in crawls] == [(f"xa-{n}", "finished") for n in range(3)]
    assert all(purpose.startswith("schedule first 20") for _, purpose, _ in crawls)
    assert memory(folder) == [(f"xa-{n}", "done", 1, "finished") for n in range(3)]
    reports = query(folder / "kho", "SELECT articles_new, outcome, polite FROM run_reports")
    assert reports == [(6, "finished", 1)] * 3


def test_once_crawls_what_is_due_and_ends(folder):
    with sites(folder, 2), scheduling(folder, "--once") as running:
        assert running.process.wait(60) == 0
    assert memory(folder) == [(f"xa-{n}", "done", 1, "finished") for n in range(2)]
    with sites(folder, 0), scheduling(folder, "--once") as again:
        assert again.process.wait(60) == 0
    assert query(folder / "kho", "SELECT count(*) FROM crawls") == [(2,)]


def test_a_schedule_of_nothing_says_so_and_makes_nothing(tmp_path):
    (tmp_path / "portals").mkdir()
    for arguments in (("--once",), ()):
        with scheduling(tmp_path, *arguments) as running:
            assert running.process.wait(30) == 1
            assert "there is no portal to crawl: crawl one into" in running.process.stderr.read()
    assert not (tmp_path / "kho").exists()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_end_in_the_middle_loses_nothing(folder, how):
    with sites(folder, 1, articles=30) as (site,):
        with scheduling(folder, delay="0.1") as running:
            running.wait_for("begun")
            wait_until(lambda: len(site.site.log) >= 8)
            running.process.send_signal(how)
            running.process.wait(40)
        # Whoever hands portals over is gone: the crawling process ends by itself.
        wait_until(
            lambda: query(folder / "kho", "SELECT count(*) FROM crawls WHERE ended_at IS NULL") == [(0,)]
        )
        [(_, outcome, tries, _)] = memory(folder)
        assert (outcome, tries) == (("cut", 1) if how == signal.SIGTERM else ("running", 1))
        with scheduling(folder, delay="0.1") as again:
            [ended] = again.wait_for("ended")
            [due] = [one for one in again.told if one["event"] == "due"]
            assert due["kind"] == "resume"
            assert ended["articles_in_archive"] == 30
            assert again.end() == 0
        slots = query_of(folder / "kho" / "schedule.db", "SELECT count(DISTINCT slot), max(tries) FROM runs")
        assert slots == [(1, 2)]
        asked = [line.target for line in site.site.log if "/tin-" in line.target]
        assert len(asked) - len(set(asked)) <= 2
        assert min(site.site.gaps()) >= 0.095


def test_one_schedule_and_one_writer_at_a_time(folder):
    with sites(folder, 1):
        lock = WriteLock(folder / "kho")
        with scheduling(folder) as running:
            [state] = running.wait_for("state")
            assert f"another khocong (pid {os.getpid()}) writes" in state["why"]
            with scheduling(folder) as second:
                assert second.process.wait(30) == 1
                assert "another khocong schedule" in second.process.stderr.read()
            lock.release()
            running.wait_for("ended")
            assert running.end() == 0


def test_a_crawling_process_that_dies_is_begun_again(folder):
    with sites(folder, 1, articles=20) as (site,), scheduling(folder, delay="0.1") as running:
        running.wait_for("begun")
        wait_until(lambda: len(site.site.log) >= 5)
        children = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(running.process.pid)],
            capture_output=True,
            text=True,
            check=True,
        )
        os.kill(int(children.stdout.split()[0]), signal.SIGKILL)
        [trouble] = running.wait_for("trouble")
        assert trouble["left"] == ["xa-0"]
        [ended] = running.wait_for("ended")
        assert ended["articles_in_archive"] == 20
        assert [one["kind"] for one in running.told if one["event"] == "due"] == ["first", "resume"]
        assert running.end() == 0


def test_due_shows_what_would_run_and_why(folder):
    env = {**environment(folder / "kho"), "KHOCONG_PORTALS": str(folder / "portals")}

    def due(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "crawler.cli", "due", "--archive", str(folder / "kho"), *arguments],
            cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip

    with sites(folder, 2):
        told = json.loads(due("--json").stdout)
        assert [one["portal"] for one in told["due"]] == ["xa-0", "xa-1"]
        assert {one["kind"] for one in told["due"]} == {"first"}
        assert "every 30 d" in told["due"][0]["why"]
        with scheduling(folder, "--once") as running:
            assert running.process.wait(60) == 0
        shown = due().stdout
        assert shown.splitlines()[0].split("\t") == ["portal", "state", "kind", "from", "priority", "why"]
        assert shown.count("\tlater\tregular\t") == 2
