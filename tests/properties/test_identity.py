"""Identity on every platform: never raises, stands on its own canonical URL, is quick."""

import json
from time import process_time
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.urls import split
from crawler.platforms import PLATFORMS, identify, ledger_key

SEGMENTS = st.sampled_from(
    [
        *("vi", "en", "en_US", "-", "tin-tuc", "12-khai-giang", "index.php", "node", "7", "view_content"),
        *(
            "99-hop.html",
            "asset_publisher",
            "content",
            "id",
            "Pages",
            "portal",
            "pages",
            "2023-01-30",
            "a-5.aspx",
        ),
        *("Lists", "Post.aspx", "tin-1105750", "tin-2799260105141822054.htm", "webcenter", "moduleId", "746"),
        *("ItemId", "wps", "!ut", "p", "z0", "QCPlib", "page-2", "page", "2", "print", "user", "login"),
        *("documents", "a.pdf", "component", "users", "w", "feed", "tag"),
    ]
)
PAIRS = st.sampled_from(
    [
        *(
            "page=2",
            "start=5",
            "showall=",
            "print=1",
            "ItemID=5",
            "l=A",
            "tc=9",
            "cn=2",
            "gd=1",
            "dDocName=P1",
        ),
        *("p_p_id=58", "p_p_id=101", "_101_cur=3", "_101_cur=1", "_101_delta=20", "option=com_content"),
        *(
            "view=article",
            "id=3:a",
            "id=3",
            "q=node/3",
            "pageindex=0",
            "Page=2",
            "sort=asc",
            "p_p_state=pop_up",
        ),
        *("x=a/vi/en", "_X_articleId=7", "_X_groupId=8", "%70age=3", "=", "", ";"),
    ]
)
URLS = st.builds(
    lambda segments, pairs: (
        "https://xa.gov.example/" + "/".join(segments) + ("?" + "&".join(pairs) if pairs else "")
    ),
    st.lists(SEGMENTS, max_size=7),
    st.lists(PAIRS, max_size=5),
)
ADAPTERS = pytest.mark.parametrize("platform", sorted(PLATFORMS))


@ADAPTERS
@settings(max_examples=200, deadline=None, derandomize=True)
@given(url=URLS)
def test_the_canonical_url_means_the_same(platform, url):
    first = PLATFORMS[platform].identify(split(url))
    again = PLATFORMS[platform].identify(split(first.canonical_url))
    # The kind may weaken: page 1 of a listing is the section itself, which its URL does not tell.
    assert (again.canonical_url, again.excluded) == (first.canonical_url, first.excluded)
    assert (again.compared, again.content_id) == (first.compared, first.content_id)


@ADAPTERS
@settings(max_examples=100, deadline=None, derandomize=True)
@given(rest=st.text(max_size=80))
def test_any_rest_of_a_url_is_answered(platform, rest):
    try:
        parts = urlsplit("http://xa.gov.example/" + rest)
    except ValueError:
        return
    identity = PLATFORMS[platform].identify(parts)
    assert (
        PLATFORMS[platform].identify(urlsplit(identity.canonical_url)).canonical_url == identity.canonical_url
    )


@ADAPTERS
@settings(max_examples=60, deadline=None, derandomize=True)
@given(text=st.text(max_size=60))
def test_no_text_makes_it_raise(platform, text):
    try:
        parts = urlsplit(text)
    except ValueError:
        return
    PLATFORMS[platform].identify(parts)


@pytest.mark.parametrize("portal", ["nukeviet", "wordpress"])
@ADAPTERS
def test_no_two_articles_of_the_truth_meet(platform, portal, shared_dir):
    """Even under the wrong adapter, two articles keep two rows in the ledger."""
    lines = (shared_dir / "captures" / f"{portal}.truth.jsonl").read_text(encoding="utf-8").splitlines()
    urls = [json.loads(line)["url"] for line in lines]
    keys = {ledger_key(identify(url, platform)) for url in urls}
    assert len(keys) == len(set(urls))


def test_identifying_the_links_of_a_page_costs_little():
    links = [
        f"https://xa.gov.example/tin-tuc/hoi-nghi-tong-ket-cong-tac-nam-{i}?page={i}" for i in range(135)
    ]
    parts = [urlsplit(link) for link in links]
    for platform in PLATFORMS.values():
        best = min(_seconds(platform, parts) for _ in range(5))
        # 15 µs a link is the aim; the bar leaves room for a busy machine.
        assert best / len(parts) < 100e-6, platform.name


def _seconds(platform, parts):
    start = process_time()
    for part in parts:
        platform.identify(part)
    return process_time() - start
