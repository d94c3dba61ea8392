"""kill -9 in the middle of writing: bytes may lack a row, a row never lacks its bytes (I1)."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from archive_samples import PORTAL

from archive.database import open_archive
from archive.store import Store
from archive.verify import verify
from archive.warc.reader import iterate, read_record

KILLS = 12
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from archive_samples import PORTAL, article, capture, link
from archive.records import Outcome
from archive.store import Store
from archive.warc.writer import RawRequest, RawResponse, WarcWriter

with Store(sys.argv[1]) as store, WarcWriter(store.warc_directory, max_bytes=40_000) as writer:
    crawl_id = store.begin_crawl(PORTAL)
    store.ledger.seed(PORTAL.key, [link(1)])
    print("up", flush=True)
    while leased := store.ledger.lease(PORTAL.key, crawl_id, 4):
        outcomes = []
        for one in leased:
            number = int(one.url.rpartition("/")[2].partition(".")[0])
            page = article(number)
            at = datetime.now(UTC)
            body = page.full_text.encode() * 3
            place = writer.write_exchange(RawRequest(one.url, at), RawResponse(200, body=body))
            taken = capture(
                number, captured_at=at.isoformat(), warc_file=place.file, warc_offset=place.offset,
                warc_length=place.length, record_id=place.record_id, payload_digest=place.payload_digest,
            )
            links = (link(number * 2), link(number * 2 + 1))
            outcomes.append(Outcome(one.url_id, "done", capture=taken, article=page, links=links))
        writer.sync()
        store.record(crawl_id, outcomes)
"""


def run_and_kill(folder, delay):
    tests = Path(__file__).resolve().parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(tests)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "up\n"
        time.sleep(delay)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_kill_at_random_moments(tmp_path):
    folder = tmp_path / "a"
    moments = random.Random(20260301)
    orphans = kills = done = 0
    # On a slow machine a writer may be killed before its first page: then it is killed more often.
    while kills < KILLS or (done <= 20 and kills < 5 * KILLS):
        kills += 1
        run_and_kill(folder, moments.uniform(0.005, 0.12))
        with Store(folder) as store:
            orphans += len(store.recovered.orphans)
            assert store.recovered.short == ()
            for orphan in store.recovered.orphans:  # whole, and still there to be adopted
                record = read_record(store.warc_directory / orphan.file, orphan.offset)
                assert (record.record_id, record.digest_matches()) == (orphan.record_id, True)
            counts = store.ledger.counts(PORTAL.key)
            assert counts["leased"] == 0
            done = counts["done"]
            # Every page links to two that only it links to: none lost, none doubled.
            assert sum(counts.values()) == 2 * done + 1
            articles = store.db.execute(
                "SELECT count(*), count(DISTINCT content_id) FROM articles"
            ).fetchone()
            assert articles == (done, done)
        for path in (folder / "warc").glob("*.warc.gz"):
            assert sum(1 for _ in iterate(path)) > 0
    assert done > 20
    db = open_archive(folder, write=False)
    assert list(verify(db, full=True)) == []
    db.close()


def test_a_torn_tail_is_cut_and_told(tmp_path):
    folder = tmp_path / "a"
    run_and_kill(folder, 0.05)
    newest = max((folder / "warc").glob("*.warc.gz"))
    with newest.open("ab") as stream:
        stream.write(newest.read_bytes()[:200])
    with Store(folder) as store:
        assert len(store.recovered.torn) == 1
        assert (store.warc_directory / store.recovered.torn[0]).is_file()
        assert store.db.execute("SELECT kind FROM issues").fetchall() == [("torn_warc",)]
    with Store(folder) as store:
        assert store.recovered.torn == ()


@pytest.mark.parametrize("limit", [60_000, 200_000, 400_000])
def test_a_full_disk_is_no_corruption(tmp_path, limit):
    folder = tmp_path / "a"
    tests = str(Path(__file__).resolve().parent.parent)
    Store(folder).close()
    script = (
        f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        + WRITER.replace("max_bytes=40_000", "max_bytes=10**9")
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), tests],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(
        ("archive.errors.CaptureError", "archive.errors.ArchiveDamaged")
    )
    with Store(folder) as store:
        assert store.recovered.short == ()
        assert store.ledger.counts(PORTAL.key)["leased"] == 0
    db = open_archive(folder, write=False)
    assert list(verify(db, full=True)) == []
    db.close()
