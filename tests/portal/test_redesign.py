"""A portal is redesigned between two crawls: the first crawl after it tells, and its bytes are kept."""

import json
from datetime import UTC, datetime
from pathlib import Path

from archive.database import open_archive
from archive.drift.alarms import alarms
from archive.drift.watching import check
from crawler import platforms, reextract
from crawler.readers import Readers
from tests.portal.ageing import age
from tests.portal.crawling import crawl, query
from tests.portal.newsroom import title_of
from tests.portal.redesigned import NewSystem, old_site, redesign
from tests.portal.replay import Replay

COUNT = 14


def run(replay, archive):
    done = crawl(replay.origin + "/", archive, "--json")
    return json.loads(done.stdout)


def test_a_redesign_is_told_with_samples_and_a_mended_rule_loses_nothing(tmp_path: Path, monkeypatch) -> None:
    archive = tmp_path / "archive"
    with Replay(old_site(COUNT)) as replay:
        first = run(replay, archive)
        assert first["articles"]["new"] == COUNT
        age(archive, 2)
        quiet = run(replay, archive)
        assert first["alarms"] == quiet["alarms"] == []
        age(archive, 8)
        redesign(replay.site, COUNT)
        after = run(replay, archive)
        age(archive, 2)
        again = run(replay, archive)

    (told,) = after["alarms"]
    assert (told["kind"], told["severity"]) == ("redesign", "critical")
    assert again["alarms"] == [], "what is known is not told again"
    _samples_stand_side_by_side(archive, after["run"])
    # Every page of the new layout is in the WARC, whatever was made of it.
    kept = query(archive, f"SELECT status, size_bytes FROM captures WHERE crawl_id = {after['run']}")
    assert len(kept) == after["requests"]
    assert sum(size > 500 for status, size in kept if status == 200) >= COUNT + 3

    monkeypatch.setitem(platforms.PLATFORMS, NewSystem.name, NewSystem())
    monkeypatch.setattr(reextract, "Readers", lambda _workers: Readers(0))
    reextract.reextract(archive, reextract.Wish(apply=True))
    db = open_archive(archive, write=True)
    try:
        found = check(db, datetime.now(UTC))
        assert [one.kind for one in found.recovered] == ["redesign"]
        assert alarms(db.conn) == []
        assert check(db, datetime.now(UTC)).recovered == ()
    finally:
        db.close()
    mended = dict(query(archive, "SELECT title, published_at FROM articles"))
    for number in range(COUNT + 3):
        assert mended[title_of(number)] == f"2024-{1 + number // 28 % 12:02d}-{1 + number % 28:02d}"


def _samples_stand_side_by_side(archive: Path, crawl_id: int) -> None:
    (row,) = query(archive, "SELECT opened_by, detail FROM alarms")
    assert row[0] == crawl_id
    samples = json.loads(row[1])["samples"]
    assert len(samples) == 3
    for pair in samples:
        assert pair["before"]["title"].endswith(")")
        assert pair["before"]["published_at"].startswith("2024-")
        assert pair["after"]["published_at"] is None
        assert pair["before"]["capture"] < pair["after"]["capture"]
        assert pair["before"]["warc"] != pair["after"]["warc"]
