"""Oracle WebCenter Portal (Quang Nam and its districts): an article is its dDocName."""

import re

from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform

_DETAIL = re.compile(r"^(/webcenter/(?:portal|spaces)/[^/]+)/")
# ADF hangs a new window, loop and scroll state on each link.
_STATE_NAME = re.compile(r"(?i)^(?:_afr\w*|_adf\.[\w.-]+|Adf-\w+|wc\.\w+|_dc|_piref\S*|datasource|locale)$")


class WebCenter(RuledPlatform):
    """dDocName names a document in the content server, whatever page or site shows it."""

    name = "webcenter"
    marks = (
        ("oracle.webcenter", 0.7),
        ("/webcenter/", 0.5),
        ("AdfPage.PAGE", 0.6),
        ("_afrLoop", 0.5),
        ("dDocName=", 0.5),
        ("af_document", 0.4),
    )
    url_form = re.compile(r"/webcenter/(?:portal|faces|spaces)|[?&]dDocName=")
    refused_path = re.compile(
        r"(?i)^/webcenter/(?:(?P<login>adfAuthentication|faces/(?:login|wcAuthentication|register))"
        r"|(?P<asset>afr|adf/|faces/afr|skins))"
        r"|/(?P<login2>login|dang-nhap)(?:/|$)|(?P<search>/(?:search|tim-kiem))(?:/|$)"
        r"|^/cs/idcplg(?P<action>)"
    )
    refused_params = {"searchtext": "search", "keyword": "search", "print": "print", "login": "login"}
    paging = {"page": "1", "pageindex": "1"}
    hints = Hints(
        title=(css(".detail-title"), css(".title-detail"), css(".news-title"), css(".article-title")),
        lead=(css(".sapo"), css(".detail-sapo"), css(".news-sapo"), css(".summary")),
        body=(css(".detail-content"), css(".article-content"), css(".news-content"), css(".content-detail")),
        published=(css(".detail-date"), css(".news-date"), css(".date"), css(".publish-date")),
        byline=(css(".detail-author"), css(".author")),
        source=(css(".source"),),
        section=(css(".breadcrumb .active"),),
        attachments=("//a[contains(@href, '/cs/groups/')]", "//a[contains(@href, 'GET_FILE')]"),
        furniture=(css(".breadcrumb"), css(".related-news"), css(".tin-lien-quan"), css(".noscript")),
    )

    def tidy(self, address: Address) -> None:
        if address.pairs:
            address.pairs = [pair for pair in address.pairs if not _STATE_NAME.match(pair[0])]

    def _refused(self, address: Address) -> Identity | None:
        document = address.params.get("dDocName")
        if document and address.path.startswith("/cs/idcplg"):
            return Identity("attachment", address.url(pairs=address.keep("IdcService", "dDocName")))
        refused = super()._refused(address)
        if refused is not None and refused.excluded == "login2":
            return Identity(refused.kind, refused.canonical_url, excluded="login")
        return refused

    def place(self, address: Address) -> Identity:
        if document := address.params.get("dDocName"):
            # One content server stands behind every site of the host.
            key = f"{address.root}/webcenter/?dDocName={document}"
            return Identity("article", address.url(pairs=[("dDocName", document)]), document, key=key)
        if address.path.startswith("/webcenter/content/conn/"):
            return Identity("attachment", address.url(pairs=()))
        placed = super().place(address)
        if placed.kind == "page" and "catalog" in address.params and _DETAIL.match(address.path):
            return Identity("listing", placed.canonical_url)
        return placed
