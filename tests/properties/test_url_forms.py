"""Identity over every form of URL the facts name, and over whatever is made of them."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crawler.platforms import PLATFORMS, identify, ledger_key

P = "https://tan-loc.gov.example"


def forms():
    """Yield (form, platform, URLs of one thing, URLs of other things) of the table."""
    text = Path(__file__).with_name("url_forms.txt").read_text(encoding="utf-8")
    for block in text.split("\n\n")[1:]:
        head, *rows = block.splitlines()
        form, platform = head.rsplit(" | ", 1)
        yield form, platform, *([row[2:] for row in rows if row[0] == mark] for mark in "=!")


FORMS = list(forms())
URLS = sorted({(platform, url) for _, platform, same, others in FORMS for url in (*same, *others)})
TAILS = st.sampled_from(
    (
        "#gsc.tab=0",
        "?utm_source=zalo&utm_medium=x",
        "?fbclid=IwAR0x",
        "?zarsrc=30",
        "#binh-luan-2",
        "?gclid=1#x",
    )
)


@pytest.mark.parametrize(("form", "platform", "same", "others"), FORMS, ids=[row[0] for row in FORMS])
def test_what_is_one_thing_has_one_key_and_what_is_not_has_another(form, platform, same, others):
    keys = {ledger_key(identify(url, platform)) for url in same}
    assert len(keys) == 1
    apart = [ledger_key(identify(url, platform)) for url in others]
    assert len(set(apart)) == len(apart)
    assert not keys & set(apart)
    assert not any(identify(url, platform).excluded for url in (*same, *others))


def test_a_renamed_article_keeps_its_id():
    """The ledger fetches both; the store knows one article by (portal, content id)."""
    old, new = f"{P}/vi/news/thoi-su/le-phat-dong-1096.html", f"{P}/vi/news/thoi-su/l-ph-t-d-ng-1096.html"
    assert identify(old, "nukeviet").content_id == identify(new, "nukeviet").content_id == "1096"


def test_every_platform_is_in_the_table():
    assert {platform for _, platform, _, _ in FORMS} == set(PLATFORMS)


@pytest.mark.parametrize(("platform", "url"), URLS)
def test_a_canonical_url_is_its_own(platform, url):
    first = identify(url, platform)
    again = identify(first.canonical_url, platform)
    assert again.canonical_url == first.canonical_url
    assert ledger_key(again) == ledger_key(first)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(place=st.sampled_from(URLS), tail=TAILS)
def test_tracking_and_fragments_change_nothing(place, tail):
    platform, url = place
    if "?" in url and tail.startswith("?"):
        tail = "&" + tail[1:]
    if "#" in url:
        return
    assert ledger_key(identify(url + tail, platform)) == ledger_key(identify(url, platform))


@settings(max_examples=300, deadline=None, derandomize=True)
@given(place=st.sampled_from(URLS), host=st.sampled_from(("http", "http+port", "https+port", "www", "case")))
def test_how_a_host_is_written_changes_nothing(place, host):
    platform, url = place
    scheme, rest = url.split("://")
    name, slash, path = rest.partition("/")
    if ":" in name or name.startswith("www."):
        return
    spelled = {
        "http": f"http://{name}", "http+port": f"http://{name}:80", "https+port": f"https://{name}:443",
        "www": f"{scheme}://www.{name}", "case": f"{scheme.upper()}://{name.upper()}",
    }[host]  # fmt: skip
    assert ledger_key(identify(spelled + slash + path, platform)) == ledger_key(identify(url, platform))


@settings(max_examples=400, deadline=None, derandomize=True)
@given(
    place=st.sampled_from(URLS),
    at=st.integers(0, 400),
    junk=st.text(max_size=8)
    | st.sampled_from(("%", "%zz", "%00", "..", "//", ";", "?", "&&", "=", "[", "]", "\\")),
)
@example(place=("liferay", f"{P}/a/-/view_content/"), at=400, junk="²")
def test_broken_urls_are_answered_or_refused(place, at, junk):
    """A URL cut open anywhere means something, or is no URL (ValueError): nothing else is ever raised."""
    platform, url = place
    try:
        first = identify(url[:at] + junk + url[at:], platform)
        again = identify(first.canonical_url, platform)
    except ValueError:
        return
    assert again.canonical_url == first.canonical_url


@settings(max_examples=300, deadline=None, derandomize=True)
@given(platform=st.sampled_from(sorted(PLATFORMS)), text=st.text(max_size=120))
def test_any_text_is_answered_or_refused(platform, text):
    for url in (text, f"{P}/{text}", f"{P}/?{text}"):
        try:
            identity = identify(url, platform)
        except ValueError:
            continue
        assert identify(identity.canonical_url, platform).canonical_url == identity.canonical_url


def test_articles_of_both_truths_stay_apart_under_one_roof(shared_dir):
    """As if both portals stood on one host: each keeps its own articles, and no two meet."""
    rows = []
    for portal in ("nukeviet", "wordpress"):
        lines = (shared_dir / "captures" / f"{portal}.truth.jsonl").read_text(encoding="utf-8").splitlines()
        urls = {"/" + json.loads(line)["url"].split("/", 3)[3] for line in lines}
        rows += [(portal, ledger_key(identify(P + url, portal))) for url in urls]
        assert len({key for name, key in rows if name == portal}) == len(urls)
    assert len({key for _, key in rows}) == len(rows)
