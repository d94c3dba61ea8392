"""Liferay 5 to 7: ids behind `/-/`, portlet state in the query, locales before and behind the path."""

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from archive.records import UrlKind
from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform, next_by_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.html import HtmlElement

# Every page links to itself with a locale behind it (`….html/en/vi/en`), and a locale of any installed
# language answers in front: sotttt.hanoi.gov.vn (2022) grew 11,305 copies of 33 articles this way.
# Behind an article's URL the portal then shows the section's list instead of the article.
_LOCALE = (
    r"(?:ar|bg|ca|cs|da|de|el|en|es|et|eu|fa|fi|fr|gl|hi|hr|hu|in|it|iw|ja|ko|lo|lt|nb|nl|pl|pt|ro|ru|sk|sl"
    r"|sr|sv|th|tr|uk|vi|zh)(?:[_-][A-Z]{2})?"
)
# A mirror writes the last of them as a file: `….html/en/vi.html`.
_TAIL = re.compile(rf"(?:/{_LOCALE}){{1,60}}(?:\.html)?/?$")
_HEAD = re.compile(rf"^(?:/{_LOCALE})+(?=/)")
_FORMS = re.compile(
    r"/-/(?:"
    r"asset_publisher/[^/]+/[^/]+/id/(?P<asset>\d+)"
    r"|asset_publisher/[^/]+/content/(?:[^/]+/)?(?P<title>[^/]+)"
    r"|view_content/(?P<view_content>\d+)[^/]*"
    r"|bai-viet/(?:[^/]*-)?(?P<bai_viet>\d+)-\d+\.html"
    r"|view-article/(?:\d+/)+(?P<view_article>\d+)"
    r"|journal_content/[^/]+/(?P<journal>\d+/\d+)(?:/.*)?"
    r"|blogs/(?P<blog>[^/]+)"
    r"|(?P<friendly>[^/]+)"
    r")/?$"
    r"|/w/(?P<page_title>[^/]+)/?$"
)
_SITE = re.compile(r"^/web/[^/]+")
_CUR = re.compile(r"[?&]_[A-Za-z0-9_]+_cur=(\d{1,6})(?:&|#|$)")
_PAGING = re.compile(r"_(?:cur|delta)$")
_ARTICLE_ID = re.compile(r"^_(.+)_(articleId|assetEntryId)$")
# Portlet ids: 58 sign-in, 3 search, 8 calendar, 49 my sites, 164 terms.
_PORTLETS = {"58": "login", "49": "login", "3": "search", "77": "search", "8": "calendar", "164": "login"}
_STATE_NAME = re.compile(
    r"^(?:p_p_(?:lifecycle|state|mode|col_\w+|auth|cacheability|resource_id)|p_auth|p_r_p_\w*resetCur"
    r"|_\w+_(?:keywords|advancedSearch|andOperator|redirect|resetCur|orderByCol|orderByType|version|i|curValue)"
    r"|doAsUserId|refererPlid|controlPanelCategory|saveLastPath|t|version|download|previewFileIndex)$"
)


_CURRENT_URL = re.compile(r"""Liferay\.currentURL\s*=\s*["']([^"']+)["']""")
_ABSTRACT = css(".asset-abstract")
_NO_TEXT = "|".join(
    css(f"#column-1 {mark}") for mark in (".portlet-login", ".portlet-site-map", ".portlet-search")
)
_TEXT = "|".join(
    css(f"#column-1 {mark}") for mark in (".portlet-asset-publisher", ".portlet-journal-content")
)


