"""The reports on runs as readers see them."""

import json

import pytest
from library import Library, article
from reader import Browser

from archive.store import Store

COUNTS = {
    "by_kind": {"article": 12, "listing": 3}, "articles": {"new": 9, "changed": 2, "same": 1},
    "issues": {"soft page": 4}, "bytes": 123_456, "urls": {}, "in_archive": 168, "gone": 1,
    "requests_per_article": 1.25, "failures": {"HTTP <b>500</b>": 2},
    "politeness": {
        "delay_s": 1.0, "shortest_gap_s": 1.004, "kept": True, "hurried": 0, "retry_after": 2,
        "retry_after_kept": 2, "hosts": {"chaudoc.gov.example": {
            "delay_s": 1.0, "shortest_gap_s": 1.004, "kept": True, "retry_after": 2, "retry_after_kept": 2}},
    },
    "completeness": {
        "summary": "166 of 168 in the sitemap", "sitemap_urls": 168, "sitemap_missing": 2, "waiting": 0,
        "ids_missing": 4, "articles": 168,
    },
}  # fmt: skip
OLDER = {"summary": "168 of 168 in the sitemap"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "kho"
    with Library(folder) as library:
        url = "https://chaudoc.gov.example/tin/1"
        library.add("chaudoc", url, b"<html></html>", article(url, "Tin", ["Một dòng."]))
    with Store(folder) as store:
        portal = store.portal("chaudoc")
        for number in range(60):
            crawl_id = store.begin_crawl(portal, reason="schedule regular 2026-03-01T02:00:00Z")
            counts = COUNTS if number < 59 else {**COUNTS, "completeness": OLDER}
            store.end_crawl(crawl_id, "finished", 15 + number, counts)
    return Browser(folder)


def test_a_run_is_told_whole(browser):
    page = browser.get("/luot/2?lang=en")
    shown = ("166 of 168 in the sitemap", "4 ids missing", "1.004 s", "2 / 2", "soft page", "123,456", "1.25")
    assert [words for words in shown if words not in page.text] == []
    assert "HTTP &lt;b&gt;500" in page.text
    page = browser.get("/luot/2?lang=vi").text
    shown = ("Giữ lịch sự", "đã xong", "theo lịch", "166 trên 168 bài trong sơ đồ trang", "trang danh mục")
    assert [words for words in shown if words not in page] == []
    # Of the reports' own English only the codes are left, and the sentence behind the figures.
    assert "finished" not in page


def test_runs_follow_each_other_newest_first(browser):
    first = browser.get("/luot?portal=chaudoc&lang=en")
    assert "/luot/61" in first.text
    assert "/luot?before=12&amp;portal=chaudoc" in first.text
    older = browser.get("/luot?before=12&portal=chaudoc")
    assert 'href="/luot/11"' in older.text
    assert 'href="/luot/12"' not in older.text
    assert browser.get("/luot?portal=khong-co").status_code == 200


def test_a_report_of_before_the_figures_keeps_its_sentence(browser):
    assert "168 of 168 in the sitemap" in browser.get("/luot/61?lang=vi").text


def test_the_same_as_data(browser):
    told = json.loads(browser.get("/luot/2.json").text)
    assert (told["new"], told["gone"], told["failures"]) == (9, 1, {"HTTP <b>500</b>": 2})
    assert told["politeness"]["retry_after_kept"] == 2
    assert browser.get("/luot/9999.json").status_code == 404


def test_an_article_that_came_in_a_file_says_so(tmp_path):
    with Library(tmp_path / "kho") as library:
        url = "https://chaudoc.gov.example/tin/1"
        library.add("chaudoc", url, b"<html></html>", article(url, "Tin", ["Một dòng."]))
    own = Browser(tmp_path / "kho").get("/bai/1?lang=vi").text
    assert "Nhận từ tệp" not in own
    with Store(tmp_path / "kho") as store:
        store.db.execute("UPDATE captures SET origin = 'warc:cua-<b>ai</b>.warc.gz'")
        store.db.conn.commit()
    taken_in = Browser(tmp_path / "kho").get("/bai/1?lang=vi").text
    assert "Nhận từ tệp, không phải từ cổng" in taken_in
    assert "<code>warc:cua-&lt;b&gt;ai&lt;/b&gt;.warc.gz</code>" in taken_in
