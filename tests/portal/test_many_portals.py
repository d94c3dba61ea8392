"""Many portals at once: each at its own pace, one archive, and none that holds up another."""

import contextlib
import json
import os
import pty
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.portal.crawling import ROOT, environment, query
from tests.portal.replay import Answer, Replay, Site
from tests.portal.sites import small_site

DELAY_S = 0.3


@contextlib.contextmanager
def silent_host() -> Iterator[str]:
    """A host that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    kept.append(listening.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        listening.shutdown(socket.SHUT_RDWR)
        for one in kept:
            one.close()


def dies_after(requests: int) -> Callable[[str, int], Answer | None]:
    """A server that drops every connection once it has answered so often."""

    def fault(_target: str, count: int) -> Answer | None:
        if count >= requests:
            raise ConnectionAbortedError("the machine has gone")
        return None

    return fault


def start_many(urls: list[str], archive: Path, *more: str) -> "subprocess.Popen[str]":
    words = [
        sys.executable,
        "-m",
        "crawler.cli",
        "crawl",
        *urls,
        "--archive",
        str(archive),
        "--allow-private",
    ]
    return subprocess.Popen(
        [*words, *more], cwd=ROOT, env=environment(archive), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip


def finish(process: "subprocess.Popen[str]", timeout_s: float = 120) -> tuple[int, dict[str, dict], str]:
    out, err = process.communicate(timeout=timeout_s)
    assert "Traceback" not in out + err, err
    rows = [json.loads(line) for line in out.splitlines()]
    return process.returncode, {row["portal"]: row for row in rows}, err


def wait_until(true, timeout_s: float = 30) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def key_of(url: str) -> str:
    return url.split("/")[2].replace(":", "-")


def test_eight_portals_of_which_four_misbehave(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with contextlib.ExitStack() as stack:
        well = [stack.enter_context(Replay(small_site(6))) for _ in range(4)]
        slow_site = small_site(6)
        slow_site.latency_s = 0.5
        slow = stack.enter_context(Replay(slow_site))
        refusing_site = Site()
        refusing_site.fault = lambda _target, _count: Answer(503, body=b"busy")
        refusing = stack.enter_context(Replay(refusing_site))
        hanging = stack.enter_context(silent_host())
        dying_site = small_site(6)
        dying_site.fault = dies_after(4)
        dying = stack.enter_context(Replay(dying_site))
        urls = [one.origin + "/" for one in (*well, slow, refusing, dying)] + [hanging]
        process = start_many(urls, archive, "--delay", str(DELAY_S), "--json")
        # The well ones must come to their end while the sick are still waited for.
        ended = "SELECT count(*) FROM crawls WHERE reason = 'finished'"
        wait_until(lambda: len(slow.site.log) > 1)
        wait_until(lambda: query(archive, ended) == [(5,)], 60)
        assert process.poll() is None, "the sick ones are still given their chances"
        process.send_signal(signal.SIGINT)
        code, rows, _err = finish(process, 20)
    assert code == 130
    for one in (*well, slow):
        row = rows[one.portal_key]
        assert (row["reason"], row["articles"]["new"]) == ("finished", 6)
    assert all(rows[key]["reason"] == "interrupted" for key in (refusing.portal_key, key_of(hanging)))
    assert rows[dying.portal_key]["articles_in_archive"] >= 1
    _check_pace(well)
    _check_ledgers(archive, 8)


def _check_pace(well: list[Replay]) -> None:
    """Each host kept its delay, none waited for another, and they ran side by side."""
    for one in well:
        gaps = one.site.gaps()
        assert min(gaps) >= DELAY_S
        # Alone on a quiet machine the median is the delay and a twentieth; a busy one gets some grace.
        assert sorted(gaps)[len(gaps) // 2] < DELAY_S * 3
    first = max(one.site.log[0].at for one in well)
    assert first < min(one.site.log[-1].at for one in well), "they overlapped"


def _check_ledgers(archive: Path, portals: int, crawls: int | None = None) -> None:
    ended = query(archive, "SELECT count(*) FROM crawls WHERE ended_at IS NOT NULL")
    assert ended == [(portals if crawls is None else crawls,)]
    assert query(archive, "SELECT count(*) FROM urls WHERE state = 'leased'") == [(0,)]
    orphans = "SELECT count(*) FROM captures c LEFT JOIN urls u USING (url_id) WHERE u.url_id IS NULL"
    assert query(archive, orphans) == [(0,)]
    counted = query(
        archive,
        "SELECT portal_key, (SELECT count(*) FROM urls u WHERE u.portal_key = p.portal_key), "
        "(SELECT counts FROM crawls c WHERE c.portal_key = p.portal_key "
        "ORDER BY crawl_id DESC) FROM portals p",
    )
    for _key, urls, counts in counted:
        assert sum(json.loads(counts)["urls"].values()) == urls


def test_a_queue_is_worked_off_and_every_portal_is_told(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with contextlib.ExitStack() as stack:
        sites = [stack.enter_context(Replay(small_site(3))) for _ in range(5)]
        empty = stack.enter_context(Replay(Site()))
        urls = [one.origin + "/" for one in (*sites, empty)]
        code, rows, err = finish(start_many(urls, archive, "--delay", "0", "--parallel", "2", "--json"))
        assert code == 1, "a portal without an article failed, and the exit code says so"
        assert {row["articles"]["new"] for key, row in rows.items() if key != empty.portal_key} == {3}
        assert len(rows) == 6
        assert "6 portals: 5 well, 1 failed" in err
        ends = sorted(max(entry.at for entry in one.site.log) for one in sites)
        begins = sorted(min(entry.at for entry in one.site.log) for one in sites)
        assert begins[-1] > ends[0], "the last began after the first had ended"
        # The keys of an archive are words too, and nothing is due so soon.
        again = finish(start_many([one.portal_key for one in sites[:2]], archive, "--delay", "0", "--json"))
        assert (again[0], {row["articles"]["new"] for row in again[1].values()}) == (0, {0})
        due = start_many(["--due"], archive, "--json")
        code, rows, err = finish(due)
    assert (code, rows) == (0, {})
    assert "nothing is due" in err


def test_due_goes_on_with_what_was_cut_short_and_looks_again_after_a_day(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with Replay(small_site(4)) as cut, Replay(small_site(4)) as old, Replay(small_site(4)) as fresh:
        urls = [one.origin + "/" for one in (cut, old, fresh)]
        start_many(urls[:1], archive, "--delay", "0", "--max-requests", "3").communicate(timeout=60)
        assert finish(start_many(urls[1:], archive, "--delay", "0", "--json"))[0] == 0
        _let_a_day_pass(archive, old.portal_key)
        code, rows, _err = finish(start_many(["--due"], archive, "--delay", "0", "--json"))
    assert code == 0
    assert set(rows) == {cut.portal_key, old.portal_key}
    assert rows[cut.portal_key]["articles_in_archive"] == 4
    purposes = dict(query(archive, "SELECT portal_key, purpose FROM crawls ORDER BY crawl_id"))
    assert purposes[old.portal_key] == "due: last crawled 30 hours ago"
    assert "cut short (budget)" in purposes[cut.portal_key]


def _let_a_day_pass(archive: Path, key: str) -> None:
    then = (datetime.now(UTC) - timedelta(hours=30)).isoformat(timespec="microseconds")
    with contextlib.closing(sqlite3.connect(archive / "archive.db")) as connection, connection:
        connection.execute("UPDATE crawls SET ended_at = ? WHERE portal_key = ?", (then, key))


def test_a_kill_costs_no_portal_anything(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with contextlib.ExitStack() as stack:
        sites = [stack.enter_context(Replay(small_site(8))) for _ in range(4)]
        urls = [one.origin + "/" for one in sites]
        for so_far in (14, 30):
            process = start_many(urls, archive, "--delay", "0.05")
            wait_until(lambda so_far=so_far: sum(len(one.site.log) for one in sites) >= so_far)
            process.kill()
            process.communicate(timeout=20)
        code, rows, _err = finish(start_many(urls, archive, "--delay", "0", "--json"))
    assert code == 0
    assert {row["articles_in_archive"] for row in rows.values()} == {8}
    assert query(archive, "SELECT count(*), count(DISTINCT url) FROM articles") == [(32, 32)]
    for one in sites:
        asked = [target for target in one.site.paths() if "bai-" in target]
        assert len(set(asked)) == 8
        assert len(asked) <= 8 + 2 * 2, "at most two refetches a kill"
    _check_ledgers(archive, 4, crawls=12)


def test_all_is_every_portal_of_the_registry(tmp_path: Path) -> None:
    registry = tmp_path / "portals"
    registry.mkdir()
    with Replay(small_site(2)) as one, Replay(small_site(2)) as two:
        for name, replay, status in (("mot", one, "live"), ("hai", two, "live"), ("ba", one, "dead")):
            host = replay.origin.removeprefix("http://") if status == "live" else "ba.gov.example"
            seeds = f"seeds: ['{replay.origin}/']\n" if status == "live" else ""
            (registry / f"{name}.yml").write_text(
                f"name: Xã {name}\nhosts: ['{host}']\n{seeds}status: {status}\n"
                "evidence: {kind: seen, noted_on: 2026-11-23, what: served by a test}\n",
                encoding="utf-8",
            )
        environ = {**environment(tmp_path / "archive"), "KHOCONG_PORTALS": str(registry)}
        done = subprocess.run(
            [sys.executable, "-m", "crawler.cli", "crawl", "--all", "--allow-private", "--delay", "0",
             "--archive", str(tmp_path / "archive")],
            cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 portals: 2 well, 0 failed" in done.stdout
    assert query(tmp_path / "archive", "SELECT portal_key, count(*) FROM articles GROUP BY 1") == [
        ("hai", 2),
        ("mot", 2),
    ]


@pytest.mark.parametrize("words", [(), ("--all", "--due"), ("a.gov.vn", "--all")])
def test_portals_all_and_due_exclude_each_other(tmp_path: Path, words: tuple[str, ...]) -> None:
    process = start_many(list(words), tmp_path / "archive")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "--all and --due" in err
    assert not (tmp_path / "archive").exists()


def test_a_portal_below_what_is_expected_of_it_has_failed(tmp_path: Path) -> None:
    registry, archive = tmp_path / "portals", tmp_path / "archive"
    registry.mkdir()
    with Replay(small_site(3)) as good, Replay(small_site(3)) as bad:
        bounds = (
            ("tot", good, "{min: {articles: 3}, max: {articles: 2}}"),
            ("kem", bad, "{min: {articles: 50}}"),
        )
        for name, replay, expect in bounds:
            host = replay.origin.removeprefix("http://")
            (registry / f"{name}.yml").write_text(
                f"name: Xã {name}\nhosts: ['{host}']\nseeds: ['{replay.origin}/']\nexpect: {expect}\n"
                "evidence: {kind: seen, noted_on: 2026-11-23, what: served by a test}\n",
                encoding="utf-8",
            )
        environ = {**environment(archive), "KHOCONG_PORTALS": str(registry)}
        done = subprocess.run(
            [sys.executable, "-m", "crawler.cli", "crawl", "--all", "--allow-private", "--delay", "0",
             "--json", "--archive", str(archive)],
            cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    rows = {row["portal"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 1
    assert rows["kem"]["reason"] == "failed: articles is 3, expected at least 50"
    assert rows["tot"]["reason"] == "finished"
    assert rows["tot"]["unexpected"] == ["articles is 3, expected at most 2"]
    assert query(archive, "SELECT portal_key, kind FROM issues ORDER BY portal_key") == [
        ("kem", "below_expectation"),
        ("tot", "above_expectation"),
    ]


def test_a_terminal_shows_a_bar_for_each_portal(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    ours, theirs = pty.openpty()
    with Replay(small_site(3)) as one, Replay(small_site(3)) as two:
        words = ["crawl", one.origin + "/", two.origin + "/", "--archive", str(archive), "--delay", "0.2"]
        process = subprocess.Popen(
            [sys.executable, "-m", "crawler.cli", *words, "--allow-private"], cwd=ROOT,
            env={**environment(archive), "TERM": "xterm", "COLUMNS": "140"},
            stdout=subprocess.PIPE, stderr=theirs, text=True,
        )  # fmt: skip
        os.close(theirs)
        shown = b""
        # Linux says with an error that nobody holds the other end any more.
        with contextlib.suppress(OSError):
            while data := os.read(ours, 65536):
                shown += data
        out, _ = process.communicate(timeout=60)
        os.close(ours)
    text = shown.decode("utf-8", "replace")
    assert process.returncode == 0, text
    assert "Traceback" not in text
    assert "of 2 portals done" in text
    for portal in (one, two):
        assert f"{portal.portal_key}: finished; 3 new" in text
        assert f"{portal.portal_key}: finished; 3 new" in out
