"""The ASP.NET product with dates in its paths (/portal/pages/2023-01-30/…-468686.aspx).

Seen on Ha Tinh, Ninh Thuan and Thanh Hoa; it looks like SharePoint and is not. Its templates were not
seen, so the hints are the class names such products share; learning decides where they miss.
"""

import re

from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform

# The day is not zero padded; an id or six random characters are glued to a slug cut at 50.
_ARTICLE = re.compile(r"(?i)/pages/(\d{4}(?:-\d{1,2}-\d{1,2})?)/([^/]+?)\.aspx$")
_NUMBER = re.compile(r"-(\d+)$")


class PortalPages(RuledPlatform):
    """An article is the date in its path and the id its slug ends in."""

    name = "portalpages"
    marks = (("/portal/pages/print.aspx", 0.5), ("/portal/pages/", 0.3), ("/portal/Pages/", 0.2))
    url_form = re.compile(r"(?i)/portal/pages/\d{4}")
    link_form = re.compile(r"ages/\d{4}(?:-\d{1,2}-\d{1,2})?/[^/\"'<>\s]+\.aspx")
    refused_path = re.compile(
        r"(?i)/pages/(?:(?P<print>print)|(?P<sendmail>send-?mail|email)|(?P<search>search|tim-?kiem)"
        r"|(?P<login>login|dang-?nhap|signin))\.aspx$"
        r"|(?P<asset>/(?:WebResource|ScriptResource)\.axd)"
        r"|/_layouts/(?P<action>)"
    )
    refused_params = {"print": "print", "returnurl": "login", "keyword": "search", "tukhoa": "search"}
    state = frozenset({"source", "mode", "initialtabid", "visibilitycontext", "pageversion"})
    paging = {"page": "1", "pageindex": "1", "trang": "1", "p": "1", "pg": "1"}
    hints = Hints(
        title=(
            css(".title-detail"),
            css(".detail-title"),
            css(".news-title"),
            css(".tieude"),
            css("[id*=lblTitle]"),
        ),
        lead=(css(".sapo"), css(".news-sapo"), css(".tomtat"), css("[id*=lblSummary]")),
        body=(
            css(".content-detail"),
            css(".detail-content"),
            css(".news-content"),
            css(".noidung"),
            css("[id*=lblContent]"),
        ),
        published=(css("[id*=lblDate]"), css(".news-date"), css(".ngaydang"), css(".date")),
        byline=(css("[id*=lblAuthor]"), css(".tacgia"), css(".author")),
        source=(css("[id*=lblSource]"), css(".nguontin"), css(".source")),
        section=(css(".breadcrumb .active"),),
        attachments=(css("[id*=Attach] a"),),
        furniture=(css(".breadcrumb"), css(".tinlienquan"), css(".tinkhac"), css(".zoom"), css(".noprint")),
    )

    def place(self, address: Address) -> Identity:
        if found := _ARTICLE.search(address.path):
            day, slug = found.groups()
            # Ids of one year's folder start again (…/2020/…-61.aspx), so the folder belongs to the id.
            number = _NUMBER.search(slug)
            tail = number[1] if number else slug[-6:].lower()
            return Identity("article", address.url(pairs=()), f"{day}/{tail}")
        return super().place(address)
