"""The judge, case by case: what is told, what is not, and why."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from archive.drift.facts import Facts, from_json
from archive.drift.judging import judge
from archive.drift.layout import common, marks, similarity
from archive.drift.notices import notices_in, words_of
from archive.drift.rhythm import rhythm_of
from archive.drift.usual import learn, tail
from archive.drift.verdicts import Certificate, Known

NOW = datetime(2026, 3, 20, tzinfo=UTC)
OLD = marks("".join(f"<div class='cu-{name}'>" for name in ("menu", "tin", "cot", "chan", "ds", "muc")))
NEW = marks(
    "".join(f"<section class='moi-{name}'>" for name in ("shell", "card", "grid", "hero", "end", "bar"))
)
GOOD = Facts(
    "p", "2026-03-01T00:00:00+00:00", requests=20, answers=20, home="ok", pages=12, articles=12, read=12,
    titled=12, dated=12, bodied=12, body_chars=1500, slottable=12, slotted=12, known=10,
    layout={"front": OLD, "article": OLD}, sitemaps={"/s": 200},
)  # fmt: skip
PAST = tuple(replace(GOOD, body_chars=1400 + 20 * n) for n in range(8))


def told(facts, known=None):
    verdict = judge(known or Known(past=PAST, before=PAST[-1]), facts, NOW)
    return sorted(one.kind for one in verdict.findings)


def test_nothing_learned_nothing_told() -> None:
    bad = replace(GOOD, articles=0, read=0, titled=0, dated=0, bodied=0, missing=10, layout={"front": NEW})
    assert told(bad, Known()) == []
    assert told(replace(GOOD, read=3, dated=0), Known(past=(replace(GOOD, read=3, dated=3),))) == []


CASES = {
    "as ever": ({}, []),
    "dates gone": ({"dated": 0}, ["dates_missing"]),
    "titles all alike": ({"titled": 0}, ["titles_missing"]),
    "bodies a fraction": ({"body_chars": 100}, ["bodies_short"]),
    "known articles halved": ({"reread": 8, "shrunk": 8}, ["bodies_short"]),
    "no articles": ({"articles": 0, "read": 0, "titled": 0, "dated": 0, "bodied": 0}, ["yield_low"]),
    "the model is lost": ({"slotted": 0}, ["chrome_lost"]),
    "two signs are one thing": ({"dated": 0, "titled": 0}, ["redesign"]),
    "another layout": ({"layout": {"front": NEW, "article": NEW}}, ["redesign"]),
    "another front page": ({"layout": {"front": NEW}}, ["redesign"]),
    "known articles gone": ({"missing": 9}, ["not_found"]),
    "with the sitemap": ({"missing": 9, "sitemaps": {"/s": 3}}, ["not_found"]),
    "the sitemap alone": ({"sitemaps": {"/s": 90}}, ["sitemap_shrunk"]),
    "another sitemap": ({"sitemaps": {"/other": 3}}, []),
    "requests fail": ({"answers": 4}, ["errors"]),
    "one date of two": ({"read": 2, "titled": 2, "dated": 1, "bodied": 2}, []),
    "a few slips": ({"dated": 10, "titled": 11, "articles": 10, "missing": 2, "answers": 17}, []),
    "no name": ({"home": "unknown host", "answers": 0, "pages": 0}, ["dns_gone"]),
    "timeout": ({"home": "timeout", "answers": 0}, ["down"]),
    "HTTP 503": ({"home": "HTTP 503", "answers": 0}, ["down"]),
    "a door": ({"home": "HTTP 403"}, []),
    "elsewhere": ({"home": "moved", "home_detail": "https://moi.gov.example/"}, ["moved"]),
    "betting": ({"home": "injected_spam"}, ["parked"]),
    "mended": ({"home": "maintenance"}, ["maintenance"]),
    "its end": ({"notices": ["Trang tin ngừng hoạt động"], "missing": 10}, ["closing"]),
    "too few articles": ({"low": ["articles is 3, expected at least 10"]}, ["below_expectation"]),
    "too many": ({"low": [], "high": ["articles is 3, expected at most 2"]}, ["above_expectation"]),
    "cut short": ({"reason": "budget", "low": ["x"]}, []),
    "not asked": ({"home": "", "answers": 0, "requests": 0}, []),
}


@pytest.mark.parametrize(("changes", "kinds"), CASES.values(), ids=CASES)
def test_what_is_told(changes, kinds) -> None:
    assert told(replace(GOOD, **changes)) == kinds


def test_a_redesign_is_accepted_once_it_stays_and_reads_well() -> None:
    new = replace(GOOD, layout={"front": NEW, "article": NEW})
    first = judge(Known(past=PAST, before=PAST[-1]), new, NOW)
    assert not first.sound
    then = Known(past=PAST, before=new, open_kinds=frozenset({"redesign"}))
    second = judge(then, new, NOW)
    assert second.judged["redesign"] is None
    assert second.sound
    broken = judge(then, replace(new, dated=0, titled=0), NOW)
    assert broken.judged["redesign"] is not None
    assert "redesign" not in judge(then, replace(new, pages=0, articles=0, read=0, layout={}), NOW).judged


def test_a_portal_whose_layout_always_differs_is_left_alone() -> None:
    wild = [replace(GOOD, layout={"front": OLD if n % 2 else NEW}) for n in range(8)]
    assert told(replace(GOOD, layout={"front": NEW}), Known(past=wild)) == []


def test_silence_is_by_the_portals_own_rhythm() -> None:
    daily = rhythm_of([date(2026, 2, 1) + timedelta(days=n) for n in range(30)])
    rare = rhythm_of([date(2025, 3, 1) + timedelta(days=25 * n) for n in range(13)])
    assert rhythm_of([date(2026, 1, 1)] * 50) is None
    assert told(GOOD, Known(past=PAST, rhythm=daily)) == ["silent"]
    assert told(GOOD, Known(past=PAST, rhythm=rare)) == []
    explained = Known(past=PAST, rhythm=daily, open_kinds=frozenset({"not_found"}))
    assert told(GOOD, explained) == [], "what explains it has been told"


def test_certificates() -> None:
    def ends(days, *, was_valid=True):
        return Known(certificates=[Certificate("h", NOW + timedelta(days=days), was_valid)])

    assert told(GOOD, ends(15)) == []
    assert told(GOOD, ends(13)) == ["tls"]
    assert told(replace(GOOD, home="timeout", answers=0), ends(-1)) == ["down", "tls"]
    assert told(GOOD, ends(-1, was_valid=False)) == []


def test_layout_is_names_not_words() -> None:
    assert similarity(OLD, NEW) < 0.1
    assert similarity(OLD, [*OLD[:5], "x"]) > 0.6
    assert similarity(OLD, []) is None
    assert set(common([OLD, OLD, NEW])) == set(OLD)
    assert marks("<p id='node-12'>") == marks("<p id='node-7'>")


SAID = {
    "Cổng thông tin điện tử huyện Phú An ngừng hoạt động từ ngày 01/7/2025": True,
    "Thông báo: Trang thông tin điện tử thành phố đã được sáp nhập vào cổng tỉnh; mời truy cập": True,
    "Từ ngày 01/7, mời bà con xem tin tại địa chỉ phuan.gov.example": True,
    "Trang tin chuyển sang địa chỉ mới": True,
    "Chợ Phú An ngừng hoạt động để sửa chữa": False,
    "Sáp nhập hai ấp của xã Tân Lộc": False,
    "Nhà máy nước ngừng cung cấp nước trong hai ngày": False,
    "Cổng thông tin điện tử tỉnh đăng tải dự thảo quy hoạch": False,
}


@pytest.mark.parametrize(("line", "is_notice"), SAID.items())
def test_notices_of_the_end(line, is_notice) -> None:
    assert bool(notices_in(line)) == is_notice
    page = f"<html><script>if (a<b) {{}}</script><div><b>{line[:12]}</b>{line[12:]}</div></html>"
    assert bool(notices_in(words_of(page))) == is_notice


def test_facts_outlive_versions_and_chances_are_chances() -> None:
    assert from_json(GOOD.as_json()) == GOOD
    assert from_json('{"portal":"p","at":"x","of_tomorrow":1}') == Facts("p", "x")
    assert tail(5, 5, 10, 10) == pytest.approx(1.0)
    assert 0 < tail(0, 4, 20, 20) < tail(0, 4, 10, 20) < 1
    assert learn(()).shares["date"].cases == 0
