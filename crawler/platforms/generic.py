"""The adapter for a CMS nobody has described, and the URL rules every CMS shares."""

import re
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from lxml.html import HtmlElement

from archive.urls import clean_query
from crawler.dom import with_class, words_of
from crawler.platforms.base import Hints, Identity, Platform
from crawler.selecting import index_of

FILES = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|odt|ods|odp|rtf|zip|rar|7z|txt|csv)$", re.IGNORECASE)
IMAGES = re.compile(r"\.(?:jpe?g|png|gif|webp|bmp|tiff?|heic|avif)$", re.IGNORECASE)
ASSETS = re.compile(
    r"\.(?:css|js|mjs|map|ico|svg|woff2?|ttf|otf|eot|json|ashx|axd|swf|mp[34]|m4[av]|avi|wmv|flv|mov|webm|wav|ics|apk|exe)$",
    re.IGNORECASE,
)
# What no archive needs, by the reason the ledger keeps. Each was seen to multiply URLs on a real CMS.
_EXCLUDED = (
    ("script fragment", r"['\"]|%27|%22|\{\{|\{%|<|%3c|\$\(|javascript:|\+\s*\w+\s*\+"),
    (
        "login",
        r"/(?:login|logon|log-in|signin|sign-in|logout|dang-nhap|dang-ky|dang-xuat|register|signup|wp-login|wp-admin|administrator"
        r"|wp-signup|users?/(?:login|register|password|lost-?pass|logout)|user/\d+|lostpass\w*|quen-mat-khau)(?:[/.?]|$)",
    ),
    (
        "print twin",
        r"/(?:print|printpdf|printmail|savefile|sendmail|in-bai|ban-in|print-view|send-mail|mailto)(?:[/.?-]|$)"
        r"|[?&](?:presentationtemplate|print|printable|tmpl|layout=print|format=(?:pdf|feed|raw)|pdf)=?|[?&]op=(?:print|savefile|sendmail)"
        r"|/print\.\w+|-print\.\w+\?|(?:pop_up|popup)",
    ),
    (
        "search",
        r"/(?:search|tim-kiem|timkiem|seek|tra-cuu-nang-cao)(?:[/.?]|$)|[?&](?:s|q|keywords?|tukhoa|searchword|k)=[^&]*",
    ),
    (
        "calendar",
        r"/(?:lich|lich-[a-z-]+|calendar|events?|su-kien|eventlist)/(?:[a-z-]+/)?(?:19|20)\d\d(?:[-/]\d{1,2}){0,2}/?(?:[?]|$)"
        r"|[?&](?:ical|tribe-bar-date|eventdisplay|outlook-ical|eventdate|month|mini)=",
    ),
    (
        "sort order",
        r"[?&](?:sort|sortby|order|orderby|order_by|dir|direction|filter_order(?:_dir)?|view_mode)=",
    ),
    (
        "session or theme token",
        r"nvvithemever|nv_redirect|nv_cache|/banners?/click|scaptcha|[?&]second=cronjobs|[?&]checkss=|[?&]token=",
    ),
    (
        "interface",
        r"/(?:wp-json|xmlrpc\.php|wp-cron|oembed|wp-includes|wp-content/(?:themes|plugins)|cdn-cgi|ajax)(?:[/?]|$)|[?&]rest_route=",
    ),
    (
        "comments",
        r"/comments?/(?:feed|post|reply|\d+)|/comment-page-\d+|[?&](?:replytocom|comment_id)=|/trackback/?$|/feed/?$(?<=.html/feed)",
    ),
    ("share link", r"[?&]share=|/(?:sharer?|addtoany)(?:[/.?]|$)"),
    ("tag", r"/(?:tags?|tu-khoa)/[^/]"),
    ("author page", r"/(?:author|tac-gia)/[^/]"),
)
_EXCLUDED_RE = re.compile(
    "|".join(f"(?P<r{index}>{pattern})" for index, (_, pattern) in enumerate(_EXCLUDED)), re.IGNORECASE
)
_REASONS = {f"r{index}": reason for index, (reason, _) in enumerate(_EXCLUDED)}
# `…html/en`, `…/en/vi`: the same page under any number of locales (Liferay, and whoever copied it).
_LOCALE = re.compile(r"(?:en|vi)(?:[-_]\w\w)?", re.IGNORECASE)
_SITEMAP = re.compile(r"/(?:[\w-]*sitemap[\w-]*)\.xml(?:\.gz)?$", re.IGNORECASE)
_FEED = re.compile(
    r"/(?:rss|feeds?|atom)(?:/|$|\.xml$|\.aspx$)|\.rss$|\.atom$|[?&](?:feed=|format=feed|type=rss)",
    re.IGNORECASE,
)
PAGING = re.compile(
    r"/(?:page|trang)[-/]?(\d+)/?$|-trang-?(\d+)\.\w+$|[?&](?:WCM_Page\.[\w-]+|page|p|pg|paged|trang|start|limitstart|pageindex|cur|pagenumber|_101_cur)=(\d+)",
    re.IGNORECASE,
)


