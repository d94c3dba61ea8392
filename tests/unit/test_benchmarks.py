"""The benchmark's own arithmetic: what counts as kept, leaked and worse, and a table that says so."""

import json

import pytest

from benchmarks import __main__ as entry
from benchmarks import crawl, extraction, generated, peers, replayed
from benchmarks.peers import WITH_METADATA, Found
from crawler.extraction import extract
from tests.portal.sites import SENTENCES, article, small_site

TRUTH = {
    "title": "Xã Bình Phú họp dân", "published": "2024-03-04T15:30:00+07:00",
    "description": "Bốn ấp ven kênh họp trước mùa mưa.",
    "body_text": "Sáng nay xã họp với bà con bốn ấp.\nBà con đề nghị đắp lại bờ bao phía nam.",
    "tables": [[["Ấp", "Số hộ"], ["Ấp Đông", "120"]]],
}  # fmt: skip


def test_a_whole_reading_has_full_marks():
    row = extraction.Row()
    text = "\n".join([TRUTH["description"], TRUTH["body_text"], "Ấp | Số hộ", "Ấp Đông | 120"])
    row.add(Found(text, TRUTH["title"], TRUTH["published"], TRUTH["body_text"]), TRUTH)
    found = row.figures()
    assert found["f1"] == found["f1_with_lead_and_tables"] == 1.0
    assert [found[what] for what in extraction.SHARES] == [1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0]


def test_what_is_lost_and_what_leaks_is_counted():
    row = extraction.Row()
    row.add(Found("Sáng nay xã họp với bà con bốn ấp.\nThời tiết hôm nay", "Trang chủ", "2026-01-01"), TRUTH)
    found = row.figures()
    assert found["f1"] < 0.7
    assert [found[what] for what in extraction.SHARES] == [0.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.0]


def test_furniture_words_inside_the_text_are_no_leak():
    row = extraction.Row()
    truth = {**TRUTH, "body_text": "Thời tiết hôm nay thuận lợi cho việc gieo sạ."}
    row.add(Found(truth["body_text"]), truth)
    assert row.figures()["leak"] == 0.0


def test_a_tool_that_looks_for_no_title_has_none():
    row = extraction.Row()
    row.add(Found(TRUTH["body_text"]), TRUTH)
    assert row.figures()["title"] is row.figures()["day"] is None
    lines = extraction.table("thử", {WITH_METADATA: row}).strip().splitlines()
    assert "–" in lines[-1]
    assert len({line.count("|") for line in lines[2:]}) == 1, "as many cells as columns"


def test_a_peer_that_fails_has_an_empty_page():
    def broken(html, url):
        raise RuntimeError("không đọc được")

    read = extraction.theirs(broken)
    assert read([("http://localhost/", b"", "")]).text == ""


def test_missing_peers_are_named(monkeypatch):
    def missing():
        raise ImportError

    monkeypatch.setattr(peers, "_OPTIONAL", {"khong-co": missing})
    tools, names = peers.installed()
    assert names == ["khong-co"]
    assert WITH_METADATA in tools


def test_an_unknown_benchmark_is_a_usage_error(capsys):
    assert entry.main(["khong-co"]) == 2
    assert "extraction" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore")
def test_it_runs_over_the_captures(shared_dir, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(extraction, "SHARED", shared_dir)
    monkeypatch.setattr(extraction, "_QUICK", 80)
    monkeypatch.setattr(peers, "_OPTIONAL", {})
    out = tmp_path / "out.json"
    assert extraction.main(["--quick", "--json", str(out)]) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))
    shown = capsys.readouterr().out
    for portal in extraction.PORTALS:
        rows = figures["portals"][portal]
        assert rows["khocong, adapter"]["f1"] > rows["trafilatura"]["f1"]
        assert f"### {portal}" in shown


def test_the_made_up_portal_is_as_large_as_it_says():
    portal = generated.Portal(80)
    pages = {path: portal.page(path) for path in portal.paths()}
    assert len(pages) == 80
    assert {len(body) for body in pages.values()} <= set(range(59_900, 60_300))
    assert {body.count(b"href=") for body in pages.values()} == {generated.LINKS}
    assert portal.page("/khong-co.html") is None
    assert extract(pages["/tin-tuc/tin-7.html"], "http://localhost/tin-tuc/tin-7.html").title == portal.title(
        7
    )


def test_a_race_shows_who_is_how_fast(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(crawl, "missing", lambda: [crawl.WGET, crawl.PLAIN, crawl.INLINE])
    out = tmp_path / "out.json"
    assert crawl.main(["--only", "race", "--pages", "30", "--rounds", "1", "--json", str(out)]) == 0
    figures = json.loads(out.read_text(encoding="utf-8"))["race"]
    assert set(figures) == {crawl.OURS, crawl.HREFS}
    # Ours also asks for robots.txt and a sitemap, which are not there.
    assert figures[crawl.HREFS][0]["pages"] == 30
    assert 30 <= figures[crawl.OURS][0]["pages"] <= 33
    assert all(runs[0]["pages_s"] > 0 and runs[0]["main_mb"] > 20 for runs in figures.values())
    assert f"| {crawl.HREFS} | 30 |" in capsys.readouterr().out


def test_views_of_an_article_are_counted_once_and_again(tmp_path):
    site = small_site(3)
    site.put("/in/bai-1.html", article(1))
    truth = tmp_path / "truth.jsonl"
    rows = [
        {"url": f"http://x/tin/bai-{n}.html", "title": f"Xã Tân Lộc họp bàn việc số {n}",
         "body_text": "\n".join(f"{words} Tin số {n}." for words in SENTENCES)}
        for n in range(3)
    ]  # fmt: skip
    truth.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    views = replayed.Views(site, truth)
    seen = views.of(
        ["/", "/tin/bai-0.html", "/tin/bai-1.html", "/in/bai-1.html", "/in/bai-1.html", "/mat.html"]
    )
    assert seen == {"articles": 2, "of": 3, "again": 1}
