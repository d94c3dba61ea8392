"""SharePoint 2010 to 2019 and the ASP.NET portals built to look like it: ItemID within a list."""

import re

from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform

# ASP.NET reads parameter names without regard to case.
_IDS = ("itemid", "newsid", "articleid", "postid", "idtin", "tinid", "idbaiviet")
_SITE = re.compile(r"(?i)^(.*?)/(?:Pages|SitePages|Lists|noidung|tintuc|News)(?:/|$)")
_HOME = re.compile(r"(?i)/(?:Pages/|SitePages/)?(?:default|home|index|trang-?chu|trangchu)\.aspx$")
_PATH_PAGING = re.compile(r"(?i)/PhanTrang/\d+/\d+/")
_PATH_ARTICLE = re.compile(r"(?i)/Pages/TinTuc/(\d+)/[^/]+\.html$")
_SLUG = re.compile(
    r"(?i)/Pages/(?:[^/]{1,200}/){0,6}[^/]{0,200}[^/]-[^/-]{1,60}-[^/-]{1,60}-[^/]{1,200}\.aspx$"
)


class SharePoint(RuledPlatform):
    """An article is list + ItemID within a site, or a page of the Pages library by its path."""

    name = "sharepoint"
    generator = "microsoft sharepoint"
    marks = (
        ("_spPageContextInfo", 0.7),
        ("/_layouts/", 0.5),
        ("MSOWebPartPage_", 0.5),
        ("s4-workspace", 0.5),
        ("ctl00_PlaceHolderMain", 0.4),
        ("ctl00$PlaceHolderMain", 0.3),
        ("ms-rtestate-field", 0.4),
        ("/_catalogs/masterpage", 0.4),
        ('id="aspnetForm"', 0.15),
        ("/PublishingImages/", 0.2),
    )
    url_form = re.compile(r"(?i)/(?:Pages|SitePages)/[^?]*\.aspx|/Lists/[^?]*\.aspx|[?&]ItemID=\d+")
    refused_path = re.compile(
        r"(?i)/_layouts/(?:\d+/)?(?:(?P<login>Authenticate|SignOut|AccessDenied|CloseConnection)|(?P<feed>listfeed))"
        r"|(?P<login2>/(?:_login|_forms|dang-?nhap|login)(?:/|\.aspx$))"
        r"|(?P<asset>/_vti_bin/|/_catalogs/|/_controltemplates/|/WebResource|/ScriptResource)"
        r"|(?P<form>/(?:NewForm|EditForm|AllItems|Upload|MyItems)\.aspx$)"
        r"|(?P<print>(?:[-_/]|^)(?:print|in-?bai|in-?tin|inbaiviet|printpage|ban-?in)\.aspx$)"
        r"|(?P<sendmail>(?:send-?mail|gui-?email|emailtofriend)\.aspx$)"
        r"|(?P<search>/(?:search|searchcenter|tim-?kiem|osssearchresults|results)[^/]*\.aspx$)"
    )
    refused_params = {
        "sortfield": "sort",
        "sortdir": "sort",
        "filterfield1": "sort",
        "filtervalue1": "sort",
        "isdlg": "pop_up",
        "returnurl": "login",
        "print": "print",
        "printmode": "print",
        "k": "search",
        "keyword": "search",
        "tukhoa": "search",
    }
    state = frozenset(
        {
            "initialtabid",
            "visibilitycontext",
            "pageversion",
            "_dlt",
            "mode",
            "source",
            "lv",
            "contenttypeid",
            "view",
            "rootfolder",
            "web",
            "wikipagemode",
            "displaymode",
            "callback",
        }
    )
    paging = {"page": "1", "pageindex": "1", "trang": "1", "paged": "", "pagefirstrow": "1"}
    listing_path = _PATH_PAGING
    hints = Hints(
        title=(
            css(".ArticleHeader"),
            css(".news-title"),
            css(".title-detail"),
            css(".detail-title"),
            css(".tieude-tin"),
            css(".ms-core-pageTitle"),
            css("#DeltaPlaceHolderPageTitleInTitleArea"),
            css("[id*=PlaceHolderMain] h1"),
            css(".ms-WPBody h1"),
        ),
        lead=(css(".news-sapo"), css(".sapo"), css(".tomtat"), css(".news-summary"), css("[id*=TomTat]")),
        body=(
            css("[id*=RichHtmlField]"),
            css(".ArticleContent"),
            css(".article-content"),
            css(".news-content"),
            css(".noidung-tin"),
            css("[id*=NoiDung]"),
            css(".ms-rtestate-field") + "[string-length(normalize-space()) > 300]",
            css("[class^=ExternalClass]") + "[string-length(normalize-space()) > 300]",
        ),
        published=(
            css("[id*=ArticleStartDate]"),
            css("[id*=NgayDang]"),
            css("[id*=PublishDate]"),
            css(".news-date"),
            css(".ngaydang"),
            css(".ms-date"),
            css(".date"),
        ),
        byline=(css("[id*=ArticleByLine]"), css("[id*=TacGia]"), css(".tacgia"), css(".author")),
        source=(css("[id*=NguonTin]"), css(".nguontin"), css(".source")),
        section=(css(".ms-breadcrumb-current"), css("[id*=ChuyenMuc]"), css(".breadcrumb .active")),
        attachments=(css("[id*=Attachments] a"), "//a[contains(@href, '/Attachments/')]"),
        furniture=(
            css("#s4-ribbonrow"),
            css("#suiteBar"),
            css("#suiteBarTop"),
            css(".ms-dialogHidden"),
            css("#DeltaPlaceHolderLeftNavBar"),
            css("#sideNavBox"),
            css(".ms-breadcrumb-box"),
            css(".breadcrumb"),
            css(".ms-webpart-titleText"),
            css(".ms-WPHeader"),
            css(".ms-hide"),
            css(".noindex"),
            css(".ms-signInLink"),
            css("[id*=TinKhac]"),
            css("[id*=TinLienQuan]"),
            css(".tinlienquan"),
            css(".tinkhac"),
            css(".zoom"),
            css("[id*=SoLuot]"),
        ),
    )

    def _refused(self, address: Address) -> Identity | None:
        refused = super()._refused(address)
        if refused is not None and refused.excluded == "login2":
            return Identity(refused.kind, refused.canonical_url, excluded="login")
        return refused

    def place(self, address: Address) -> Identity:
        path = address.path
        if "/_layouts/" in path.lower():
            # download.aspx?SourceUrl= hands out a file of a library; the rest is administration.
            source = address.params.get("SourceUrl") or address.params.get("SourceURL")
            if source and path.lower().endswith("/download.aspx"):
                return Identity("attachment", address.url(pairs=[("SourceUrl", source)]))
            return Identity("page", address.url(pairs=()), excluded="action")
        if address.pairs:
            low = {name.lower(): value for name, value in reversed(address.pairs)}
            for name in _IDS:
                if (number := low.get(name, "")).isdigit():
                    return self._item(address, name, number, low.get("l", ""))
            if path.lower().endswith("/dispform.aspx") and low.get("id", "").isdigit():
                return self._item(address, "id", low["id"], "")
        if found := _PATH_ARTICLE.search(path):
            return Identity("article", address.url(pairs=()), found[1])
        placed = super().place(address)
        if placed.kind == "page" and not _HOME.search(path) and _SLUG.search(path) and not address.pairs:
            return Identity("article", placed.canonical_url)
        return placed

    def _item(self, address: Address, name: str, number: str, listed: str) -> Identity:
        """Place an item: `l` names its list, else the path does; a site counts its items by itself."""
        site = found[1] if (found := _SITE.match(address.path)) else ""
        spelled = {"itemid": "ItemID", "newsid": "NewsID", "id": "ID"}.get(name, name)
        pairs = [(spelled, number)] + ([("l", listed)] if listed else [])
        # Items of one list are numbered together, whatever page shows them.
        where = f"{site}/l={listed}" if listed else address.path
        content_id = f"{where}/{number}".lower()
        key = f"{address.root}{where}/{spelled}={number}" if listed else ""
        return Identity("article", address.url(pairs=pairs), content_id, key=key)
