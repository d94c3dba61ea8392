"""No false alarm on real portals: ordinary crawls of the two replays over weeks, learned from and judged."""

import json
from pathlib import Path

import pytest

from tests.portal.ageing import age
from tests.portal.crawling import crawl, query
from tests.portal.replay import Replay


@pytest.mark.parametrize("name", ["nukeviet", "wordpress"])
def test_ordinary_recrawls_raise_nothing(shared_dir: Path, tmp_path: Path, name: str) -> None:
    archive = tmp_path / "archive"
    with Replay.of_warc(shared_dir / "captures" / f"{name}.warc.gz") as replay:
        # A day, a week and a month on, all known articles are due: every page is read and judged again.
        for days in (0, 2, 8, 40):
            if days:
                age(archive, days)
            done = json.loads(crawl(replay.origin + "/", archive, "--json", "--no-attachments").stdout)
            assert done["alarms"] == [], done["alarms"]
    facts = [
        json.loads(stored) for (stored,) in query(archive, "SELECT facts FROM crawl_facts ORDER BY crawl_id")
    ]
    assert facts[0]["read"] > 150
    assert max(one["known"] for one in facts[1:]) > 100
    assert query(archive, "SELECT count(*) FROM alarms") == [(0,)]
