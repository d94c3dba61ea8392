"""kill -9, power cuts and failing disks under every command that writes: nothing lost, nothing doubled.

30 kills and 24 failures here; `python -m benchmarks faults --kills 500` and `--every-write` run for hours.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.disk import WHY_NOT, library
from tests.faults.failing import failures
from tests.faults.killing import kills
from tests.faults.servers import FaultServer
from tests.portal.crawling import ROOT, crawl, environment, query, start, states
from tests.portal.test_ingest import KHOCONG

KILLS = int(os.environ.get("KHOCONG_KILLS", "30"))
# The long runs draw their points anew; those of CI are the same each time.
SEED = 11 if KILLS == 30 else random.SystemRandom().randrange(1 << 30)


@pytest.mark.timeout(120 + 60 * KILLS)
def test_kills_and_power_cuts_lose_and_double_nothing(tmp_path: Path) -> None:
    done = list(kills(KILLS, tmp_path, seed=SEED, articles=8))
    assert [one for one in done if not one.survived] == [], f"seed {SEED}"
    assert len({one.job for one in done}) == 8


@pytest.mark.skipif(library() is None, reason=WHY_NOT)
def test_a_disk_that_fails_loses_and_doubles_nothing(tmp_path: Path) -> None:
    done = list(failures(24, tmp_path, seed=7))
    assert [one for one in done if not one.survived] == []


def limited(words: list[str], archive: Path, limit: str) -> subprocess.CompletedProcess[str]:
    """Run `khocong` under a limit of the machine, set as a shell would."""
    program = (
        f"import resource, sys; {limit}\n"
        "from crawler.cli import main; sys.exit(main(sys.argv[1:]))"
    )  # fmt: skip
    return subprocess.run(
        [sys.executable, "-c", program, *words, "--archive", str(archive)], cwd=ROOT,
        env=environment(archive), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("most", [14, 18, 24, 32, 48])
def test_out_of_file_descriptors_is_said_and_a_second_run_finds_all(tmp_path: Path, most: int) -> None:
    archive = tmp_path / "kho"
    with FaultServer(good=6) as server:
        words = ["crawl", server.origin + "/", "--allow-private", "--delay", "0"]
        limit = f"resource.setrlimit(resource.RLIMIT_NOFILE, ({most}, {most}))"
        done = limited(words, archive, limit)
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr, done.stderr[-3000:]
        assert crawl(server.origin + "/", archive).returncode == 0
    assert states(archive).keys() <= {"done", "gone", "excluded"}
    assert query(archive, "SELECT count(*) FROM articles") == [(6,)]
    assert query(archive, "SELECT count(*) FROM urls WHERE state = 'done' AND reason = 'reader_died'") == [
        (0,)
    ]


NO_READERS = "from crawler import readers; readers._PROGRAM = 'pass'"


@pytest.mark.parametrize("then", ["crawl", "reextract", "both"])
def test_a_page_no_reader_could_be_started_for_waits_to_be_read(tmp_path: Path, then: str) -> None:
    archive = tmp_path / "kho"
    with FaultServer(good=6) as server:
        words = ["crawl", server.origin + "/", "--allow-private", "--delay", "0"]
        # The front page alone, which says where the articles are.
        assert limited([*words, "--max-requests", "2"], archive, "pass").returncode == 0
        done = limited(words, archive, NO_READERS)
        assert done.returncode == 1
        assert "no process that reads pages can be started" in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        unread = "SELECT count(*) FROM urls WHERE state = 'pending' AND reason = 'no_reader'"
        [(waiting,)] = query(archive, unread)
        assert waiting >= 1
        assert query(archive, "SELECT count(*) FROM issues WHERE kind = 'no_reader'") == [(waiting,)]
        assert query(archive, "SELECT count(*) FROM articles") == [(0,)]
        if then != "crawl":
            assert limited(["reextract"], archive, "pass").returncode == 0
            assert query(archive, "SELECT count(*) FROM articles") == [(waiting,)]
        if then == "reextract":
            return
        assert limited(words, archive, "pass").returncode == 0
    assert query(archive, unread) == [(0,)]
    assert query(archive, "SELECT count(*), count(DISTINCT url) FROM articles") == [(6, 6)]
    assert query(archive, "SELECT count(*) FROM revisions") == [(6,)]


@pytest.mark.parametrize("words", [["reextract", "--allow-lost"], ["verify", "--full"], ["rebuild"]])
def test_commands_that_read_say_so_and_change_nothing_without_a_reader(
    tmp_path: Path, words: list[str]
) -> None:
    archive = tmp_path / "kho"
    with FaultServer(good=3) as server:
        assert crawl(server.origin + "/", archive).returncode == 0
    kept = "SELECT url, title, text, status FROM articles_flat ORDER BY url"
    before = query(archive, kept)
    done = limited(words, archive, NO_READERS)
    assert done.returncode == 1
    assert "no process that reads pages can be started" in done.stderr
    assert query(archive, kept) == before
    assert "Traceback" not in done.stderr
    assert limited(words, archive, "pass").returncode == 0
    assert query(archive, kept) == before


def test_a_clock_that_jumps_back_doubles_nothing(tmp_path: Path) -> None:
    """The second run takes place a year before the first, and within the first the clock jumps back."""
    archive = tmp_path / "kho"
    jump = (
        "import time; real = time.time; began = real()\n"
        "time.time = lambda: real() - (0 if real() - began < 1.5 else 400 * 86400)"
    )
    with FaultServer(good=6) as server:
        words = ["crawl", server.origin + "/", "--allow-private", "--delay", "0.2"]
        assert limited(words, archive, jump).returncode == 0
        assert (
            limited(
                words, archive, "import time; real = time.time; time.time = lambda: real() - 4e7"
            ).returncode
            == 0
        )
    assert query(archive, "SELECT count(*), count(DISTINCT url) FROM articles") == [(6, 6)]
    assert query(archive, "SELECT count(*) FROM revisions") == [(6,)]
    done = subprocess.run([*KHOCONG, "verify", "--full", "--archive", str(archive)], cwd=ROOT, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("words", [["reextract"], ["ingest", __file__], ["rebuild"], ["reindex"]])
def test_a_second_writer_is_refused_whatever_it_is(tmp_path: Path, words: list[str]) -> None:
    archive = tmp_path / "kho"
    with FaultServer(good=200) as server:
        first = start(server.origin + "/", archive, delay=0.05)
        try:
            while not server.log or not (archive / "archive.db").exists():
                time.sleep(0.05)
            time.sleep(1)
            second = subprocess.run(
                [*KHOCONG, *words, "--archive", str(archive)], cwd=ROOT, capture_output=True, text=True,
                timeout=60, check=False,
            )  # fmt: skip
            assert second.returncode == 1, second.stderr
            assert "another khocong" in second.stderr or "WARC file to rebuild" in second.stderr
            assert first.poll() is None
        finally:
            first.send_signal(signal.SIGKILL)
            first.communicate()
