"""Whatever markup comes, reading ends: with an article in NFC, or with NotAnArticle, and in time."""

import pickle
import random
import time
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.errors import NotAnArticle
from archive.records import Portal
from crawler.extraction import extract
from crawler.page import read_page
from crawler.platforms import PLATFORMS
from tests.portal.sites import article
from tests.properties.fuzz_html import CORPUS

URL = "https://xa.example.gov.vn/tin/bai-1.html"
HOSTS = ("xa.example.gov.vn",)
PORTALS = [None, *(Portal(key="x", platform=name, hosts=HOSTS) for name in sorted(PLATFORMS))]
WORDS = "Ủy ban nhân dân xã họp bàn kế hoạch nạo vét kênh mương trước mùa mưa. "


def read(body, portal=None):
    """Read a page both ways; return the seconds of CPU it took."""
    body = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
    start = time.process_time()
    try:
        found = extract(body, URL, portal)
    except NotAnArticle:
        found = None
    page = read_page(body, URL, headers={"Content-Type": "text/html"}, portal=portal, images=True)
    took = time.process_time() - start
    for one in (found, page.article):
        if one is not None:
            for text in (one.title, one.lead, one.text, one.byline or "", one.source or "", *one.tags):
                assert unicodedata.is_normalized("NFC", text)
                text.encode()
    assert pickle.loads(pickle.dumps(page)) == page
    return took


NASTY = {
    "deep nesting": "<div>" * 50_000 + WORDS,
    "deep nesting of fonts": "<font>" * 20_000 + WORDS + "</font>" * 20_000,
    "deep lists": "<ul><li>" * 10_000 + WORDS,
    "deep tables": "<table><tr><td>" * 5_000 + WORDS,
    "a huge attribute": f"<p class='{'a ' * 500_000}' style='{'x' * 1_000_000}'>{WORDS}",
    "many attributes": "<p " + " ".join(f"a{n}=1" for n in range(20_000)) + f">{WORDS}",
    "a million entities": "<p>" + "&#7911;" * 200_000 + "&amp;" * 800_000,
    "numeric entities out of range": "<p>&#xD800;&#x110000;&#0;&#128;&#99999999999;&#-1;&#x; " + WORDS * 3,
    "nul": "<h1>a\0b</h1><p>\0" + WORDS * 4 + "\0</p>\0",
    "half a tag": "<p>" + WORDS * 4 + "<div class='",
    "half a comment": "<p>" + WORDS * 4 + "<!-- ",
    "half tags": "<" * 100_000 + WORDS,
    "half entities": "&" * 200_000 + WORDS,
    "svg, math and CDATA": f"<svg><title>t</title><![CDATA[<p>{WORDS}]]></svg><math><mi>x</math><p>{WORDS}",
    "comment bombs": "<!--" * 50_000 + "-->" * 50_000 + WORDS,
    "many comments": "<p>" + "<!-- x -->a" * 100_000,
    "many links": "".join(f"<a href='/tin/bai-{n}.html'>Tin số {n}</a>" for n in range(100_000)),
    "plaintext": f"<h1>Tin</h1><plaintext><p>{WORDS * 4}</plaintext>",
    "frames": "<frameset><frame src='a.html'><frame src='//['></frameset><noframes><p>" + WORDS * 4,
    "html and body again": f"<html><body><html lang=x><body class=y><p>{WORDS}</body></html><p>a" * 20,
    "processing instructions": f"<?php echo 1 ?><?xml version='1.0'?><?{'x' * 100_000}><p>{WORDS}",
    "doctype with entities": "<!DOCTYPE a [<!ENTITY a 'b'><!ENTITY c '&a;&a;&a;'>]><p>&c;&c;" + WORDS,
    "addresses that are none": "".join(
        f"<a href='{url}'>x</a><img src='{url}'><link rel='canonical' href='{url}'>"
        for url in ("//[", "http://[::1", "http://a:99999999/", "\0", "//\udc80/", "//" + "a" * 500, "%%")
    ) + f"<base href='http://['><p>{WORDS * 4}",
    "spans of tables": f"<table><tr><td colspan=99999999 rowspan=-1>{WORDS}<td colspan=x rowspan=1e9>2",
    "dates that are none": "<time datetime='9999-99-99T99:99'>x</time><b class=date>31/02/2024 99:99</b>"
    f"<meta property='article:published_time' content='2025-04-22+0718:00:00'><p>{WORDS * 5}",
    "a line of a million letters": "<p>" + "a" * 1_000_000,
    "a million spaces": "<p>a" + " " * 1_000_000 + "b",
    "a million digits": "<p>" + "1" * 300_000 + "/" * 300_000 + "1." * 200_000,
    "numbers of documents": "<p>" + "Số 12/2024/QĐ-UBND " * 5_000,
    "half decomposed": "<h1>" + "e\u0302\u0301" * 50 + "</h1><p>" + "a\u0301\u0323" * 5_000,
    "combining marks": "<h1>a</h1><p>" + "\u0301" * 100_000,
    "right to left": "<p>\u202e" + WORDS * 3 + "\u202c\u2066\u2069",
    "old font, never closed": "<font face='.VnTime'>" + "<b>QuyÕt ®Þnh " * 5_000,
    "escaped markup": "<p>" + "&lt;p&gt;Ng&amp;agrave;y " * 20_000 + "&lt;/p&gt;",
    "escaped eth": WORDS * 3 + "&ETH;" * 50_000,
    "styles": "<style>" + "p{font-family:.VnTime" * 20_000 + "</style>" + WORDS,
    "a form of JSON": "<script type='application/ld+json'>" + "[" * 100_000 + "</script><p>" + WORDS,
    "broken UTF-16": ("\ufeff<p>" + WORDS).encode("utf-16")[:-1],
    "mixed UTF-8": b"<p>" + b"\xe1\xbb" * 20_000 + WORDS.encode() + b"\xff\xfe",
    "nothing": "",
    "white space": " \n\t\r\ufeff\u00a0" * 1000,
}  # fmt: skip


