"""The CMS of Thua Thien Hue: one path, everything in the query (/?gd=8&cn=262&tc=30622)."""

import re

from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform


class HueCms(RuledPlatform):
    """`tc` is the article, `cn` the category, `gd` the layout; nothing of them may be stripped."""

    name = "huecms"
    marks = (("Tín Nhiệm Mạng", 0.05), ("Chung nhan Tin Nhiem Mang", 0.1))
    url_form = re.compile(r"[?&]gd=\d+(?:&|$)")
    link_form = re.compile(r"\?gd=\d+(?:&|&amp;)cn=\d+")
    refused_params = {
        "print": "print",
        "in": "print",
        "login": "login",
        "tukhoa": "search",
        "keyword": "search",
        "search": "search",
    }
    paging = {"page": "1", "trang": "1", "p": "1", "pg": "1"}
    hints = Hints(
        title=(css(".title-detail"), css(".tieude"), css(".news-title"), css(".detail-title"), css("h1")),
        lead=(css(".sapo"), css(".tomtat"), css(".trichdan")),
        body=(css(".content-detail"), css(".noidung"), css(".detail-content"), css(".news-content")),
        published=(css(".ngaycapnhat"), css(".ngaydang"), css(".date"), css(".time")),
        byline=(css(".tacgia"), css(".author")),
        source=(css(".nguontin"), css(".nguon")),
        section=(css(".breadcrumb .active"), css(".chuyenmuc")),
        attachments=(css(".dinhkem a"), css(".file a")),
        furniture=(css(".breadcrumb"), css(".tinlienquan"), css(".tinkhac"), css(".tincungloai")),
    )

    def place(self, address: Address) -> Identity:
        params = address.params
        article = params.get("tc", "")
        if article.isdigit() and article != "0":
            pairs = address.keep("gd", "cn", "tc")
            return Identity("article", address.url(pairs=pairs), article, key=f"{address.root}/?tc={article}")
        if "cn" in params:
            paged = [pair for pair in address.pairs if self.paging.get(pair[0].lower(), pair[1]) != pair[1]]
            rest = sorted(set(address.pairs) - set(paged) - set(address.keep("gd", "cn", "tc")))
            kept = [pair for pair in rest if pair[0].lower() not in self.paging]
            return Identity("listing", address.url(pairs=address.keep("gd", "cn") + kept + paged))
        return super().place(address)
