"""What a crawl tells while it runs: events as lines of JSON, under the number of their run."""

import json

from crawler import journal
from crawler.journal import Journal, prune
from tests.portal.crawling import crawl, query
from tests.portal.replay import Answer, Replay
from tests.portal.sites import small_site


def lines(text):
    return [json.loads(line) for line in text.splitlines()]


def test_events_are_lines_of_json(tmp_path):
    kho = tmp_path / "kho"
    with Replay(small_site(4)) as site:
        done = crawl(site.origin, kho, "--events")
    assert done.returncode == 0
    told = lines(done.stdout)
    assert [one["event"] for one in told if one["event"] != "progress"] == ["begun", "ended"]
    assert {one["portal"] for one in told} == {site.portal_key}
    assert {one["run"] for one in told} == {1}
    ended = told[-1]
    assert (ended["reason"], ended["articles"]["new"], ended["gone"]) == ("finished", 4, 0)
    assert ended["politeness"]["kept"] is True
    kept = lines((kho / "logs" / "events.jsonl").read_text(encoding="utf-8"))
    assert [one for one in kept if one["event"] != "log"] == told


def test_logs_carry_the_number_of_their_run(tmp_path):
    kho = tmp_path / "kho"
    with Replay(small_site(4, robots=None)) as site:
        site.site.put("/robots.txt", "no", status=500)
        crawl(site.origin, kho, "--max-requests", "3")
        crawl(site.origin, kho, "--max-requests", "3")
    kept = lines((kho / "logs" / "events.jsonl").read_text(encoding="utf-8"))
    assert {one["run"] for one in kept if one["event"] == "ended"} == {1, 2}
    assert all(one["level"] in ("info", "warning", "error") for one in kept if one["event"] == "log")
    assert query(kho, "SELECT count(*) FROM run_reports") == [(2,)]


def test_a_report_says_that_retry_after_was_kept(tmp_path):
    kho = tmp_path / "kho"
    site = small_site(4)
    asked = []

    def busy_once(target, _count):
        if "/tin/" in target and not asked:
            asked.append(target)
            return Answer(429, (("Retry-After", "2"),))
        return None

    site.fault = busy_once
    with Replay(site) as replay:
        assert crawl(replay.origin, kho, delay=0.1).returncode == 0
    row = (
        "SELECT retry_after, retry_after_kept, polite, delay_s, shortest_gap_s, articles_new FROM run_reports"
    )
    [(told, kept, polite, delay, gap, new)] = query(kho, row)
    assert (told, kept, polite, new) == (1, 1, 1, 4)
    assert gap >= delay == 0.1


def test_the_journal_is_rotated(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "LONGEST_BYTES", 2_000)
    kept = Journal(tmp_path)
    for number in range(400):
        kept.note("progress", run=1, portal="xa", requests=number)
    kept.close()
    files = sorted((tmp_path / "logs").iterdir())
    assert [path.name for path in files] == [
        "events.jsonl",
        *(f"events.jsonl.{n}" for n in range(1, journal.FILES)),
    ]
    assert max(path.stat().st_size for path in files) <= 2_000
    assert lines(files[0].read_text())[-1]["requests"] == 399


def test_the_oldest_logs_of_crawls_go(tmp_path):
    for day in range(1, 10):
        (tmp_path / f"crawl-2026030{day}-000000-1.log").write_text("x")
    (tmp_path / "events.jsonl").write_text("x")
    prune(tmp_path, keep=3)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [*(f"crawl-2026030{day}-000000-1.log" for day in (7, 8, 9)), "events.jsonl"]


def test_a_full_disk_costs_the_journal_alone(tmp_path):
    (tmp_path / "logs").write_text("a file where a folder should be")
    told = []
    kept = Journal(tmp_path, told.append)
    kept.note("begun", run=1)
    kept.close()
    assert [one["event"] for one in told] == ["begun"]
