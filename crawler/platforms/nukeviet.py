"""NukeViet 4 and its eGovernment edition: the most common CMS of communes and departments.

An article is `/<category>/<slug>-<id>.html` under any category alias, with `/vi/`, `/news/` or
`/index.php/` before it; the id identifies, the slug does not (tayninh.gov.vn drops accented letters).
"""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from lxml.html import HtmlElement

from archive.records import UrlKind
from archive.urls import clean_query
from crawler.dom import find_all, with_class
from crawler.platforms.base import Hints, Identity, Platform
from crawler.platforms.generic import shared_identity

_ARTICLE = re.compile(
    r"^(?:/[a-z]{2})?(?:/[^/]+){1,3}?/[^/]*?-(\d+)\.html$|^/[^/]*?-(\d+)\.html$", re.IGNORECASE
)
_DOWNLOAD = re.compile(r"(?:^|&)(?:download|pdf)=1(?:&|$)")
# 4.5's modules beside news: none holds articles.
_MODULES = re.compile(
    r"^/(?:[a-z]{2}/)?(?:voting|statistics|contact|feeds|users|seek|banners|freecontent|menu|comment|sitemap|siteterms)(?:/|$)",
    re.IGNORECASE,
)
# Modules that number their own items and end in the same form as news.
_OTHER_MODULES = re.compile(
    r"^/(?:[a-z]{2}/)?(videoclips?|videos?|photos?|album|albums|gallery|organs?|laws|download|faq|shops|page"
    r"|work-?schedules?|archives|qa|hoi-?dap|thu-vien-(?:anh|video)|van-ban|co-cau-to-chuc)/",
    re.IGNORECASE,
)


class NukeViet(Platform):
    """NukeViet 4.x (`default`, `egov` and mobile themes)."""

    name = "nukeviet"
    entry_points = ("/sitemap.xml", "/sitemap-vi.xml")
    hints = Hints(
        title=(
            "//h1[@itemprop='headline']",
            with_class("title", "h1"),
            with_class("news_column") + "//h1",
            "//h1",
        ),
        lead=("//*[@itemprop='description'][not(self::meta)]", with_class("hometext")),
        body=("//*[@id='news-bodyhtml']", with_class("bodytext"), "//*[@itemprop='articleBody']"),
        published=(
            # The visible date first: 4.5 writes the time of the last edit into itemprop datePublished
            # (36 of 168 pages of a real portal), and its meta tags are malformed.
            with_class("h5", "span") + "[contains(., '/')]",
            with_class("time", "span") + "[contains(., '/')]",
            "//*[@itemprop='datePublished']/text()",
            "//*[@itemprop='datePublished']/@content",
        ),
        updated=("//*[@itemprop='dateModified']/text()", "//*[@itemprop='dateModified']/@content"),
        byline=("//p[strong[starts-with(normalize-space(.), 'Tác giả')]]",),
        source=("//p[strong[starts-with(normalize-space(.), 'Nguồn tin')]]", with_class("source")),
        section=("//meta[@property='article:section']/@content", with_class("breadcrumbs") + "//li[last()]"),
        tags=("//a[contains(@href, '/tag/')]",),
        attachments=(with_class("news-download-file"),),
        furniture=(with_class("other-news"), "//*[@id='idcomment']"),
    )

    def recognises(self, tree: HtmlElement, url: str, text: str) -> float:
        if "NukeViet" in text and ('content="NukeViet' in text or "NukeViet v" in text):
            return 1.0
        score = sum(mark in text for mark in ("news-bodyhtml", "/themes/default/js/main.js"))
        if "nv_" in text:
            score += sum(
                mark in text for mark in ("nv_base_siteurl", "nv_lang_data", "nv_is_user", "nv_cookie_prefix")
            )
        return min(0.95, 0.45 * score)

    def identify(self, parts: SplitResult) -> Identity:
        path = parts.path
        while path.startswith("/index.php/"):
            path = path[len("/index.php") :]
        if path.endswith(("/page-1/", "/page-1")):
            path = path[: path.rfind("page-1")]
        query = clean_query(parts.query)
        url = urlunsplit((parts.scheme, parts.netloc, path, query, ""))
        if path.endswith(".html") and (match := _ARTICLE.match(path)):
            twin = shared_identity(SplitResult("", "", path, "", ""), url)
            if twin is not None and twin.excluded:
                return Identity(
                    "page", urlunsplit((parts.scheme, parts.netloc, path, "", "")), excluded=twin.excluded
                )
            if _DOWNLOAD.search(parts.query):
                return Identity("attachment", url, excluded="download twin" if "pdf=1" in parts.query else "")
            plain = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
            number = match[1] or match[2]
            other = _OTHER_MODULES.match(path)
            # One article stands under every category alias with the same slug and number; other modules
            # count their own numbers, so a number alone would join a film with the news.
            key = urlunsplit((parts.scheme, parts.netloc, f"/{path.rsplit('/', 1)[-1]}", "", ""))
            return Identity(
                "article",
                plain,
                f"{other[1].lower()}:{number}" if other else number,
                key="" if other else key,
            )
        if (
            shared := shared_identity(SplitResult(parts.scheme, parts.netloc, path, query, ""), url)
        ) is not None:
            return shared
        if _MODULES.match(path):
            return Identity("page", url, excluded="module without articles")
        if path.endswith("/") or "." not in path.rsplit("/", 1)[-1]:
            return Identity("listing", url)
        return Identity("page", url)

    def page_kind(self, tree: HtmlElement, url: str) -> UrlKind | None:
        if find_all(tree, self.hints.body):
            return "article"
        if urlsplit(url).path.endswith("/"):
            # A directory is a module's or category's list, whatever prose an editor set above it.
            return "listing"
        # News modules' lists have no body slot; a page of another module may still be read.
        return (
            "listing" if find_all(tree, (with_class("news_column") + "//h2", with_class("viewcat"))) else None
        )
