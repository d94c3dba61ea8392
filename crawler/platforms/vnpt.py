"""The portal VNPT sells to provinces (Lao Cai, Son La, Nghe An, Lang Son … ; the name is a guess).

`/<category>/<slug>-<id>`; an older version wrote `/<site>/<category>/<sub>/<article>/…` with other
ids: an upgrade renumbers every article, and only their text says that two of them are one.
"""

import re

from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform

# Ids seen have six and seven digits; four would be a year ("…-nam-2021"), eight a day ("…-01072025").
_ARTICLE = re.compile(r"/([^/]*-(\d{5,7}))/?$")
_OLD_ARTICLE = re.compile(r"/((?:\d+/){3}(\d+))/[^/]+/[^/]+?(?:\.aspx)?/?$")
_OLD_LISTING = re.compile(r"^(?:/(?=[\w-]*[a-z])[\w-]++)?(?:/\d+){2,3}(?:/[^/\d][^/]*)?/?$")


class VnptPortal(RuledPlatform):
    """An article is its last segment: the same one hangs under several categories and `pageindex`."""

    name = "vnpt"
    marks = (
        ("VNPT Portal", 0.6),
        ("vnptportal", 0.6),
        ("VNPT-Portal", 0.5),
        ("vnpt-portal", 0.5),
        ("pageindex=", 0.25),
        ("/Modules/VnptPortal", 0.6),
    )
    url_form = re.compile(r"\.vn/[a-z0-9-]+/[a-z0-9-]*-\d{5,7}(?:\?pageindex=\d+)?$|(?:/\d+){4}/[^/]+/[^/]+$")
    link_form = re.compile(r"""-\d{5,7}(?:\?pageindex=\d+)?["']""")
    # Other CMSs end their slugs in an id as well.
    link_weight = 0.4
    refused_path = re.compile(
        r"(?i)/(?:(?P<login>dang-nhap|login|dang-ky|quen-mat-khau)|(?P<search>tim-kiem|search)"
        r"|(?P<print>print|in-bai-viet)|(?P<sendmail>gui-email|sendmail)|(?P<calendar>lich-cong-tac/\d{4}))(?:/|$)"
    )
    refused_params = {"print": "print", "returnurl": "login", "keyword": "search", "tukhoa": "search"}
    state = frozenset({"mode"})
    paging = {"pageindex": "0", "page": "1", "trang": "1"}
    listing_path = _OLD_LISTING
    hints = Hints(
        title=(
            css("h1.title"),
            css(".detail-title"),
            css(".news-detail-title"),
            css(".title-detail"),
            css(".article-title"),
            css(".ArticleHeader"),
        ),
        lead=(
            css(".sapo"),
            css(".detail-sapo"),
            css(".news-sapo"),
            css(".article-sapo"),
            css(".ArticleSummary"),
        ),
        body=(
            css(".detail-content"),
            css(".article-content"),
            css(".news-detail-content"),
            css(".content-detail"),
            css(".ArticleContent"),
        ),
        published=(
            css(".detail-date"),
            css(".article-date"),
            css(".news-date"),
            css(".ArticleDate"),
            css(".date"),
            css(".time"),
        ),
        byline=(css(".author"), css(".detail-author"), css(".ArticleAuthor")),
        source=(css(".source"), css(".detail-source")),
        section=(css(".breadcrumb .active"), css(".breadcrumb a")),
        attachments=(css(".attachments a"), css(".file-attach a"), css(".attach-file a")),
        furniture=(
            css(".breadcrumb"),
            css(".tin-lien-quan"),
            css(".related-news"),
            css(".news-relate"),
            css(".other-news"),
            css(".social"),
            css(".luot-xem"),
            css(".tools"),
        ),
    )

    def place(self, address: Address) -> Identity:
        if found := _OLD_ARTICLE.search(address.path):
            # site/category/sub/ARTICLE: the last number is the article's, the words follow it.
            key = f"{address.root}/0/0/0/{found[2]}"
            return Identity("article", address.url(pairs=()), f"old/{found[2]}", key=key)
        if found := _ARTICLE.search(address.path):
            key = f"{address.root}/{found[1].lower()}"
            return Identity("article", address.url(pairs=()), found[2], key=key)
        return super().place(address)
