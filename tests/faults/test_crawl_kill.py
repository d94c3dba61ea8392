"""A crawl that is killed, again and again, and one that is interrupted: nothing lost, nothing doubled."""

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.portal.crawling import crawl, query, start, states
from tests.portal.replay import Replay

# The bar is 100 kills, a matter of minutes: KHOCONG_LONG_TESTS=1 runs them all.
KILLS = 100 if os.environ.get("KHOCONG_LONG_TESTS") else 20


@pytest.mark.timeout(60 * KILLS)
def test_kill_9_at_any_moment_loses_and_doubles_nothing(shared_dir: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    moments = random.Random(20)
    with Replay.of_warc(shared_dir / "captures" / "nukeviet.warc.gz") as replay:
        # On a busy machine the crawl would else be over before it has been killed so often.
        replay.site.latency_s = 0.02
        for kill in range(KILLS):
            before = len(replay.site.log)
            # The first kill comes when more than 400 URLs are known; a kill before passes by luck (measured).
            goal = 20 if kill == 0 else moments.randint(2, 160 // KILLS + 1)
            running = start(replay.origin + "/", archive)
            while running.poll() is None and len(replay.site.log) - before < goal:
                time.sleep(0.004)
            while running.poll() is None and kill == 0 and sum(states(archive).values()) < 400:
                time.sleep(0.02)
            time.sleep(moments.random() * 0.04)
            assert running.poll() is None, "killed before its end"
            running.kill()
            running.communicate()
            if kill == 0:
                assert sum(states(archive).values()) >= 400
        replay.site.latency_s = 0
        done = crawl(replay.origin + "/", archive, "--json")
        assert done.returncode == 0
        summary = json.loads(done.stdout)
        truth = [
            json.loads(line)
            for line in (shared_dir / "captures/nukeviet.truth.jsonl").read_text("utf-8").splitlines()
        ]
        wanted = {replay.site.url(row["url"]) for row in truth}
        log = list(replay.site.log)

    found = [url for (url,) in query(archive, "SELECT url FROM articles")]
    assert wanted <= set(found), "lost"
    assert len(found) == len(set(found)), "doubled"
    ends = states(archive)
    assert set(ends) <= {"done", "excluded", "gone"}
    assert summary["reason"] == "finished"
    assert summary["resumed"]
    assert summary["articles_in_archive"] == len(found)
    assert {state: count for state, count in summary["urls"].items() if count} == ends
    assert query(archive, "SELECT count(*) FROM crawls WHERE reason = 'died'") == [(KILLS,)]
    # Only robots.txt is asked in each run; what else was asked twice was in flight when the kill came.
    again = Counter(entry.target for entry in log if entry.target != "/robots.txt")
    assert sum(count - 1 for count in again.values()) <= 2 * KILLS


def test_ctrl_c_ends_within_5_s_and_the_same_command_resumes(shared_dir: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with Replay.of_warc(shared_dir / "captures" / "nukeviet.warc.gz") as replay:
        running = start(replay.origin + "/", archive)
        while len(replay.site.log) < 60:
            time.sleep(0.01)
        # The server falls asleep: what is in flight will not be answered in time.
        replay.site.latency_s = 30
        time.sleep(0.3)
        asked_at = time.monotonic()
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=20)
        assert time.monotonic() - asked_at < 5
        assert running.returncode == 130
        assert "run the same command to resume" in out
        assert "Traceback" not in out + err
        assert "leased" not in states(archive)
        assert query(archive, "SELECT reason FROM crawls") == [("interrupted",)]
        replay.site.latency_s = 0
        done = crawl(replay.origin + "/", archive)
        assert done.returncode == 0
    assert query(archive, "SELECT count(*) FROM articles WHERE url LIKE '%-1___.html'")[0][0] >= 168
    assert set(states(archive)) <= {"done", "excluded", "gone"}
