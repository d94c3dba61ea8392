"""Crawls, ingest and reading again on a real Dask cluster, and what a killed worker costs: nothing."""

import contextlib
import json
import os
import signal
import socket
import sqlite3
import sys
import threading
import time

import pytest

from archive.records import Portal
from crawler.cluster.dispatch import Dispatcher
from crawler.cluster.engines import engine_of
from crawler.cluster.jobs import CrawlJob
from crawler.plans import Plan
from crawler.tally import Options
from tests.portal.clusters import cluster_of
from tests.portal.crawling import crawl, query
from tests.portal.replay import Replay, Site
from tests.portal.sites import article, small_site

pytestmark = pytest.mark.xdist_group("cluster")
ROWS = (
    "SELECT a.portal_key, a.url, a.title, a.lead, a.text, a.published_at, r.text_digest"
    " FROM articles a JOIN revisions r USING (article_id) ORDER BY 1, 2"
)
LEDGER = "SELECT portal_key, urlkey, kind, state FROM urls ORDER BY 1, 2"
FREE = ("--allow-private", "--delay", "0")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with cluster_of(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def wait_until(true, timeout_s=60):
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def verified(cluster, archive):
    done = cluster.run("verify", "--full", "--archive", str(archive))
    assert done.returncode == 0, done.stdout + done.stderr


def test_three_portals_over_two_workers_make_the_rows_of_a_crawl_here(cluster, tmp_path):
    there, here = tmp_path / "there", tmp_path / "here"
    with contextlib.ExitStack() as stack:
        sites = [stack.enter_context(Replay(small_site(4))) for _ in range(3)]
        urls = [one.origin + "/" for one in sites]
        done = cluster.run(
            "crawl", *urls, *FREE, "--archive", str(there), "--cluster", cluster.address, "--json"
        )
        assert done.returncode == 0, done.stderr
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert {row["portal"]: row["articles"]["new"] for row in rows} == {one.portal_key: 4 for one in sites}
        assert crawl(urls[0], here, *urls[1:]).returncode == 0
    shards = sorted((tmp_path / "there-shards").glob("*/archive.db"))
    assert len(shards) == 2, "one for each worker"
    assert query(there, ROWS) == query(here, ROWS)
    assert query(there, LEDGER) == query(here, LEDGER)
    verified(cluster, there)


def test_a_worker_that_is_killed_costs_nothing(cluster, tmp_path):
    archive = tmp_path / "archive"
    slow = small_site(12)
    slow.latency_s = 0.15
    with Replay(slow) as one, Replay(small_site(3)) as other:
        process = cluster.start(
            "crawl", one.origin + "/", other.origin + "/", *FREE, "--archive", str(archive),
            "--cluster", cluster.address,
        )  # fmt: skip
        wait_until(lambda: len(slow.log) >= 6)
        before = set(cluster.pids())
        for pid in before:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        out, err = process.communicate(timeout=150)
        assert "Traceback" not in out + err, err
        assert process.returncode == 0, out + err
        asked = [target for target in slow.paths() if "bai-" in target]
    assert query(archive, "SELECT count(*), count(DISTINCT url) FROM articles") == [(15, 15)]
    assert query(archive, "SELECT count(*) FROM revisions") == [(15,)]
    assert len(set(asked)) == 12
    # Without a delay two may be on their way when the worker dies, and what was not committed comes again.
    assert len(asked) <= 12 + 4, "it went on in the dead worker's shard"
    assert query(archive, "SELECT count(*) FROM urls WHERE state = 'leased'") == [(0,)]
    verified(cluster, archive)


def test_a_worker_that_cannot_hear_the_scheduler_asks_no_host_any_more(cluster, tmp_path):
    """Its lease may fall to another worker: the crawl ends before that, and is begun again afterwards."""
    archive = tmp_path / "archive"
    site = small_site(40)
    site.latency_s = 0.4
    with Replay(site) as one:
        process = cluster.start(
            "crawl", one.origin + "/", *FREE, "--archive", str(archive), "--cluster", cluster.address
        )
        wait_until(lambda: len(site.log) >= 5)
        scheduler = cluster.processes[0]
        scheduler.send_signal(signal.SIGSTOP)
        try:
            time.sleep(6)  # half a lease is 4 s, and the task looks five times a second
            quiet_from = len(site.log)
            time.sleep(1.5)
            assert len(site.log) == quiet_from
            assert quiet_from < 35, "it was ended, not done"
        finally:
            scheduler.send_signal(signal.SIGCONT)
        site.latency_s = 0
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, out + err
    assert "has not been heard of" in err
    assert query(archive, "SELECT count(*), count(DISTINCT url) FROM articles") == [(40, 40)]


def two_halves() -> Site:
    """One host with two portals below it, each with pages of its own."""
    site = Site()
    site.latency_s = 0.05
    for name in ("mot", "hai"):
        links = "".join(
            f"<a href='/{name}/bai-{n}.html'>Xã Tân Lộc họp bàn việc số {n}</a>" for n in range(5)
        )
        site.put(f"/{name}/", f"<html><body>{links}</body></html>")
        for number in range(5):
            site.put(f"/{name}/bai-{number}.html", article(number))
    return site


@pytest.mark.parametrize("givers", [1, 2])
def test_two_portals_of_one_host_never_overlap(cluster, tmp_path, givers):
    """By the bookkeeping of one who gives both out, and by the scheduler's leases where two give one each."""
    site = two_halves()
    failed = []
    with Replay(site) as one:
        host = one.origin.removeprefix("http://")
        jobs = [
            CrawlJob(
                Plan(Portal(name, hosts=(host,)), (f"{one.origin}/{name}/",),
                     Options(delay_s=0, allow_private=True)),
                {"delay": 0, "allow_private": "1"},
            )
            for name in ("mot", "hai")
        ]  # fmt: skip

        def give(mine):
            engine = engine_of(cluster.address, tmp_path / "shards", lambda _said: None)
            with contextlib.closing(engine):
                made = Dispatcher(engine, mine).run().made
            failed.extend(made_one for made_one in made if made_one["articles"]["new"] != 5)

        parts = [jobs] if givers == 1 else [[job] for job in jobs]
        threads = [threading.Thread(target=give, args=(part,)) for part in parts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert failed == []
    names = [entry.target.split("/")[1] for entry in site.log if entry.target.startswith(("/mot", "/hai"))]
    assert len(set(names)) == 2
    changes = sum(before != after for before, after in zip(names, names[1:], strict=False))
    assert changes == 1, f"one ended before the other began: {names}"


def test_files_taken_in_and_read_again_on_the_cluster(cluster, tmp_path):
    there, here = tmp_path / "there", tmp_path / "here"
    files, hosts = [], []
    for number in range(2):
        source = tmp_path / f"source-{number}"
        with Replay(small_site(3)) as one:
            assert crawl(one.origin + "/", source).returncode == 0
            hosts += ["--portal", one.origin.removeprefix("http://")]
        files += [str(path) for path in (source / "warc").glob("*.warc.gz")]
    on = ("--cluster", cluster.address)
    done = cluster.run("ingest", *files, *hosts, "--archive", str(there), *on)
    assert done.returncode == 0, done.stderr
    assert cluster.run("ingest", *files, *hosts, "--archive", str(here)).returncode == 0
    assert query(there, ROWS) == query(here, ROWS)
    assert len(query(there, ROWS)) == 6
    again = cluster.run("ingest", *files, *hosts, "--archive", str(there), *on, "--json")
    assert again.returncode == 0
    assert {taking["captures"] for taking in json.loads(again.stdout)} == {0}
    verified(cluster, there)
    _read_again(cluster, there, on)


def _read_again(cluster, archive, on):
    with contextlib.closing(sqlite3.connect(archive / "archive.db")) as connection, connection:
        connection.execute("UPDATE articles SET title = 'khác' WHERE article_id = 1")
    words = ("reextract", "--archive", str(archive), "--json")
    here, there = (cluster.run(*words, "--dry-run", *more) for more in ((), on))
    assert json.loads(here.stdout) == json.loads(there.stdout)
    assert json.loads(there.stdout)["counts"]["title"] == 1
    assert cluster.run(*words, *on).returncode == 0
    assert "title" not in json.loads(cluster.run(*words, *on).stdout)["counts"]


def test_an_interrupted_crawl_goes_on_in_its_shards(cluster, tmp_path):
    archive = tmp_path / "archive"
    site = small_site(10)
    site.latency_s = 0.3
    with Replay(site) as one:
        words = ("crawl", one.origin + "/", *FREE, "--archive", str(archive), "--cluster", cluster.address)
        process = cluster.start(*words)
        wait_until(lambda: len(site.log) >= 5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, "Traceback" in out + err) == (130, False), out + err
        assert "the same command goes on in them" in err
        site.latency_s = 0
        assert cluster.run(*words).returncode == 0
        asked = [target for target in site.paths() if "bai-" in target]
    assert query(archive, "SELECT count(*), count(DISTINCT url) FROM articles") == [(10, 10)]
    assert len(asked) <= 12, "what was fetched is not asked for again"


def test_what_is_wrong_with_a_cluster_is_said_in_a_line(tmp_path):
    pytest.importorskip("distributed")
    from tests.portal.clusters import Cluster

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nobody = Cluster("", {**os.environ, "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"})
    words = ("crawl", "http://127.0.0.1:9/", "--allow-private", "--archive", str(tmp_path / "archive"))
    done = nobody.run(*words, "--cluster", f"tcp://127.0.0.1:{port}")
    assert done.returncode == 1
    assert "start one with `dask scheduler`" in done.stderr
    assert nobody.run(*words, "--cluster", "http://127.0.0.1/").returncode == 2
    (tmp_path / "stub").mkdir()
    (tmp_path / "stub" / "distributed.py").write_text("raise ImportError('not here')\n")
    missing = Cluster(
        "", {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path / "stub"), *sys.path[1:]])}
    )
    done = missing.run(*words, "--cluster", "tcp://127.0.0.1:8786")
    assert done.returncode == 2
    assert "pip install 'khocong[cluster]'" in done.stderr
    assert not (tmp_path / "archive").exists()
