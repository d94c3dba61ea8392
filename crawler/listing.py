"""Telling a list of articles from an article, on a CMS nobody has described."""

import re

from lxml.html import HtmlElement

from archive.records import Article, UrlKind
from crawler.platforms.generic import PAGING
from crawler.selecting import index_of
from crawler.soft import is_home

_MORE = re.compile(r"(?i)^(?:\[?\s*)?(?:xem (?:thêm|tiếp|chi tiết)|chi tiết|đọc tiếp|read more|»|\.\.\.)\W*$")


def looks_like_listing(tree: HtmlElement, article: Article, url: str, kind: UrlKind) -> bool:
    """Say whether what extraction took for an article is a list of teasers, a front page or a sitemap.

    An article has sentences that are no links; a list has headlines that are links, each with a teaser.
    A page whose URL carries an article's id is believed unless nothing but links is in it.
    """
    if is_home(url) or (kind == "listing" and PAGING.search(url)):
        return True
    lines = [block for block in article.blocks if block.kind != "caption"]
    if not lines:
        return not article.attachments
    body_link_chars, headlines, more = _links_inside(tree, article)
    chars = sum(len(block.text) for block in lines) or 1
    prose = sum(len(block.text) for block in lines if len(block.text) >= 80)
    if kind == "article":
        return headlines >= 8 and body_link_chars > 0.6 * chars
    if more >= 3 or body_link_chars > 0.5 * chars:
        return True
    if headlines >= 5 and (prose - body_link_chars) / headlines < 500:
        return True
    return article.confidence < 0.35 and not article.published_at


def _links_inside(tree: HtmlElement, article: Article) -> tuple[int, int, int]:
    """Return (characters in links, links as long as a headline, "read more" links) of the article."""
    said = {block.text for block in article.blocks}
    joined = "\n".join(said)
    known = frozenset(joined.split())
    chars = headlines = more = 0
    for node in index_of(tree).with_tag("a"):
        parts = ((node.text_content() if len(node) else node.text) or "").split()
        # Nine links of ten are menus: looking each up in the text took as long as parsing the page.
        if not parts or not known.issuperset(parts[1:-1]):
            continue
        words = " ".join(parts)
        if words not in joined:
            continue
        if _MORE.match(words):
            more += 1
        else:
            chars += len(words)
            headlines += len(words) >= 30
    return chars, headlines, more
