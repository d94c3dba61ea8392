"""The demo portal without a socket: what stands behind each address, and one dead link."""

import re
import unicodedata
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest
from lxml import html

from crawler.demo import CHROME, NAME, articles
from crawler.demo.addresses import DEAD_ID, HOME, SECTIONS, clean, item_of, listing, print_twin, stateful
from crawler.demo.files import pdf
from crawler.demo.site import Site

ORIGIN = "http://portal.example"


@pytest.fixture(scope="module")
def site():
    return Site()


def hrefs(body):
    return [unescape(found) for found in re.findall(r'href="([^"#]+)"', body.decode())]


def walk(site):
    """Return every address reachable from the home page with the status it answers."""
    found, queue = {}, [HOME]
    while queue:
        target = queue.pop()
        if target in found:
            continue
        reply = site.reply(target)
        found[target] = reply.status
        # State grows with each click, as it does there: follow an item's links from one of its addresses.
        if reply.mime.startswith("text/html") and target.count("/p0/") < 2:
            for href in hrefs(reply.body):
                parts = urlsplit(urljoin(ORIGIN + target, href))
                if not href.startswith("javascript:") and parts.path.startswith("/wps/"):
                    queue.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found


def test_every_article_is_reached_and_one_link_is_dead(site):
    found = walk(site)
    reached = {item_of(urlsplit(target).path) for target, status in found.items() if status == 200}
    assert {article.id for article in articles()} <= reached
    dead = {target for target, status in found.items() if status == 404}
    # The administration stands behind robots.txt and the collection of styles is not part of the demo.
    assert {item_of(t) for t in dead if "/contenthandler/" not in t and "/myportal/" not in t} == {DEAD_ID}


def test_listings_have_pages_and_an_end(site):
    section = SECTIONS[0]
    first, second = site.reply(listing(section)), site.reply(unescape(listing(section, 2)))
    assert (first.status, second.status) == (200, 200)
    assert unescape(listing(section, 2)) in hrefs(first.body)
    assert site.reply(unescape(listing(section, 99))).status == 404
    assert site.reply(unescape(listing(section, 2)).replace("=2", "=x")).status == 404


def test_one_article_answers_at_all_its_addresses(site):
    first, second = articles()[:2]
    pages = [
        site.reply(target)
        for target in (clean(first.id, first.area), stateful(first, "/a"), stateful(first, "/b", second))
    ]
    assert [page.status for page in pages] == [200, 200, 200]
    assert all(first.title in unescape(page.body.decode()) for page in pages)
    assert item_of(stateful(first, "/b", second)) == first.id


def test_the_weather_differs_by_page_and_the_title_element_does_not(site):
    one, other = (site.reply(clean(item.id, item.area)).body.decode() for item in articles()[:2])
    degrees = re.compile(r"Nhiệt độ [^<]+")
    assert degrees.findall(one) != degrees.findall(other)
    assert re.findall(r"<title>(.*?)</title>", one + other) == [NAME, NAME]


@pytest.mark.parametrize("article", articles(), ids=lambda article: article.title[:40])
def test_a_page_carries_every_word_of_its_article_in_order(site, article):
    page = html.document_fromstring(site.reply(clean(article.id, article.area)).body)
    words = " ".join(page.text_content().split())
    if article.spelling != "NFC":
        words = unicodedata.normalize("NFC", words)
    at = 0
    for line in article.paragraphs:
        for cell in line.split(" | "):
            at = words.index(cell, at) + len(cell)
    assert words.count(article.title) == 1
    assert f"Ngày đăng : {'/'.join(reversed(article.published.split('-')))}" in words


def test_all_chrome_is_really_on_the_pages(site):
    with_file = next(article for article in articles() if article.attachment)
    body = unescape(site.reply(clean(with_file.id, with_file.area)).body.decode())
    assert [words for words in CHROME if words not in body] == []


def test_a_print_twin_is_the_article_alone(site):
    article = articles()[0]
    reply = site.reply(print_twin(article))
    assert reply.status == 200
    assert "Hình Ảnh" not in reply.body.decode()
    assert site.reply(print_twin(article).partition("?")[0]).status == 404


def test_the_pdf_is_whole():
    data = pdf()
    start = int(re.search(rb"startxref\n(\d+)", data)[1])
    assert data[start : start + 4] == b"xref"
    for number, place in enumerate(re.findall(rb"^(\d{10}) 00000 n ", data, re.MULTILINE), 1):
        assert data[int(place) :].startswith(b"%d 0 obj" % number)
    length = int(re.search(rb"/Length (\d+)", data)[1])
    assert len(re.search(rb"stream\n(.*?)\nendstream", data, re.DOTALL)[1]) == length
