"""Politeness as servers log it, in real crawls: several hosts, processes and failures at once (I6)."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

from tests.faults.broken import CutBody, EmptyAnswer, NoStatusLine, RedirectCircle, Reset
from tests.faults.quickly import quickly
from tests.faults.servers import Conn, FaultServer
from tests.portal.crawling import crawl, query, states

FAILING = (EmptyAnswer, CutBody, NoStatusLine, RedirectCircle)
# What two processes' clocks and a thread's start may take from a gap that was kept.
SLACK_S = 0.004


def flood(conn: Conn) -> None:
    """429 the first time, "Hãy đợi…" with 200 the second, 503 the third, then a page."""
    if conn.count == 1:
        conn.answer("Too many", "429 Too Many Requests")
    elif conn.count == 2:
        conn.answer("<html><head><title>Hãy đợi…</title></head><body><p>Hãy đợi…</p></body></html>")
    elif conn.count == 3:
        conn.answer("Busy", "503 Service Unavailable")
    else:
        conn.answer("<html><body><h1>Xong</h1></body></html>")


def attachment(conn: Conn) -> None:
    conn.answer(b"%PDF-1.4 " + bytes(300), mime="application/pdf")


def test_no_gap_is_under_the_delay_over_failures_retries_and_kept_connections(tmp_path: Path) -> None:
    with FaultServer(FAILING, good=1, extra={"/tot/bai-0-0.html": flood, "/tep/a.pdf": attachment}) as server:
        server.robots = b"User-agent: *\nAllow: /\n"
        quickly(
            [server.origin + "/"], tmp_path / "archive", delay=0.15, pause_s=0.1, answer_s=1.5, timeout_s=90
        )
    assert len(server.log) > 22
    assert min(server.gaps()) >= 0.15 - SLACK_S
    # After the host asked for patience three times the delay had grown, and nothing made it shorter again.
    assert min(server.gaps()[-10:]) >= 0.15 * 1.5**3 - SLACK_S


def test_two_processes_ask_one_host_in_turns(tmp_path: Path) -> None:
    def slow(conn: Conn) -> None:
        time.sleep(0.2)
        conn.answer(server.front())

    with FaultServer((Reset, CutBody), good=3, extra={"/": slow}) as server, ThreadPoolExecutor(2) as pool:
        # The second archive stands beside the first, and so shares what is known of hosts.
        runs = [
            pool.submit(quickly, [server.origin + "/"], tmp_path / name, delay=0.15, max_requests=6)
            for name in ("one", "two")
        ]
        for run in runs:
            run.result()
    assert len(server.log) >= 10
    assert min(server.gaps()) >= 0.15 - SLACK_S


def test_hosts_of_one_address_group_share_one_limit(tmp_path: Path) -> None:
    with ExitStack() as stack:
        servers = [stack.enter_context(FaultServer(good=4)) for _ in range(3)]
        words = [server.origin + "/" for server in servers]
        quickly(words, tmp_path / "archive", delay=0.2, groups=True, answer_s=5)
        times = sorted(entry.at for server in servers for entry in server.log)
    gaps = [later - earlier for earlier, later in zip(times, times[1:], strict=False)]
    assert len(times) >= 18
    # The limit is on when requests leave; how long a connection takes stands between that and the log.
    assert (times[-1] - times[0]) / len(gaps) >= 0.2 * 0.95
    assert sorted(gaps)[len(gaps) // 10] >= 0.1


def test_quiet_hours_are_kept(tmp_path: Path) -> None:
    begin = datetime.now(UTC) + timedelta(hours=7)
    hours = f"{begin:%H:%M}-{begin + timedelta(hours=2):%H:%M}"
    with FaultServer() as server, ThreadPoolExecutor(1) as pool:
        run = pool.submit(
            quickly, [server.origin + "/"], tmp_path / "archive", quiet_hours=hours, stop_after_s=3
        )
        run.result()
    assert server.log == []
    assert states(tmp_path / "archive")["pending"] >= 1
    assert query(tmp_path / "archive", "SELECT reason FROM crawls") == [("interrupted",)]


def test_a_host_that_wants_to_be_left_alone_for_long_is_until_another_run(tmp_path: Path) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(hours=5), usegmt=True)

    def later(conn: Conn) -> None:
        conn.answer("", "503 Service Unavailable", Retry_After=until)

    with FaultServer(extra={"/tot/bai-0-0.html": later}, good=3) as server:
        first = crawl(server.origin + "/", tmp_path / "archive", "--json", delay=0.05)
        asked = len(server.log)
        second = crawl(server.origin + "/", tmp_path / "archive", "--json", delay=0.05)
        assert len(server.log) == asked, "the next run knows"
    for done in (first, second):
        assert done.returncode == 1
        assert "asked to be left alone until" in json.loads(done.stdout)["reason"]
    assert states(tmp_path / "archive")["pending"] >= 1


def test_a_year_of_patience_is_believed_for_a_day(tmp_path: Path) -> None:
    def later(conn: Conn) -> None:
        conn.answer("", "429 Too Many Requests", Retry_After="31536000")

    with FaultServer(extra={"/tot/bai-0-0.html": later}) as server:
        quickly([server.origin + "/"], tmp_path / "archive")
    [(until,)] = query(tmp_path / "archive", "SELECT max(not_before) FROM urls")
    assert datetime.fromisoformat(until) < datetime.now(UTC) + timedelta(days=1, minutes=1)


def test_a_host_that_dies_in_the_middle_is_left_alone(tmp_path: Path) -> None:
    def dead(conn: Conn) -> None:
        if len(server.log) > 6:
            conn.reset()
        else:
            conn.answer("<html><body><h1>Còn sống</h1></body></html>")

    paths = {f"/tot/bai-{n}-{m}.html": dead for n in range(1) for m in range(60)}
    with FaultServer(good=60, extra=paths) as server:
        quickly([server.origin + "/"], tmp_path / "archive", pause_s=0.004)
    [(reason,)] = query(tmp_path / "archive", "SELECT reason FROM crawls")
    assert "failed 10 times in a row" in reason
    assert len(server.log) <= 6 + 10 + 2
    assert states(tmp_path / "archive")["pending"] > 30, "its URLs wait for another run"
    pauses = server.gaps()[-8:]
    assert pauses[-1] > pauses[0], "each failure is followed by a longer pause"


def test_whoever_crawls_is_named(tmp_path: Path) -> None:
    with FaultServer() as server:
        quickly([server.origin + "/"], tmp_path / "archive", env={"KHOCONG_CONTACT": "kho@xa.example"})
    assert all("(+kho@xa.example)" in entry.headers["User-Agent"] for entry in server.log)
    assert {entry.headers["Accept-Encoding"] for entry in server.log} == {"gzip, deflate"}
