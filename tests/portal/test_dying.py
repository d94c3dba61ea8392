"""Portals that seem to end: found by evidence, listed for all, and crawled whole while they answer."""

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archive.drift.alarms import settle
from archive.drift.verdicts import Finding, Verdict
from archive.dying import dying, likelihood
from archive.records import Portal
from archive.store import Store
from tests.portal.ageing import age
from tests.portal.crawling import ROOT, crawl, environment, query
from tests.portal.redesigned import old_site, put_front
from tests.portal.replay import Replay

NOW = datetime(2026, 3, 20, tzinfo=UTC)
BANNER = "<p>Trang thông tin điện tử xã Tân Lộc ngừng hoạt động từ 01/7.</p>"
FILE = """name: Trang tin xã Tân Lộc
hosts: [{host}]
seeds: ["{origin}/"]
evidence: {{kind: seen, what: made up for a test}}
last_chance: start
"""


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "kho") as store:
        yield store


def fallen(store, key, days, *kinds, jurisdiction=None):
    store.save_portal(Portal(key, key, (f"{key}.gov.example",), jurisdiction=jurisdiction))
    judged = {kind: Finding(kind, "warning", kind) for kind in kinds}
    with store.db.transaction() as connection:
        settle(connection, key, Verdict(judged, sound=False), None, NOW - timedelta(days=days))
    return likelihood(store.db.conn, key, NOW)


def test_evidence_adds_up_and_grows_with_time(store) -> None:
    quiet, ill, worse = fallen(store, "a", 1), fallen(store, "b", 1, "down"), fallen(store, "c", 20, "down")
    many = fallen(store, "d", 20, "silent", "sitemap_shrunk", "tls")
    gone, closing = fallen(store, "e", 20, "dns_gone"), fallen(store, "g", 1, "closing")
    # Châu Đốc city ended on 2025-06-30.
    abolished = fallen(store, "f", 1, jurisdiction="vn-an-giang-chau-doc")
    assert quiet.value == 0 < ill.value < worse.value < gone.value < 1
    assert many.value > max(one.weight for one in many.evidence)
    assert closing.is_last_chance
    assert not gone.is_last_chance, "what does not answer cannot be crawled"
    assert [one.portal for one in dying(store.db.conn, NOW)][:3] == ["e", "d", "g"]
    assert "a" not in [one.portal for one in dying(store.db.conn, NOW)]
    assert likelihood(store.db.conn, "nobody", NOW).value == 0
    assert abolished.evidence[0].kind == "abolished"


def khocong(archive, folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments, "--archive", str(archive)], cwd=ROOT, text=True,
        env={**environment(archive), "KHOCONG_PORTALS": str(folder)}, capture_output=True, check=False,
        timeout=120,
    )  # fmt: skip


def test_a_last_whole_crawl_is_started_by_policy_once(tmp_path: Path) -> None:
    archive, folder = tmp_path / "archive", tmp_path / "portals"
    folder.mkdir()
    with Replay(old_site(8)) as replay:
        host = replay.origin.partition("://")[2]
        crawl(replay.origin + "/", archive)
        key = query(archive, "SELECT portal_key FROM portals")[0][0]
        (folder / f"{key}.yml").write_text(FILE.format(host=host, origin=replay.origin), encoding="utf-8")
        put_front(replay.site, range(8), BANNER + "<img src='/anh/den.jpg' alt=''>")
        replay.site.put("/anh/den.jpg", b"\xff\xd8\xff\xe0" + bytes(600), mime="image/jpeg")
        age(archive, 2)
        crawl(replay.origin + "/", archive)
        listed = khocong(archive, folder, "dying", "--json", "--csv", str(tmp_path / "n.csv"))
        (one,) = json.loads(listed.stdout)
        assert (one["policy"], one["last_chance_due"]) == ("start", True)
        assert one["evidence"][0]["kind"] == "closing"
        assert next(csv.DictReader((tmp_path / "n.csv").open(encoding="utf-8")))["portal"] == key
        done = khocong(archive, folder, "dying", "--start", "--allow-private")
        assert done.returncode == 0, done.stderr
        again = khocong(archive, folder, "dying", "--start", "--allow-private")
        assert "no last whole crawl is due" in again.stderr
    chances = query(archive, "SELECT purpose, reason FROM crawls WHERE purpose LIKE 'last chance%'")
    assert chances == [("last chance: likely to end", "finished")]
