"""DotNetNuke (DNN): parameters as key/value pairs of the path, modules by number."""

import re

from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform

_IDS = re.compile(r"(?i)/(itemid|articleid|newsid|id|entryid|tinid)/(\d+)(?=/|$)")
_MODULE = re.compile(r"(?i)/(?:moduleid|mid)/(\d+)(?=/|$)")
_EASY = re.compile(r"(?i)/([^/]+?-(\d{3,9}))(?:\.aspx)?$")
_ID_NAMES = ("itemid", "articleid", "newsid", "entryid", "tinid")


class DotNetNuke(RuledPlatform):
    """An article is module + item where the path says so, else its path or `?…id=`."""

    name = "dotnetnuke"
    generator = "dotnetnuke"
    marks = (
        ("__dnnVariable", 0.7),
        ("DotNetNuke", 0.6),
        ("DnnModule", 0.6),
        ('id="dnn_', 0.5),
        ("/DesktopModules/", 0.45),
        ("/Portals/0/", 0.35),
        ("/Portals/_default/", 0.6),
        ("dnn.js", 0.35),
        ("dnncore", 0.3),
    )
    url_form = re.compile(r"(?i)/tabid/\d+|/moduleid/\d+|[?&]tabid=\d+")
    refused_path = re.compile(
        r"(?i)/ctl/(?:(?P<login>login|register|sendpassword|terms|privacy)|(?P<form>[^/]+))(?:/|$)"
        r"|(?P<login2>/(?:login|register|dang-?nhap)(?:\.aspx)?$)"
        r"|(?P<print>/(?:dnnprintmode|print(?:mode)?)/|/print\.aspx$)"
        r"|(?P<search>/(?:search-?results?|tim-?kiem)(?:\.aspx)?(?:/|$))"
        r"|(?P<asset>^/(?:api|DesktopModules|Resources|js|WebResource|ScriptResource)/)"
        r"|(?P<form2>/action/(?:add|delete|edit)/?$(?<!/action/Edit))"
    )
    refused_params = {
        "ctl": "form",
        "returnurl": "login",
        "dnnprintmode": "print",
        "skinsrc": "print",
        "containersrc": "print",
        "search": "search",
        "popup": "pop_up",
    }
    state = frozenset({"language", "portalid", "timestamp", "portal", "ver"})
    paging = {"page": "1", "pageindex": "1", "currentpage": "1", "pgrid": "1"}
    listing_path = re.compile(r"(?i)/(?:currentpage|page|pgrid\d*|pageindex)/\d+")
    hints = Hints(
        title=(
            css(".edn_articleTitle"),
            css(".articleTitle"),
            css(".news-title"),
            css(".ArticleTitle"),
            css(".title-detail"),
            css("[id*=lblTitle]"),
            css("[id*=lblTieuDe]"),
            css(".Head"),
        ),
        lead=(css(".edn_articleSummary"), css(".articleSummary"), css("[id*=lblTomTat]"), css(".sapo")),
        body=(
            css(".edn_articleContent"),
            css(".articleBody"),
            css(".ArticleContent"),
            css("[id*=lblNoiDung]"),
            css("[id*=lblContent]"),
            css("[id*=ContentPane] .Normal") + "[string-length(normalize-space()) > 300]",
        ),
        published=(
            css(".edn_articleDate"),
            css(".articleDate"),
            css("[id*=lblNgay]"),
            css("[id*=lblDate]"),
            css(".date"),
        ),
        byline=(css(".edn_articleAuthor"), css("[id*=lblTacGia]"), css("[id*=lblAuthor]")),
        source=(css("[id*=lblNguon]"), css("[id*=lblSource]")),
        section=(css(".edn_articleCategory"), css("[id*=dnnBREADCRUMB]")),
        attachments=("//a[contains(@href, 'LinkClick.aspx')]", css(".edn_documents a")),
        furniture=(
            css("[id*=dnnLOGIN]"),
            css("[id*=dnnUSER]"),
            css("[id*=dnnBREADCRUMB]"),
            css("[id*=dnnSEARCH]"),
            css("[id*=dnnCOPYRIGHT]"),
            css(".SkinObject"),
            css(".edn_relatedArticles"),
            css(".edn_socialButtonWrapper"),
            css("#dnn_LeftPane"),
            css("#dnn_RightPane"),
            css("#dnn_FooterPane"),
        ),
    )

    def _refused(self, address: Address) -> Identity | None:
        refused = super()._refused(address)
        if refused is not None and refused.excluded[-1:].isdigit():
            return Identity(refused.kind, refused.canonical_url, excluded=refused.excluded.rstrip("2"))
        return refused

    def place(self, address: Address) -> Identity:
        path = address.path
        if path.lower().endswith("/linkclick.aspx"):
            pairs = [pair for pair in address.pairs if pair[0].lower() in ("fileticket", "link")]
            return Identity("attachment", address.url(pairs=pairs))
        if found := _IDS.search(path):
            module = _MODULE.search(path)
            number = found[2]
            content_id = f"{module[1]}/{number}" if module else f"{path[: found.start()].lower()}/{number}"
            key = f"{address.root}/moduleId/{module[1]}/ItemId/{number}" if module else ""
            return Identity("article", address.url(pairs=()), content_id, key=key)
        for name, number in address.pairs:
            if name.lower() in _ID_NAMES and number.isdigit():
                pairs = [pair for pair in address.pairs if pair[0].lower() in ("tabid", "mid", name.lower())]
                return Identity("article", address.url(pairs=pairs), f"{path.lower()}/{number}")
        placed = super().place(address)
        if placed.kind == "page" and not address.pairs and _EASY.search(path) and path.count("-") > 3:
            return Identity("article", placed.canonical_url)
        return placed
