"""What lists say of articles, compared with what they said before; and when to look again."""

import pytest

from archive.records import Portal
from archive.store.standing import next_look
from crawler.restated import restated, statements

PORTAL = Portal("xa", hosts=("xa.gov.example",), platform="nukeviet")
URL = "http://xa.gov.example/"


def front(*items):
    rows = "".join(
        f"<div class='item'><a href='/tin/bai-{n}.html'><img src='{n}.jpg'></a>"
        f"<h3><a href='/tin/bai-{n}.html'>{title}</a></h3><p>{teaser}</p><i>Lượt xem: {views}</i></div>"
        for n, title, teaser, views in items
    )
    return f"<html><body><div>{rows}</div></body></html>".encode()


def said(body):
    return statements(body, URL, "text/html; charset=utf-8", PORTAL)


BEFORE = [(n, f"Xã họp bàn việc thứ {n}", "Sáng nay, xã họp.", 5) for n in range(1, 13)]


def test_an_edited_headline_or_teaser_tells():
    after = list(BEFORE)
    after[1] = (2, "Xã họp bàn việc thứ 2 (cập nhật)", "Sáng nay, xã họp.", 5)
    after[4] = (5, "Xã họp bàn việc thứ 5", "Chiều nay, xã họp.", 5)
    changed = restated(said(front(*BEFORE)), said(front(*after)))
    assert len(changed) == 2
    assert all("bai-2" in key or "bai-5" in key for key in changed)


def test_counters_places_and_newcomers_tell_nothing():
    moved = [(20, "Tin mới đăng hôm nay của xã", "Mới.", 0)]
    moved += [(n, title, teaser, 900 + n) for n, title, teaser, _ in reversed(BEFORE)]
    assert restated(said(front(*BEFORE)), said(front(*moved))) == []


def test_everything_at_once_is_a_new_theme():
    theme = [(n, f"» {title}", "", 5) for n, title, _, _ in BEFORE]
    assert restated(said(front(*BEFORE)), said(front(*theme))) == []


def test_a_feed_tells_by_title_and_summary():
    item = "<item><title>{}</title><link>{}tin/bai-1.html</link><description>A</description></item>"
    form = f"<rss><channel>{item}</channel></rss>"
    before, after = (said(form.format(title, URL).encode()) for title in ("Xã họp", "Xã họp lần hai"))
    assert len(restated(before, after)) == 1
    assert restated(before, before) == []


@pytest.mark.parametrize(
    ("stood", "days"),
    [("2026-01-01", 1), ("2025-12-31", 7), ("2025-12-24", 30), ("2025-11-24", 180), ("2020-01-01", 180)],
)
def test_looks_become_rarer(stood, days):
    due = next_look(f"{stood}T00:00:00+00:00", "2026-01-01T00:00:00+00:00")
    assert due.startswith({1: "2026-01-02", 7: "2026-01-08", 30: "2026-01-31", 180: "2026-06-30"}[days])


def test_what_does_not_answer_is_asked_for_the_evidence_of_14_days():
    asked, at = [], "2026-01-01T00:00:00+00:00"
    for _ in range(4):
        asked.append(at[:10])
        at = next_look("2026-01-01T00:00:00+00:00", at, missing=True)
    assert asked == ["2026-01-01", "2026-01-02", "2026-01-09", "2026-01-16"]
