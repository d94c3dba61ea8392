"""Pages made to exhaust their reader: each ends as an issue of its own kind, and the next one is read."""

import asyncio
import os
import resource
import signal
import time

import pytest

from archive.errors import ReaderMissing
from archive.records import Portal
from crawler import readers
from crawler.readers import Readers
from crawler.reading import MAX_PAGE_BYTES, ReadJob
from tests.portal.crawling import crawl, query
from tests.portal.replay import Replay, Site
from tests.portal.sites import article

PORTAL = Portal(key="x", platform="generic", hosts=("xa.example.gov.vn",))
HEAD = "<!DOCTYPE html><html><head><title>Thông báo của xã</title></head><body>"
# A million elements, each of which has to be looked at.
MANY = (HEAD + "<b>a</b>" * 1_000_000).encode()
# Each letter becomes an element of some 120 bytes, with a text of its own.
GREEDY = (HEAD + "<p>a" * (MAX_PAGE_BYTES // 4 - 100)).encode()
LONG = (HEAD + "<p>" + "Ủy ban nhân dân xã họp. " * 800_000).encode()
assert len(LONG) > MAX_PAGE_BYTES > len(GREEDY)


def job(body, number=0):
    body = body if isinstance(body, bytes) else body.encode()
    return ReadJob(
        body,
        f"https://xa.example.gov.vn/tin/bai-{number}.html",
        "text/html; charset=utf-8",
        "",
        PORTAL,
        "page",
    )


def run(*bodies, **options):
    """Read bodies one after another with one worker; return the readings and the worker's pids."""

    async def reading():
        pool = Readers(1, **options)
        found, pids = [], []
        try:
            for number, body in enumerate(bodies):
                found.append(await pool.read(job(body, number)))
                process = pool._workers[0]._process
                pids.append(process.pid if process else None)
        finally:
            await pool.close()
        return found, pids

    return asyncio.run(reading())


def is_read(reading):
    return reading.page is not None and reading.page.article is not None and not reading.failure


def test_a_page_over_20_mb_is_too_heavy_and_costs_no_worker():
    (long, next_one), pids = run(LONG, article(1))
    assert (long.page, long.failure) == (None, "too_heavy")
    assert is_read(next_one)
    assert pids[0] == pids[1] is not None


def test_a_page_that_takes_too_long_is_ended_and_the_next_is_read():
    start = time.monotonic()
    (slow, next_one), pids = run(MANY, article(1), timeout_s=0.7)
    assert (slow.page, slow.failure) == (None, "too_slow")
    assert "0.7 s" in slow.detail
    assert is_read(next_one)
    assert pids[0] is None
    assert time.monotonic() - start < 60


def test_a_page_that_eats_memory_is_ended_and_the_next_is_read():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    (greedy, next_one), pids = run(GREEDY, article(1), timeout_s=60)
    most_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert greedy.page is None
    assert greedy.failure in ("out_of_memory", "reader_died")
    assert is_read(next_one)
    assert pids[0] is None
    assert most_kb == before or most_kb < 1.3 * 1024**2, "a gigabyte, and the libraries"


def test_a_killed_worker_costs_one_page():
    async def reading():
        pool = Readers(1)
        try:
            assert is_read(await pool.read(job(article(1))))
            asking = asyncio.ensure_future(pool.read(job(MANY)))
            await asyncio.sleep(0.2)
            os.kill(pool._workers[0]._process.pid, signal.SIGKILL)
            died = await asking
            return died, await pool.read(job(article(2)))
        finally:
            await pool.close()

    died, next_one = asyncio.run(reading())
    assert (died.page, died.failure) == (None, "reader_died")
    assert is_read(next_one)


def test_a_worker_that_dies_between_two_pages_is_replaced():
    async def reading():
        pool = Readers(1)
        try:
            await pool.read(job(article(1)))
            os.kill(pool._workers[0]._process.pid, signal.SIGKILL)
            await asyncio.sleep(0.3)
            return await pool.read(job(article(2)))
        finally:
            await pool.close()

    assert is_read(asyncio.run(reading()))


GARBAGE = {
    "text": "sys.stdout.write('Traceback: một lỗi rất dài ' * 50)",
    "a length and no pickle": "sys.stdout.buffer.write(b'\\0\\0\\0\\0' + b'\\0\\0\\0\\x08' + b'notapick')",
    "a length beyond all answers": "sys.stdout.buffer.write(b'\\0\\0\\0\\0' + b'\\xff\\xff\\xff\\xf0' + "
    "b'x' * 99)",
    "another object": (
        "import pickle; data = pickle.dumps({'page': 1}); "
        "sys.stdout.buffer.write(b'\\0\\0\\0\\0' + len(data).to_bytes(4, 'big') + data)"
    ),
    "nothing, and ends": "pass",
    "half an answer, and ends": "sys.stdout.buffer.write(b'\\0\\0\\0\\0' + b'\\0\\0\\1\\0' + b'abc')",
}


# These never say that they are ready: no reader was started, and no page is to blame.
NO_START = ("text", "nothing, and ends")


@pytest.mark.parametrize("what", GARBAGE)
def test_a_worker_that_says_garbage_is_replaced(what, monkeypatch):
    ours = readers._PROGRAM
    end = "" if what.endswith("ends") else "; sys.stdout.flush(); sys.stdin.buffer.read()"
    monkeypatch.setattr(readers, "_PROGRAM", f"import sys; {GARBAGE[what]}{end}")

    async def reading():
        pool = Readers(1)
        try:
            garbage = await pool.read(job(article(1)))
            monkeypatch.setattr(readers, "_PROGRAM", ours)
            return garbage, await pool.read(job(article(2)))
        finally:
            await pool.close()

    if what in NO_START:
        with pytest.raises(ReaderMissing, match="no process that reads pages can be started"):
            asyncio.run(reading())
        return
    garbage, next_one = asyncio.run(reading())
    assert (garbage.page, garbage.failure) == (None, "reader_died")
    assert is_read(next_one)


def test_a_reader_that_starts_late_reads_the_page_that_waits(monkeypatch):
    """What the machine lacked for a moment costs the page nothing."""
    ours, tried = readers._PROGRAM, []

    async def reading():
        pool = Readers(2)
        started = pool._workers[0].__class__.ensure

        async def ensure(worker):
            tried.append(worker)
            monkeypatch.setattr(readers, "_PROGRAM", ours if len(tried) > 3 else "pass")
            return await started(worker)

        monkeypatch.setattr(pool._workers[0].__class__, "ensure", ensure)
        try:
            return await pool.read(job(article(1)))
        finally:
            await pool.close()

    assert is_read(asyncio.run(reading()))
    assert len(tried) > 3


def test_one_reader_that_runs_reads_what_the_other_was_to_read(monkeypatch):
    async def reading():
        pool = Readers(2)
        try:
            first = await pool.read(job(article(1)))
            monkeypatch.setattr(readers, "_PROGRAM", "pass")
            return [first, *await asyncio.gather(*(pool.read(job(article(n), n)) for n in range(2, 6)))]
        finally:
            await pool.close()

    assert all(map(is_read, asyncio.run(reading())))


def test_a_worker_is_replaced_after_its_share_of_pages():
    found, pids = run(*(article(number) for number in range(5)), pages_a_worker=2)
    assert all(map(is_read, found))
    assert [pids[0] == pids[1], pids[1] == pids[2], pids[2] == pids[3], pids[3] == pids[4]] == [
        True, False, True, False,
    ]  # fmt: skip


def test_a_crawl_goes_on_past_pages_that_exhaust_their_reader(tmp_path):
    site = Site()
    links = "".join(
        f"<li><a href='/tin/bai-{n}.html'>Xã Tân Lộc họp bàn việc số {n}</a></li>" for n in range(8)
    )
    site.put("/", f"<html><head><title>Xã Tân Lộc</title></head><body><ul>{links}</ul>")
    for number in range(8):
        site.put(f"/tin/bai-{number}.html", article(number))
    site.put("/tin/bai-1.html", LONG)
    site.put("/tin/bai-3.html", GREEDY)
    site.put("/tin/bai-5.html", HEAD + "<div>" * 300_000 + article(5))
    with Replay(site) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive")
    assert done.returncode == 0, done.stdout + done.stderr
    kinds = {
        url.rpartition("/")[2]: kind
        for kind, url in query(tmp_path / "archive", "SELECT kind, url FROM issues WHERE url LIKE '%/bai-%'")
    }
    assert kinds["bai-1.html"] == "too_heavy"
    assert kinds["bai-3.html"] in ("out_of_memory", "reader_died", "too_slow")
    kept = {
        url.rpartition("/")[2]
        for (url,) in query(tmp_path / "archive", "SELECT url FROM captures WHERE status = 200")
    }
    assert {f"bai-{number}.html" for number in range(8)} <= kept
    found = {url.rpartition("/")[2] for (url,) in query(tmp_path / "archive", "SELECT url FROM articles")}
    assert {f"bai-{number}.html" for number in (0, 2, 4, 6, 7)} <= found