class Liferay(RuledPlatform):
    """An article is its id, whatever section, locale or portlet state it is linked through."""

    name = "liferay"
    generator = "liferay"
    marks = (
        ("Liferay.ThemeDisplay", 0.6),
        ("Liferay.AUI", 0.5),
        ("Liferay.Portlet", 0.5),
        ("lfr-css-file", 0.5),
        ("portlet-boundary", 0.4),
        ("layout-column_column-", 0.35),
        ("p_p_id_", 0.3),
        ("p_p_id=", 0.3),
        ("/html/portlet/", 0.3),
        ("asset-abstract", 0.2),
    )
    url_form = re.compile(r"/-/(?:asset_publisher|view_content|bai-viet|view-article)/|[?&]p_p_id=")
    refused_path = re.compile(
        r"^/c/(?:"
        r"(?P<login>portal/(?:login|logout|expire_session|extend_session|update_terms_of_use))"
        r"|(?P<action>portal/|layouts_admin|my_sites|blogs/rss|message_boards|shopping)"
        r")"
        r"|^/(?P<private>group|user)/"
        r"|^/(?P<asset>combo|html/(?:js|css|themes|portlet|extensions)|o|api|[\w-]+-theme)/"
        r"|/-/(?P<calendar>calendar)(?:/|$)"
        r"|/-/(?P<search>search)/"
        r"|(?P<feed>/-/(?:asset_publisher/[^/]+|blogs)/rss)$"
        r"|/(?P<print>print)(?:/|\?|$)"
    )
    refused_params = {
        "p_p_lifecycle=1": "action",
        "p_p_lifecycle=2": "action",
        "p_p_state=pop_up": "pop_up",
        "p_p_state=exclusive": "pop_up",
        "viewmode=print": "print",
        **{f"p_p_id={number}": reason for number, reason in _PORTLETS.items()},
    }
    hints = Hints(
        title=(
            css(".asset-full-content .asset-title"),
            css(".asset-full-content .component-title"),
            css("h1.header-title"),
            css(".header-title"),
            css(".news-title-detail"),
            css(".detail-title"),
            css(".tieude"),
            css(".journal-content-article h1"),
        ),
        lead=(css(".asset-full-content .asset-summary"), css(".sapo"), css(".tomtat"), css(".trichyeu")),
        body=(
            css(".asset-full-content .journal-content-article"),
            css(".asset-content .journal-content-article"),
            css(".asset-full-content .asset-content"),
            css(".content-detail"),
            css(".noidung"),
            # Banners and footers are journal articles as well: only a longer one is a text.
            css(".journal-content-article") + "[string-length(normalize-space()) > 300]",
        ),
        published=(
            css(".asset-full-content .assetPublishDate"),
            css(".assetPublishDate"),
            css(".block_timer"),
            css(".metadata-publish-date"),
            css(".asset-metadata .metadata-entry"),
            css(".ngaydang"),
        ),
        updated=(css(".metadata-modified-date"),),
        byline=(css(".metadata-author"), css(".asset-user-info"), css(".tacgia")),
        source=(css(".nguontin"), css(".nguon")),
        section=(css(".dd_chuyenmuc .tintuc"), css(".portlet-asset-publisher .portlet-title-text")),
        tags=(css(".taglib-asset-tags-summary a"),),
        attachments=(css(".asset-attachments a"), "//a[contains(@href, '/documents/')]"),
        furniture=(
            css("#skip-to-content"),
            css(".portlet-topper"),
            css(".lfr-meta-actions"),
            css(".subscribe-action"),
            css(".asset-actions"),
            css(".taglib-ratings"),
            css(".taglib-discussion"),
            css(".taglib-social-bookmarks"),
            css(".taglib-flags"),
            css(".social-bookmarks"),
            css(".asset-links-container"),
            css(".asset-related-content"),
            css(".asset-metadata"),
            css(".lfr-pagination"),
            css(".taglib-page-iterator"),
            css(".entry-links"),
            css(".asset-abstract"),
            css(".portlet-site-map"),
            css(".portlet-language"),
            css(".weblink-client-wrapper"),
            css(".egov_date"),
            css(".header-back-to"),
            css("#popup-cookie"),
            css(".aui-helper-hidden"),
        ),
    )

    def tidy(self, address: Address) -> None:
        path = _TAIL.sub("", address.path)
        address.path = _HEAD.sub("", path) or "/"
        # The locale is even hung behind the query: ...forgot_password/vi/en/vi.
        if address.pairs:
            name, value = address.pairs[-1]
            if "/" in value and (bare := _TAIL.sub("", value)) != value:
                address.pairs[-1] = (name, bare)
                address.params[name] = bare

    def _refused(self, address: Address) -> Identity | None:
        # An article of the old struts portlets may be asked for in a maximised or pop-up window.
        return (self._struts(address) if address.pairs else None) or super()._refused(address)

    def place(self, address: Address) -> Identity:
        path = address.path
        if path.startswith(("/documents/", "/c/document_library/", "/image/")):
            return self._file(address)
        if "/-/" in path or "/w/" in path:
            found = _FORMS.search(path)
            if found and found.lastgroup:
                return self._article(address, found.lastgroup, found[found.lastgroup])
        if not address.pairs:
            return Identity("page", address.url())
        kept = [pair for pair in address.pairs if not _STATE_NAME.match(pair[0])]
        paged = [pair for pair in kept if _PAGING.search(pair[0])]
        if not paged:
            return Identity("page", address.url(pairs=kept))
        if all(name.endswith("_delta") or value == "1" for name, value in paged):
            # Page 1 is the section itself.
            return Identity("listing", address.url(pairs=()))
        numbered = address.keep("p_p_id") + sorted(paged)
        return Identity("listing", address.url(pairs=numbered), fetch_url=address.url())

    def _article(self, address: Address, form: str, content_id: str) -> Identity:
        url = address.url(pairs=())
        if form in ("title", "friendly", "blog", "page_title"):
            # urlTitle is unique within one site of the portal.
            site = found[0] if (found := _SITE.match(address.path)) else ""
            word = {"page_title": "w", "blog": "blog"}.get(form, "content")
            return Identity("article", url, key=f"{address.root}{site}/-/{word}/{content_id}")
        key = f"{address.root}/-/{form}/{content_id}"
        return Identity(
            "article", url, content_id if form != "bai_viet" else f"bai-viet/{content_id}", key=key
        )

    def _struts(self, address: Address) -> Identity | None:
        for name, value in address.pairs:
            found = _ARTICLE_ID.match(name)
            if not found or not value.isdigit():
                continue
            portlet, word = found.groups()
            group = address.params.get(f"_{portlet}_groupId", "")
            if word == "assetEntryId":
                content_id, key = value, f"{address.root}/-/asset/{value}"
            else:
                content_id = f"{group}/{value}" if group else value
                key = f"{address.root}/-/journal/{content_id}"
            kept = address.keep("p_p_id", f"_{portlet}_groupId", name)
            return Identity("article", address.url(pairs=kept), content_id, fetch_url=address.url(), key=key)
        return None

    def _file(self, address: Address) -> Identity:
        kind: UrlKind = "image" if address.path.startswith("/image/") else "attachment"
        kept = address.keep("uuid", "groupId", "folderId", "name", "img_id", "i_id")
        path = address.path
        # /documents/GROUP/FOLDER/name.pdf/UUID: the name is enough, the UUID names a version of it.
        if path.startswith("/documents/") and (
            found := re.match(r"(/documents/.+\.\w{2,5})/[0-9a-f-]{36}$", path)
        ):
            path = found[1]
            if re.search(r"(?i)\.(?:png|jpe?g|gif|webp|bmp|svg)$", path):
                kind = "image"
        return Identity(kind, address.url(path=path, pairs=kept))

    def page_content_id(self, tree: "HtmlElement", url: str) -> str | None:
        """Return the id in the URL the page gives for itself, wherever it was fetched from."""
        for script in tree.xpath("//script[contains(., 'Liferay.currentURL=')]/text()"):
            if found := _CURRENT_URL.search(str(script)):
                # Written as \x2fweb\x2fguest…
                path = re.sub(r"\\x([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), found[1])
                return self.identify(urlsplit(f"http://here{path.partition('?')[0]}")).content_id
        return None

    def _teaser(self, tree: "HtmlElement", url: str) -> str:
        """Return the XPath of the abstract that links to the page's own article, or ""."""
        number = self.identify(urlsplit(url)).content_id or self.page_content_id(tree, url)
        if not number or not number.isdigit():
            return ""
        path = f"{_ABSTRACT}[.//a[contains(@href, '/{number}-') or contains(@href, '/id/{number}')]]"
        return path if tree.xpath(path) else ""

    def hints_for(self, tree: "HtmlElement", url: str) -> Hints:
        if tree.xpath(css(".asset-full-content")) or not (own := self._teaser(tree, url)):
            return self.hints
        # Where the portal answers with the section's list, the article's own abstract is all it says.
        return Hints(
            title=(own + css(".asset-title"),),
            body=(own + css(".asset-summary"),),
            published=(own + css(".assetPublishDate"), own + css(".block_timer")),
            section=self.hints.section,
            confidence=0.4,
        )

    def page_kind(self, tree: "HtmlElement", url: str) -> UrlKind | None:
        if self._teaser(tree, url) and not tree.xpath(css(".taglib-page-iterator")):
            return "article"
        if tree.xpath(css(".asset-full-content")):
            return "article"
        # A sign-in form or a site map in the main column, and no portlet that shows texts anywhere.
        if tree.xpath(_NO_TEXT) and not tree.xpath(_TEXT):
            return "listing"
        # An article in a template of its own may have lists of abstracts beside it.
        if self.identify(urlsplit(url)).kind == "article" and tree.xpath(self.hints.body[-1]):
            return None
        return "listing" if tree.xpath(f"{_ABSTRACT}|{css('.taglib-page-iterator')}") else None

    def next_listings(self, tree: "HtmlElement", url: str) -> "Sequence[str]":
        def number(target: str) -> int | None:
            found = _CUR.search(target)
            return int(found[1]) if found else None

        # Mirrors give each page of a list a path of its own; _101_cur belongs to one portlet anyway.
        return next_by_number(tree, url, number, 1, any_path=True)
