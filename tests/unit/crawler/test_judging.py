"""What one answer means for the ledger, case by case."""

import pytest

from archive.records import LeasedUrl, Portal
from archive.warc.records import WarcPlace
from crawler.exchange import Exchange, Failed
from crawler.judging import MAX_ATTEMPTS, MAX_ATTEMPTS_WHEN_SLOW, MAX_HOPS, judge, judge_failure
from crawler.page import Page
from crawler.reading import Reading

PORTAL = Portal("xa", hosts=("xa.gov.example",))
URL = "http://xa.gov.example/tin/1.html"
PLACE = WarcPlace("a.warc.gz", 0, 100, "urn:uuid:1", "sha1:A")


def lease(kind="page", attempts=0, url=URL):
    return LeasedUrl(1, "xa", url, kind, attempts)


def answer(status=200, body=b"", url=URL, revisit_of=None, cut=False, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    names.setdefault("content-type", "text/html")
    return Exchange(
        url, "2026-11-23T10:00:00+00:00", status, names, body, PLACE, cut=cut, revisit_of=revisit_of
    )


def reading(kind, soft="", url=URL):
    return Reading(Page(url, "generic", kind, soft_reason=soft), "sha1:B")


@pytest.mark.parametrize(
    ("status", "state", "host"),
    [
        (404, "gone", "ok"),
        (410, "gone", "ok"),
        (403, "failed", "ok"),
        (500, "pending", "ok_or_fault"),
        (429, "pending", "slow"),
        (503, "pending", "slow"),
        (408, "pending", "ok_or_fault"),
    ],
)
def test_a_status_has_its_state(status, state, host):
    verdict = judge(lease(), answer(status), None, PORTAL)
    assert verdict.outcome.state == state
    assert verdict.outcome.capture is not None, "every answer is kept"
    assert verdict.outcome.article is None
    assert host == "ok_or_fault" or verdict.host == host


def test_patience_ends():
    assert judge(lease(attempts=MAX_ATTEMPTS - 1), answer(500), None, PORTAL).outcome.state == "failed"
    slow = judge(lease(attempts=MAX_ATTEMPTS_WHEN_SLOW - 1), answer(503), None, PORTAL)
    assert slow.outcome.state == "failed"
    assert judge(lease(), answer(503, retry_after="120"), None, PORTAL).retry_after_s == 120


def test_304_is_done_when_it_was_asked_for():
    asked = judge(lease(), answer(304, revisit_of="urn:uuid:0"), None, PORTAL)
    assert (asked.outcome.state, asked.outcome.reason) == ("done", "")
    assert asked.outcome.capture.revisit_of == "urn:uuid:0"
    assert judge(lease(), answer(304), None, PORTAL).outcome.state == "pending", "nobody asked for it"


def test_a_redirect_within_one_row_is_followed_and_ends():
    to = "https://xa.gov.example/tin/1.html"
    verdict = judge(lease(), answer(301, location=to), None, PORTAL)
    assert (verdict.outcome.state, verdict.follow) == ("pending", to)
    ended = judge(lease(), answer(301, location=to), None, PORTAL, hops=MAX_HOPS)
    assert (ended.outcome.state, ended.outcome.reason) == ("failed", "redirect loop")


def test_a_redirect_elsewhere_names_the_other_row():
    verdict = judge(lease(), answer(302, location="/tin/2.html"), None, PORTAL)
    assert verdict.outcome.reason == "redirect"
    assert [link.url for link in verdict.outcome.links] == ["http://xa.gov.example/tin/2.html"]


def test_the_way_home_and_the_way_out_are_ends():
    home = judge(lease(), answer(302, location="/"), None, PORTAL)
    assert (home.outcome.state, home.outcome.reason) == ("done", "redirected_home")
    assert [event.kind for event in home.outcome.events] == ["soft_error"]
    out = judge(lease(), answer(302, location="http://other.example/"), None, PORTAL)
    assert out.outcome.reason == "redirect out of scope"
    assert out.outcome.links == ()


@pytest.mark.parametrize("soft", ["not_found", "login", "maintenance", "empty"])
def test_a_soft_page_is_kept_and_is_no_article(soft):
    verdict = judge(lease(), answer(body=b"<html>"), reading("soft", soft), PORTAL)
    assert (verdict.outcome.state, verdict.outcome.reason, verdict.outcome.article) == ("done", soft, None)


def test_a_waiting_room_asks_for_patience():
    verdict = judge(lease(), answer(body=b"<html>"), reading("soft", "wait_page"), PORTAL)
    assert (verdict.outcome.state, verdict.host) == ("pending", "slow")


def test_a_cut_page_is_asked_for_again_unless_it_is_whole():
    assert judge(lease(), answer(body=b"<html><p>A", cut=True), None, PORTAL).outcome.state == "pending"
    whole = judge(lease(), answer(body=b"<html></html>", cut=True), reading("other"), PORTAL)
    assert whole.outcome.state == "done"


def test_no_answer_is_tried_again_and_then_failed():
    assert judge_failure(lease(), Failed("timeout")).outcome.state == "pending"
    last = judge_failure(lease(attempts=MAX_ATTEMPTS - 1), Failed("timeout"))
    assert (last.outcome.state, last.host) == ("failed", "fault")
    never = judge_failure(lease(), Failed("private address", worth_retrying=False, host_fault=False))
    assert (never.outcome.state, never.host) == ("failed", "ok")
    assert never.outcome.issues