def shared_identity(parts: SplitResult, url: str) -> Identity | None:
    """Return what every CMS agrees on for this URL, or None where the adapter has to say.

    *url* is the canonical URL of *parts*. Files, images, sitemaps, feeds and the excluded families.
    """
    path = parts.path
    if FILES.search(path):
        return Identity("attachment", url)
    if IMAGES.search(path):
        return Identity("image", url)
    if ASSETS.search(path):
        return Identity("page", url, excluded="asset")
    target = f"{path}?{parts.query}" if parts.query else path
    if match := _EXCLUDED_RE.search(target):
        return Identity("page", url, excluded=_REASONS[match.lastgroup or ""])
    if _SITEMAP.search(path):
        return Identity("sitemap", url)
    if _FEED.search(target):
        return Identity("feed", url)
    return None


def _without_locales(path: str) -> str:
    """Return the path without locales behind it: one behind `.html`, two anywhere."""
    kept = path.rstrip("/").split("/")
    count = 0
    while len(kept) > 1 and _LOCALE.fullmatch(kept[-1]):
        kept.pop()
        count += 1
    if count > 1 or (count == 1 and kept[-1].lower().endswith(".html")):
        return "/".join(kept) or "/"
    return path


class Generic(Platform):
    """Any CMS: nothing is assumed but what HTML itself calls furniture, and what the URL says."""

    name = "generic"
    hints = Hints(
        furniture=(
            "//nav",
            "//aside",
            "//footer",
            "//*[@role='navigation' or @role='contentinfo']",
            "//*[@id='comments' or @id='respond' or @id='idcomment']",
            *(with_class(name) for name in ("post-tools", "sharedaddy", "breadcrumb", "breadcrumbs")),
            *(with_class(name) for name in ("related", "related-posts", "page-links")),
            *(with_class(name) for name in ("comments-area", "comment-list", "list-comment", "fb-comments")),
        )
    )

    def identify(self, parts: SplitResult) -> Identity:
        parts = parts._replace(path=_without_locales(parts.path))
        url = urlunsplit((parts.scheme, parts.netloc, parts.path, clean_query(parts.query), ""))
        if (shared := shared_identity(parts, url)) is not None:
            return shared
        return Identity("listing" if PAGING.search(url) else "page", url)

    def next_part(self, tree: HtmlElement, url: str) -> str | None:
        """Return the next part where its address is the article's own and a number: `/bai-viet/2/`."""
        path = urlsplit(url).path.rstrip("/")
        first, _, last = path.rpartition("/")
        number = int(last) + 1 if last.isdigit() and len(last) < 3 else 2
        ending = f"/{number}"
        wanted = (path if number == 2 else first) + ending
        for node in index_of(tree).with_tag("a"):
            href = str(node.get("href") or "")
            if not (ending in href and href.rstrip("/").endswith(ending)):
                continue
            if words_of(node).rpartition(" ")[2] == ending[1:]:
                try:
                    target = urljoin(url, href)
                except ValueError:
                    continue
                if urlsplit(target).path.rstrip("/") == wanted:
                    return target
        return None


def is_later_part(tree: HtmlElement, url: str) -> bool:
    """Say whether a page is one of several parts of an article and not the first: it links to that one."""
    first, _, last = urlsplit(url).path.rstrip("/").rpartition("/")
    if not first or not last.isdigit() or len(last) > 2 or int(last) < 2:
        return False
    for node in index_of(tree).with_tag("a"):
        if first in (href := str(node.get("href") or "")) and words_of(node).rpartition(" ")[2] == "1":
            try:
                return urlsplit(urljoin(url, href)).path.rstrip("/") == first
            except ValueError:
                continue
    return False


GENERIC = Generic()
