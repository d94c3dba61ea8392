"""I6 and I7 as the server sees them: gaps, robots.txt, requests to slow down, and where we do not go."""

import json
from pathlib import Path

from tests.portal.crawling import crawl, query, states
from tests.portal.replay import WAIT_PAGE, Answer, Replay
from tests.portal.sites import small_site


def test_no_two_requests_are_closer_than_the_delay(tmp_path: Path) -> None:
    site = small_site()
    site.put("/tin/bai-1.html", b"", status=301, Location="/tin/bai-2.html")
    site.put("/tin/bai-3.html", b"", status=500)
    with Replay(site) as replay:
        crawl(replay.origin + "/", tmp_path / "archive", "--max-requests", "5", delay=0.4)
        # The next run knows when the last one asked.
        crawl(replay.origin + "/", tmp_path / "archive", "--max-requests", "4", delay=0.4)
    assert len(site.log) == 9
    assert min(site.gaps()) >= 0.4


def test_robots_txt_is_asked_first_and_obeyed(tmp_path: Path) -> None:
    with Replay(small_site()) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive")
    assert done.returncode == 0, done.stdout
    assert replay.site.paths()[0] == "/robots.txt"
    assert "/rieng/so.html" not in replay.site.paths()
    assert ("excluded", "robots.txt") in query(tmp_path / "archive", "SELECT state, reason FROM urls")
    assert query(tmp_path / "archive", "SELECT count(*) FROM articles") == [(6,)]
    agent = replay.site.log[0].headers["User-Agent"]
    assert agent.startswith("KhoCong/")
    assert "(+" in agent


def test_crawl_delay_is_honoured(tmp_path: Path) -> None:
    with Replay(small_site(3, robots="User-agent: *\nCrawl-delay: 0.5\n")) as replay:
        crawl(replay.origin + "/", tmp_path / "archive", "--max-requests", "4")
    assert min(replay.site.gaps()) >= 0.5


def test_nothing_is_fetched_while_robots_txt_fails(tmp_path: Path) -> None:
    site = small_site(robots=None)
    site.put("/robots.txt", "error", status=500)
    with Replay(site) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive")
    assert done.returncode == 1
    assert set(site.paths()) == {"/robots.txt"}
    assert "cannot be reached (HTTP 500)" in done.stdout
    assert states(tmp_path / "archive")["pending"] == 1


def test_a_host_that_asks_for_patience_gets_it(tmp_path: Path) -> None:
    site = small_site(4)
    asked: list[str] = []

    def fault(target: str, _count: int) -> Answer | None:
        if target in asked or "bai" not in target:
            return None
        asked.append(target)
        if len(asked) == 1:
            return Answer(429, (("Retry-After", "6"), ("Content-Type", "text/html")), b"Too many")
        return Answer(body=WAIT_PAGE) if len(asked) == 2 else None

    site.fault = fault
    with Replay(site) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["issues"] == {"host asked to slow down": 2}
    assert query(tmp_path / "archive", "SELECT count(*) FROM articles") == [(4,)], "both pages came later"
    long = sorted(site.gaps())[-2:]
    assert long[0] >= 5.9, "Retry-After counts for the whole host"
    assert long[1] >= 9.9, "the second pause is longer"


def test_redirects_out_of_scope_are_recorded_not_followed(tmp_path: Path) -> None:
    with Replay(small_site()) as other, Replay(small_site(2)) as replay:
        replay.site.put("/tin/bai-0.html", b"", status=302, Location=other.origin + "/tin/bai-0.html")
        crawl(replay.origin + "/", tmp_path / "archive")
    assert not other.site.log
    assert ("done", "redirect out of scope") in query(tmp_path / "archive", "SELECT state, reason FROM urls")


def test_private_addresses_are_refused_without_the_word(tmp_path: Path) -> None:
    with Replay(small_site()) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive", private=False)
    assert done.returncode == 1
    assert not replay.site.log
    assert "not a public address; --allow-private" in done.stdout
