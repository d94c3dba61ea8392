"""Liferay against the real pages of one Hanoi portal (2022), read in place.

Every file of `article/` was mirrored with a locale behind its URL (`….html/en`), where the portal
shows the section's abstracts instead of the article: what they teach is identity and listings.
"""

import re
from urllib.parse import urljoin, urlsplit

import lxml.html
import pytest

from crawler.platforms import PLATFORMS, recognise

LIFERAY = PLATFORMS["liferay"]
MIRRORED = re.compile(r"Mirrored from (\S+)")


@pytest.fixture(scope="module")
def pages(shared_dir):
    folder = shared_dir / "pages" / "liferay-sotttt-hanoi"
    if not folder.is_dir():
        pytest.skip(f"no shared pages: {folder} is missing")
    found = {}
    for path in sorted(folder.rglob("*.html")):
        text = path.read_text(encoding="utf-8-sig")
        found[f"{path.parent.name}/{path.stem}"] = ("http://" + MIRRORED.search(text)[1], text)
    return found


def tree_of(text):
    return lxml.html.document_fromstring(text.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))


def test_every_page_is_recognised(pages):
    for name, (url, text) in pages.items():
        assert recognise(tree_of(text), url, text)[0] == "liferay", name


def test_each_article_has_one_identity_without_its_locale_tail(pages):
    articles = {
        name: LIFERAY.identify(urlsplit(url))
        for name, (url, _) in pages.items()
        if name.startswith("article/")
    }
    assert len(articles) == 8
    for name, identity in articles.items():
        assert identity.kind == "article"
        assert identity.excluded == ""
        assert identity.content_id == name.removeprefix("article/")
        assert identity.canonical_url.endswith(".html")
    assert len({identity.compared for identity in articles.values()}) == 8


def test_all_copies_of_the_trap_are_one_article(pages):
    copies = [
        LIFERAY.identify(urlsplit(url)) for name, (url, _) in pages.items() if name.startswith("trap/737358")
    ]
    assert len(copies) == 5
    assert {identity.canonical_url for identity in copies} == {
        "http://sotttt.hanoi.gov.vn/web/sotttt-eng/culture/-/view_content/"
        "737358-thang-long-culture-the-convergence-of-thousand-years.html"
    }


def test_sign_in_copies_are_refused_under_one_url(pages):
    logins = [LIFERAY.identify(urlsplit(url)) for name, (url, _) in pages.items() if "eng_login" in name]
    assert len(logins) == 3
    assert {identity.excluded for identity in logins} == {"login"}
    assert len({identity.canonical_url for identity in logins}) == 1


def test_links_with_locales_add_nothing(pages):
    """The endless `/en/vi/en` links of a copy lead to no URL that the plain site does not have."""
    url, text = pages["trap/737358__en_en_en_en_en"]
    found = set()
    for href in tree_of(text).xpath("//a/@href | //link[@rel='alternate' or @rel='canonical']/@href"):
        target = urlsplit(urljoin(url, href))
        if target.scheme in ("http", "https"):
            found.add(LIFERAY.identify(target).canonical_url)
    assert not [target for target in found if re.search(r"/(?:en|vi)(?:\.html)?$", target)]


def test_each_article_page_gives_its_own_abstract_and_no_other(pages):
    """All these pages say of their article stands in the abstract that links to it."""
    for name, (url, text) in pages.items():
        if not name.startswith(("article/", "trap/737358")):
            continue
        tree = tree_of(text)
        number = re.search(r"\d+", name)[0]
        assert LIFERAY.page_kind(tree, url) == "article", name
        hints = LIFERAY.hints_for(tree, url)
        assert hints.confidence < 0.5
        (title,) = tree.xpath(hints.title[0])
        (link,) = title.xpath(".//a/@href")
        assert f"/{number}-" in link
        (body,) = tree.xpath(hints.body[0])
        assert len(body.text_content().split()) > 10
        (date,) = tree.xpath(hints.published[0])
        assert re.search(r"\d\d/\d\d/20\d\d", date.text_content())


def test_a_page_knows_its_article_wherever_it_is_served_from(pages):
    for name, (_, text) in pages.items():
        number = re.search(r"\d+", name)[0] if name.startswith(("article/", "trap/737358")) else None
        assert LIFERAY.page_content_id(tree_of(text), f"http://127.0.0.1:8083/{name}.html") == number, name


def test_sign_in_forms_and_site_maps_are_no_texts(pages):
    for name in ("trap/eng_login0011", "listing/dang-nhap154f", "listing/so-do-website"):
        url, text = pages[name]
        assert LIFERAY.page_kind(tree_of(text), url) == "listing", name


def test_sections_are_listings(pages):
    for name in ("cong-nghe-thong-tin", "ke-hoach", "luatthudo", "phong-chong-dich-benh-covid-19"):
        url, text = pages[f"listing/{name}"]
        assert LIFERAY.page_kind(tree_of(text), url) == "listing", name
        assert LIFERAY.hints_for(tree_of(text), url) is LIFERAY.hints


def test_listings_turn_to_their_next_page(pages):
    url, text = pages["listing/cong-nghe-thong-tin01ad"]
    (following,) = LIFERAY.next_listings(tree_of(text), url)
    assert "_101_cur=18" in following
    url, text = pages["listing/chuc-nang-nhiem-vu"]
    assert not LIFERAY.next_listings(tree_of(text), url)


def test_a_static_page_gives_its_body_and_section(pages):
    _, text = pages["listing/chuc-nang-nhiem-vu"]
    tree = tree_of(text)
    body = next(found[0] for path in LIFERAY.hints.body if (found := tree.xpath(path)))
    words = " ".join(body.text_content().split())
    assert words.startswith("CHỨC NĂNG, NHIỆM VỤ SỞ THÔNG TIN VÀ TRUYỀN THÔNG HÀ NỘI")
    assert "Liên kết website".casefold() not in words.casefold()
    section = next(found[0] for path in LIFERAY.hints.section if (found := tree.xpath(path)))
    assert section.text_content().strip() == "Chức năng nhiệm vụ"


def test_dates_and_furniture_of_abstracts(pages):
    _, text = pages["article/737381"]
    tree = tree_of(text)
    dates = next(found for path in LIFERAY.hints.published if (found := tree.xpath(path)))
    assert "06/01/2016 | 03:30 PM" in dates[0].text_content()
    furniture = {element for path in LIFERAY.hints.furniture for element in tree.xpath(path)}
    assert tree.get_element_by_id("skip-to-content") in furniture
    assert len([element for element in furniture if "asset-abstract" in (element.get("class") or "")]) == 6
