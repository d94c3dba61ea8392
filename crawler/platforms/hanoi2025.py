"""The portal Hanoi gave its communes in 2025: long numeric ids that hold a site and a moment."""

import re

from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform

# 2799260105141822054 = site 2799, 26-01-05 14:18:22, sequence 054. The moment is when the row was
# made, not when the article appeared (seen: 2026-01-05 for a page that shows 30/12/2025).
_ARTICLE = re.compile(r"-(\d{16,22})\.html?$")
_PATH_PAGING = re.compile(r"/trang-(\d{1,5})\.html?$")


class Hanoi2025(RuledPlatform):
    """An article is its number, under whatever section it hangs."""

    name = "hanoi2025"
    marks = (
        ('data-role="sapo"', 0.3),
        ('data-role="publishdate"', 0.35),
        ('data-role="content"', 0.15),
        ("detail-sapo", 0.2),
        ("detail-content", 0.1),
    )
    url_form = re.compile(r"-\d{16,22}\.html?$")
    link_form = re.compile(r"-\d{16,22}\.html?")
    refused_path = re.compile(
        r"/(?:(?P<search>tim-kiem|search)|(?P<login>dang-nhap|login)|(?P<print>print|in-bai)"
        r"|(?P<action>ajax|api|timeline|trang-hit-counter))(?:[/.]|$)"
    )
    refused_params = {"keywords": "search", "keyword": "search", "print": "print"}
    paging = {"page": "1", "trang": "1"}
    listing_path = _PATH_PAGING
    hints = Hints(
        title=(css("[data-role=title]"), css(".detail-title"), css("h1")),
        lead=(css("[data-role=sapo]"), css(".detail-sapo")),
        body=(css("[data-role=content]"), css(".detail-content"), css("[itemprop=articleBody]")),
        published=(css("[data-role=publishdate]"), css(".detail-time"), css(".detail-date")),
        byline=(css("[data-role=author]"), css(".detail-author"), css("[data-role=name]")),
        source=(css("[data-role=source]"), css(".detail-source")),
        section=(css("[data-role=cate-name]"), css(".detail-cate")),
        tags=(css(".detail-tag a"),),
        attachments=(css(".detail-attach a"), css(".link-source-wrapper a")),
        furniture=(
            css(".detail-related"),
            css("[data-role=tagged]"),
            css(".detail-tag"),
            css(".detail-social"),
            css(".box-category"),
            css(".VCSortableInPreviewMode[type=RelatedOneNews]"),
        ),
    )

    def place(self, address: Address) -> Identity:
        if found := _ARTICLE.search(address.path):
            key = f"{address.root}/-{found[1]}.htm"
            return Identity("article", address.url(pairs=()), found[1], key=key)
        if (found := _PATH_PAGING.search(address.path)) and found[1] == "1":
            return Identity("listing", address.url(path=address.path[: found.start()] + ".htm", pairs=()))
        return super().place(address)
