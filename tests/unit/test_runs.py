"""The reports on runs: read from what a crawl left, and from what older crawls left out."""

import pytest

from archive.records import Portal
from archive.runs import lines_of, politeness_text, run_report, run_reports
from archive.store import Store


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "kho") as opened:
        yield opened


def crawled(store, key="xa", counts=None, reason="finished"):
    crawl_id = store.begin_crawl(Portal(key, f"Xã {key}", (f"{key}.gov.example",)), reason="manual")
    store.end_crawl(crawl_id, reason, 7, counts or {})
    return crawl_id


def test_an_old_crawl_has_a_report_with_gaps(store):
    report = run_report(store.db.conn, crawled(store))
    assert (report.new, report.gone, report.politeness, report.completeness) == (0, None, None, None)
    text = "\n".join(lines_of(report))
    assert "politeness: not measured" in text
    assert "gone" not in text
    [row] = store.db.execute("SELECT articles_gone, shortest_gap_s, outcome FROM run_reports").fetchall()
    assert row == (None, None, "finished")


def test_reports_of_one_portal_newest_first_and_in_pages(store):
    numbers = [crawled(store, key) for key in ("xa", "phuong", "xa", "xa")]
    assert [one.crawl_id for one in run_reports(store.db.conn, "xa")] == [numbers[3], numbers[2], numbers[0]]
    assert [one.crawl_id for one in run_reports(store.db.conn, "xa", 1, numbers[3])] == [numbers[2]]
    assert len(run_reports(store.db.conn, limit=3)) == 3
    assert run_report(store.db.conn, 99) is None


def test_a_run_that_runs_or_died(store):
    crawl_id = store.begin_crawl(Portal("xa"))
    assert lines_of(run_report(store.db.conn, crawl_id))[0].endswith("xa: running")
    assert run_report(store.db.conn, crawl_id).went_well
    assert not run_report(store.db.conn, crawled(store, reason="failed: dns")).went_well


def test_politeness_in_words():
    kept = {"delay_s": 1.0, "shortest_gap_s": 1.02, "kept": True, "retry_after": 2, "retry_after_kept": 2}
    assert politeness_text(kept) == "kept: shortest gap 1.02 s, delay 1 s; 2 of 2 Retry-After kept"
    assert politeness_text({**kept, "kept": False, "retry_after": 0}).startswith("NOT KEPT: shortest gap")
    assert politeness_text(None) == "not measured"
