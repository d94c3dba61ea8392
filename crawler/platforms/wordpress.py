"""WordPress on the own domains of districts and departments.

A post is any path, so its page says what it is: `body.single`, `article#post-<id>`. Its multi-page parts
are `<post>/2`; `?p=<id>` is a short link to it.
"""

import re
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from lxml.html import HtmlElement

from archive.records import UrlKind
from archive.urls import clean_query
from crawler.dom import find_all, with_class, words_of
from crawler.platforms.base import Hints, Identity, Platform
from crawler.platforms.generic import shared_identity

_SHORT = re.compile(r"(?:^|&)(?:p|page_id|attachment_id)=(\d+)(?:&|$)")
_PART = re.compile(r"(?<!/page)(\.html|/(?=[^/]*[a-z])[^/]++)/(\d{1,2})/?$")
_LISTING = re.compile(r"/(?:category|chuyen-muc|danh-muc|topics?)/|/page/\d+/?$", re.IGNORECASE)
_DATE_ARCHIVE = re.compile(r"/(?:19|20)\d\d(?:/\d{1,2}){0,2}(?:/page/\d+)?/?$")
_POST_ID = re.compile(r"^(?:post|postid|page-id)-(\d+)$")
_FEED = re.compile(r"/feed(?:/|$)|/feed/?$")


class WordPress(Platform):
    """WordPress with a theme that keeps the stock class names."""

    name = "wordpress"
    entry_points = ("/sitemap.xml", "/wp-sitemap.xml")
    hints = Hints(
        title=(with_class("entry-title", "h1"), with_class("post-title", "h1"), "//article//h1", "//h1"),
        body=(
            "//article" + with_class("entry-content"),
            with_class("entry-content"),
            with_class("post-content"),
            with_class("td-post-content"),
            with_class("single-content"),
        ),
        published=(
            "//meta[@property='article:published_time']/@content",
            "//article//time[contains(@class, 'published')]/@datetime",
            "//time[contains(@class, 'entry-date')]/@datetime",
            "//time/@datetime",
        ),
        updated=(
            "//meta[@property='article:modified_time']/@content",
            "//article//time[contains(@class, 'updated') and not(contains(@class, 'published'))]/@datetime",
        ),
        byline=(with_class("author", "span") + "//a[contains(@class, 'fn')]", "//a[@rel='author']"),
        section=("//a[contains(@rel, 'category')]",),
        tags=("//a[@rel='tag']",),
        furniture=(
            with_class("related"),
            with_class("post-tools"),
            with_class("page-links"),
            with_class("sharedaddy"),
            with_class("jp-relatedposts"),
            with_class("yarpp-related"),
            with_class("wp-block-buttons"),
            with_class("post-navigation"),
            with_class("entry-footer"),
            with_class("addtoany_share_save_container"),
            with_class("kk-star-ratings"),
        ),
    )

    def recognises(self, tree: HtmlElement, url: str, text: str) -> float:
        if 'content="WordPress' in text:
            return 0.98
        if "wp-" not in text:
            return 0.0
        marks = ("/wp-content/", "/wp-includes/", "wp-json", "wp-block-", "wp-embed")
        return min(0.95, 0.4 * sum(mark in text for mark in marks))

    def identify(self, parts: SplitResult) -> Identity:
        query = clean_query(parts.query)
        path = parts.path.rstrip("/") or "/"
        if path != "/" and not query and "." not in path.rsplit("/", 1)[-1]:
            # `/x/` redirects to `/x` or the reverse, by the site's permalinks: one identity either way.
            path = parts.path
        url = urlunsplit((parts.scheme, parts.netloc, path, query, ""))
        if match := _SHORT.search(query):
            return Identity("page", url, content_id=match[1])
        if _FEED.search(parts.path):
            return Identity("feed", url, excluded="feed of a part")
        if (
            shared := shared_identity(SplitResult(parts.scheme, parts.netloc, path, query, ""), url)
        ) is not None:
            return shared
        if "/attachment/" in path:
            return Identity("page", url, excluded="attachment page")
        if _DATE_ARCHIVE.search(path):
            return Identity("page", url, excluded="date archive")
        if match := _PART.search(path):
            return Identity("page", url, excluded="part of an article")
        if _LISTING.search(path + "/"):
            return Identity("listing", url)
        return Identity("page", url)

    def page_kind(self, tree: HtmlElement, url: str) -> UrlKind | None:
        classes = set((tree.body.get("class") or "").split()) if tree.body is not None else set()
        if "single" in classes and "attachment" not in classes:
            return "article"
        if classes & {
            "archive",
            "home",
            "blog",
            "search",
            "category",
            "error404",
            "attachment",
            "post-type-archive",
        }:
            return "listing"
        return None

    def next_part(self, tree: HtmlElement, url: str) -> str | None:
        match = _PART.search(urlsplit(url).path)
        wanted = int(match[2]) + 1 if match else 2
        for node in find_all(
            tree, (with_class("page-links") + "//a[@href]", with_class("post-page-numbers", "a"))
        ):
            if words_of(node).rpartition(" ")[2] == str(wanted):
                return urljoin(url, str(node.get("href", "")))
        return None

    def page_content_id(self, tree: HtmlElement, url: str) -> str | None:
        for node in tree.iter("article", "body"):
            for name in (node.get("id") or "", *(node.get("class") or "").split()):
                if match := _POST_ID.match(name):
                    return match[1]
        return None
