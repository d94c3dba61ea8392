"""The health page and the list of endings: both languages, samples side by side, no script, no harm."""

import asyncio
import csv
import io
import json
from datetime import UTC, datetime, timedelta

import library
import pytest
from prometheus_client.parser import text_string_to_metric_families
from reader import Browser

from archive.database import open_archive
from archive.drift.alarms import settle
from archive.drift.verdicts import Finding, Verdict
from archive.dying import Evidence
from archive.metrics import HELP
from archive.web import health
from archive.web.serve import Public, build

SAMPLE = {
    "url": "https://chaudoc.example/tin/1.html",
    "before": {
        "title": "Họp bàn việc nạo vét kênh", "published_at": "2026-03-01", "chars": 900,
        "opening": "Sáng nay", "capture": 1, "captured_at": "2026-03-01T01:00:00+00:00",
    },
    "after": {"read_as": "<script>alert(1)</script>", "capture": 2},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = library.make(tmp_path_factory.mktemp("suckhoe") / "kho")
    now = datetime.now(UTC)
    db = open_archive(folder, write=True)
    with db.transaction() as conn:
        judged = {
            "redesign": Finding("redesign", "critical", "bodies are missing", {"samples": [SAMPLE]}),
            "tls": Finding("tls", "warning", "expires soon"),
        }
        settle(conn, "chaudoc", Verdict(judged, sound=False), None, now - timedelta(days=1))
        settle(conn, "chaudoc", Verdict({"tls": None}, sound=False), None, now)
        gone = Finding("dns_gone", "critical", "its name does not resolve any more")
        settle(conn, "dongthap", Verdict({"dns_gone": gone}, sound=False), None, now)
    db.close()
    return folder


@pytest.fixture(scope="module")
def browser(folder):
    return Browser(folder)


def test_the_health_page_shows_what_was_read_before_and_now(browser) -> None:
    answer = browser.get("/suc-khoe")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    text = answer.text
    assert "giao diện đã thay đổi" in text
    assert "Họp bàn việc nạo vét kênh" in text
    assert 'href="/goc/1"' in text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "đã trở lại" in text
    assert text.index("Báo động đang mở (2)") < text.index("Báo động đã qua")
    english = browser.get("/suc-khoe?lang=en").text
    assert "redesigned" in english
    assert "Read before" in english


def test_the_list_of_endings_is_a_page_and_files(browser) -> None:
    text = browser.get("/nguy-co?lang=vi").text
    assert "tên miền không còn" in text
    assert "its name does not resolve any more" not in text
    assert "Khả năng mất" in text
    assert "its name does not resolve any more" in browser.get("/nguy-co?lang=en").text
    rows = list(csv.DictReader(io.StringIO(browser.get("/nguy-co.csv").text.lstrip("\ufeff"))))
    assert rows[0]["portal"] == "dongthap"
    assert float(rows[0]["likelihood"]) >= 0.8
    (first, *_) = json.loads(browser.get("/nguy-co.json").text)
    assert first["evidence"][0]["kind"] == "dns_gone"
    assert first["last_chance_due"] is False, "what does not answer cannot be saved any more"


@pytest.mark.parametrize(
    ("kind", "what", "said"),
    [
        (
            "abolished",
            "Huyện Tân Hồng was abolished on 2025-06-30",
            "Huyện Tân Hồng không còn là đơn vị hành chính",
        ),
        (
            "tls_expired",
            "the certificate of a.gov.vn expired on 2025-01-01",
            "chứng chỉ của a.gov.vn đã hết hạn",
        ),
        (
            "failing",
            "3 of the last 5 crawls got no answer",
            "3 trong 5 lần thu thập gần nhất không có trả lời",
        ),
        ("silent", "no new article for 40 days", "không có bài mới trong 40 ngày"),
        ("status", "marked frozen", "ngừng cập nhật"),
        ("down", "no answer since 2026-01-01", "không truy cập được"),
        ("unheard", "something else", "something else"),
    ],
)
def test_evidence_is_said_in_the_readers_language(kind, what, said) -> None:
    assert health._said(Evidence(kind, 0.5, what), "vi") == said
    assert health._said(Evidence(kind, 0.5, what), "en") == what


def test_every_page_leads_there(browser) -> None:
    text = browser.get("/").text
    assert 'href="/suc-khoe"' in text
    assert 'href="/nguy-co"' in text


def test_metrics_are_served_only_when_asked_for(folder, browser) -> None:
    assert browser.get("/metrics").status_code == 404
    asked = build(folder, public=Public(metrics=True))
    answer = asyncio.run(asked.client.get("/metrics"))
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert names == {f"khocong_{name}" for name in HELP}
