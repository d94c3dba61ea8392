"""The benchmark's own arithmetic: what counts as kept, leaked and worse, and a table that says so."""

import json

import pytest

from benchmarks import __main__ as entry
from benchmarks import extraction, peers
from benchmarks.peers import WITH_METADATA, Found

TRUTH = {
    "title": "Xã Bình Phú họp dân", "published": "2024-03-04T15:30:00+07:00",
    "description": "Bốn ấp ven kênh họp trước mùa mưa.",
    "body_text": "Sáng nay xã họp với bà con bốn ấp.\nBà con đề nghị đắp lại bờ bao phía nam.",
    "tables": [[["Ấp", "Số hộ"], ["Ấp Đông", "120"]]],
}  # fmt: skip


def test_a_whole_reading_has_full_marks():
    row = extraction.Row()
    text = "\n".join([TRUTH["description"], TRUTH["body_text"], "Ấp | Số hộ", "Ấp Đông | 120"])
    row.add(Found(text, TRUTH["title"], "2024-03-04", TRUTH["body_text"]), TRUTH)
    found = row.figures()
    assert found["f1"] == found["f1_with_lead_and_tables"] == 1.0
    assert [found[what] for what in extraction.SHARES] == [1.0, 1.0, 1.0, 0.0, 1.0, 1.0]


def test_what_is_lost_and_what_leaks_is_counted():
    row = extraction.Row()
    row.add(Found("Sáng nay xã họp với bà con bốn ấp.\nThời tiết hôm nay", "Trang chủ", "2026-01-01"), TRUTH)
    found = row.figures()
    assert found["f1"] < 0.7
    assert [found[what] for what in extraction.SHARES] == [0.0, 0.5, 0.0, 1.0, 0.0, 0.0]


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