@pytest.mark.parametrize("what", NASTY)
def test_nasty_pages_end_in_time(what):
    # 10 s is what a page may take in a crawl; here it is read twice, and machines of tests are slow.
    assert read(NASTY[what]) < 15


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*")), ids=lambda path: path.name)
def test_what_fuzzing_found_is_read_or_refused(path):
    """What reached new code under atheris (see fuzz_html), again: its first byte names a platform."""
    data = path.read_bytes()
    assert read(data[1:], PORTALS[data[0] % len(PORTALS)] if data else None) < 10


@pytest.mark.parametrize("portal", PORTALS, ids=lambda portal: portal.platform if portal else "none")
def test_every_platform_bears_broken_pages(portal):
    mutate = random.Random(7)
    whole = article(3, "<table><tr><td>Ấp</td><td>12</td></tr></table>")
    for _ in range(12):
        page = list(whole)
        for _ in range(mutate.randint(1, 30)):
            place = mutate.randrange(len(page))
            page[place : place + mutate.choice((0, 1, 40))] = mutate.choice(
                ("<", ">", "</div>", "<td>", "\0", '"', "&", "<!--", "\u0301", "<br>", "<base href='//['>")
            )
        assert read("".join(page), portal) < 5


TAGS = (
    "div", "p", "span", "table", "tr", "td", "ul", "li", "a", "b", "font", "br", "img", "h1", "h2", "script",
    "style", "iframe", "svg", "form", "input", "time", "meta", "center",
)  # fmt: skip
TEXT = st.sampled_from(
    [WORDS, "12/03/2024", "ngày 31 tháng 2 năm 2024", "Nguồn: TTXVN", "./.", "&nbsp;", "&amp;agrave;",
     "\0", "e\u0323\u0302",
     "Số 5/QĐ-UBND ngày 1/1/2024", "<", "&#xd800;", "\ufeff", "®Þnh", "(Cổng TTĐT tỉnh)", "Ð", "Lượt xem: 12"]
)  # fmt: skip
ATTRIBUTES = st.sampled_from(
    ["", " class='content'", " id=a", " style='display:none'", " href='//['", " src='a.jpg'",
     " face='.VnTime'",
     " itemprop='datePublished' content='x'", " hidden", " colspan=9999", " type=password", " =", " '",
     ' class="']
)  # fmt: skip
TAG_NAMES = st.sampled_from(TAGS)
OPENED = st.builds(lambda tag, attribute: f"<{tag}{attribute}>", TAG_NAMES, ATTRIBUTES)
CLOSED = TAG_NAMES.map(lambda tag: f"</{tag}>")
NODES = st.recursive(
    TEXT | OPENED | CLOSED,
    lambda inner: st.builds(
        lambda tag, attribute, inside: f"<{tag}{attribute}>{''.join(inside)}</{tag}>",
        TAG_NAMES, ATTRIBUTES, st.lists(inner, max_size=6),
    ),
    max_leaves=40,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(NODES, max_size=8), st.sampled_from(PORTALS), st.booleans())
def test_any_markup_is_read_or_refused(nodes, portal, whole):
    body = "".join(nodes)
    page = f"<html><head><title>Xã họp</title></head><body><h1>Xã họp</h1>{body}" if whole else body
    assert read(page, portal) < 5


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=2000), st.sampled_from(PORTALS))
def test_any_bytes_are_read_or_refused(body, portal):
    assert read(body, portal) < 5


@pytest.mark.parametrize(
    "grown",
    ["<p>a</p>", "<div>", "<a href='/tin/bai-{n}.html'>Tin</a>", "<br>a", "<li>a", "<td>a", "<span>a</span>",
     "<tr><td>a", "<p>" + WORDS, "<h2>Mục</h2>", "<img src='{n}.jpg'>", "12/03/2024 ",
     "<table><tr><td>a</table>", "<p>Nguồn: A</p>"],
)  # fmt: skip
def test_a_longer_page_takes_longer_and_no_more(grown):
    def page(count):
        inside = "".join(grown.replace("{n}", str(n)) for n in range(count))
        return f"<html><head><title>Xã họp</title></head><body><h1>Xã họp</h1><div class='content'>{inside}"

    read(page(50))
    short, long = (min(read(page(count)) for _ in range(2)) for count in (500, 4000))
    # Eight times the page, quadratic work would be 64 times as long.
    assert long < 0.5 or long < 24 * short
