"""One fetched body becomes a page: what it is, its article if it has one, its links. Pure and picklable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from lxml.html import HtmlElement

from archive.errors import NotAnArticle
from archive.records import SOFT_REASONS, Article, Link, Portal, UrlKind
from crawler import feeds, platforms
from crawler.blocks import read_lines
from crawler.charset import decode
from crawler.chrome import digest_of
from crawler.dom import EmptyPage, find_value, parse, words_of
from crawler.evidence import evidence_of
from crawler.extraction import base_of, extract_tree
from crawler.layout import find_each
from crawler.links import Scope, listed_links, page_links
from crawler.listing import looks_like_listing
from crawler.platforms.generic import GENERIC

PageKind = Literal["article", "listing", "soft", "other", "sitemap", "feed", "file"]


@dataclass(frozen=True, slots=True)
class Page:
    """What one answer turned out to be.

    `article` is set exactly when `kind` is "article"; `soft_reason` exactly when it is "soft". `platform`
    is the CMS family the page was read as, `sure` how sure recognition was (1.0 when it was given).
    `evidence` is what an article page teaches of its template, packed, where it was asked for.
    """

    url: str
    platform: str
    kind: PageKind
    article: Article | None = None
    links: tuple[Link, ...] = ()
    soft_reason: str = ""
    charset: str = ""
    notes: tuple[str, ...] = ()
    title: str = ""
    sure: float = 0.0
    evidence: bytes | None = None


@dataclass(slots=True)
class _Source:
    body: bytes
    url: str
    mime: str
    content_type: str
    portal: Portal | None
    kind: UrlKind
    images: bool
    learn: bool = False
    notes: list[str] = field(default_factory=list)


def read_page(
    body: bytes,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    portal: Portal | None = None,
    kind: UrlKind = "page",
    images: bool = False,
    learn: bool = False,
) -> Page:
    """Return what a body is. *body* has its content-encoding undone; *headers* need Content-Type only.

    With *learn* an article page brings evidence of its template; that costs a second walk over it.
    Never raises on what a portal may send: a page that cannot be read is kind "other" with notes.
    """
    content_type = next(
        (value for name, value in (headers or {}).items() if name.lower() == "content-type"), ""
    )
    source = _Source(
        body, url, content_type.partition(";")[0].strip().lower(), content_type, portal, kind, images, learn
    )
    known = (portal.platform if portal else None) or "generic"
    if feeds.looks_like_sitemap(body) or (kind == "sitemap" and body.startswith(b"\x1f\x8b")):
        links = listed_links(feeds.read_sitemap(body), known, Scope(portal, url))
        return Page(url, known, "sitemap", links=links)
    if feeds.looks_like_feed(body):
        return Page(url, known, "feed", links=listed_links(feeds.read_feed(body), known, Scope(portal, url)))
    if not _is_html(source):
        return Page(url, known, "file")
    return _read_html(source)


def _is_html(source: _Source) -> bool:
    if "html" in source.mime:
        return True
    if source.mime and source.mime not in (
        "text/plain",
        "application/octet-stream",
        "text/xml",
        "application/xml",
        "application/xhtml+xml",
    ):
        return False
    head = source.body[:2048].lstrip().lower()
    return (
        head.startswith((b"<!doctype html", b"<html", b"\xef\xbb\xbf<!doctype html"))
        or b"<html" in head
        or b"<body" in head
    )


def _read_html(source: _Source) -> Page:
    url, portal = source.url, source.portal
    decoded = decode(source.body, source.content_type or None)
    notes = list(decoded.notes)
    try:
        tree = parse(decoded.text)
    except EmptyPage as error:
        return Page(
            url, "generic", "soft", soft_reason="empty", charset=decoded.charset, notes=(*notes, str(error))
        )
    given = portal.platform if portal else None
    name, sure = (given, 1.0) if given else platforms.recognise(tree, url, decoded.text)
    article, soft_reason, why = _try_article(tree, decoded.text, source, name, notes)
    links = page_links(
        tree, base_of(tree, url), name, Scope(portal, url), images=source.images, article=article
    )
    page_title = article.title if article else find_value(tree, ("//title", "//h1"))
    kind: PageKind = (
        "article" if article else ("soft" if soft_reason else ("listing" if why == "listing" else "other"))
    )
    if why and not article:
        notes.append(why)
    evidence = _evidence(tree, url) if article and source.learn else None
    return Page(
        url, name, kind, article, links, soft_reason, decoded.charset, tuple(notes), page_title[:300], sure,
        evidence,
    )  # fmt: skip


def _evidence(tree: HtmlElement, url: str) -> bytes:
    skip = frozenset(find_each(tree, GENERIC.hints.furniture))
    body = tree.body if tree.body is not None else tree
    return evidence_of(url, read_lines(body, base_of(tree, url), skip).lines, tree).pack()


def _try_article(
    tree: HtmlElement, text: str, source: _Source, platform: str, notes: list[str]
) -> tuple[Article | None, str, str]:
    """Return (article, soft reason, why not): what the adapter says of the page decides before its looks."""
    adapter = platforms.platform_named(platform)
    says = adapter.page_kind(tree, source.url)
    if says == "listing":
        return None, "", "listing"
    try:
        article = extract_tree(tree, text, source.url, platform, source.portal, notes)
        chrome = digest_of(source.portal.chrome if source.portal else None)
        article = replace(article, reading=f"{platform} {chrome}".strip())
    except NotAnArticle as error:
        soft = error.reason if error.reason in SOFT_REASONS else ""
        if soft == "empty":
            # A portal's front page or a list has no sentences of its own; only a bare page is "empty".
            listing = len(words_of(tree.body if tree.body is not None else tree)) > 400
            return None, "" if listing else "empty", "listing" if listing else error.detail
        return None, soft, error.detail
    if says != "article" and looks_like_listing(tree, article, source.url, source.kind):
        return None, "", "listing"
    return article, "", ""
