"""Parts of one article: fetched in turn, joined once, and never lost when the last one fails."""

from archive.records import Article, Block, Capture, LeasedUrl, Outcome
from crawler.judging import Verdict
from crawler.multipage import PART, Multipage

URL = "http://phuong.example/tin/le-hoi.html"
LEASE = LeasedUrl(7, "phuong", URL, "article", 0)


def article(number: int, next_page: str | None) -> Article:
    text = f"Đoạn văn của trang {number} kể về lễ hội cầu ngư năm nay của bà con xã biển."
    url = URL if number == 1 else f"{URL}/{number}"
    return Article(
        url, url, "wordpress", "Lễ hội cầu ngư", text, blocks=(Block("paragraph", text),), next_page=next_page
    )


def verdict(number: int, next_page: str | None) -> Verdict:
    capture = Capture(
        URL, "2026-11-23T00:00:00+00:00", 200, "text/html", "w", number, 1, f"urn:{number}", "p", "b", 1
    )
    return Verdict(Outcome(7, "done", capture=capture, article=article(number, next_page)))


def test_a_single_page_passes_through():
    given = verdict(1, None)
    assert Multipage(lambda _url: True).take(LEASE, given) is given


def test_parts_are_asked_for_in_turn_and_joined_under_the_first_capture():
    parts = Multipage(lambda _url: True)
    first = parts.take(LEASE, verdict(1, f"{URL}/2"))
    assert (first.outcome.state, first.outcome.reason, first.outcome.article) == ("pending", PART, None)
    assert parts.address(7) == f"{URL}/2"
    assert parts.take(LEASE, verdict(2, f"{URL}/3")).outcome.state == "pending"
    last = parts.take(LEASE, verdict(3, None)).outcome
    assert last.state == "done"
    assert [line.split()[4] for line in last.article.text.split("\n")] == ["1", "2", "3"]
    assert last.article.url == URL
    assert last.article_record_id == "urn:1"
    assert parts.address(7) is None


def test_a_missing_last_part_keeps_the_others_and_says_so():
    parts = Multipage(lambda _url: True)
    parts.take(LEASE, verdict(1, f"{URL}/2"))
    ended = parts.take(LEASE, Verdict(Outcome(7, "gone", reason="HTTP 404"))).outcome
    assert ended.state == "done"
    assert ended.article.text == article(1, None).text
    assert ended.issues[0].kind == "part_missing"


def test_a_part_that_is_tried_again_stays_open():
    parts = Multipage(lambda _url: True)
    parts.take(LEASE, verdict(1, f"{URL}/2"))
    assert parts.take(LEASE, Verdict(Outcome(7, "pending", reason="HTTP 500"))).outcome.state == "pending"
    assert parts.address(7) == f"{URL}/2"


def test_a_next_page_that_leads_back_ends():
    parts = Multipage(lambda _url: True)
    parts.take(LEASE, verdict(1, f"{URL}/2"))
    assert parts.take(LEASE, verdict(2, f"{URL}/2")).outcome.state == "done"


def test_a_part_that_may_not_be_fetched_is_not_asked_for():
    given = verdict(1, "http://elsewhere.example/2")
    assert Multipage(lambda _url: False).take(LEASE, given) is given
