"""IBM WebSphere Portal with Web Content Manager: An Giang and Cần Thơ.

Four URL forms exist (W1 to W4). The item is the last part of the last `QCP` block (W1) or the last path
segment after the site areas (W2); the opaque form (W3) says nothing, so those meet by text.
"""

import re
from urllib.parse import SplitResult, parse_qsl, urlunsplit

from lxml.html import HtmlElement

from archive.urls import clean_query
from crawler.dom import with_class
from crawler.platforms.base import Hints, Identity, Platform
from crawler.platforms.generic import PAGING, shared_identity
from crawler.platforms.marks import look_for, marks_in

_PORTAL = re.compile(r"^/wps/(?:my)?portal(?:/|$)", re.IGNORECASE)
_W1_BLOCK = re.compile(r"IZ7_\w{1,80}=CZ6_\w{1,80}=[^/]{0,200}?QCP([^/]{0,400}?)==")
_STATE = re.compile(r"/!ut/p/.*$")
# An item by its id, whatever the area above it is called.
_ITEM = re.compile(r"/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})/?$", re.IGNORECASE)
_AREA = re.compile(r"/(?:sa|site)-[^/]+/([^/]+)/?$", re.IGNORECASE)
_DETAIL = re.compile(
    r"/(?:cdp-xem|xem|chi-tiet|tin-chi-tiet|trang-tin-chi-tiet|chi-tiet-tin|detail)(?:/|$)", re.IGNORECASE
)
_PAGE_OID = re.compile(r"(?:^|&)uri=nm(?::|%3A)oid(?::|%3A)(Z6_\w+)", re.IGNORECASE)
_MARKS = ("/wps/portal", "/wps/wcm/", "wpthemeControl", "wptheme", "ibmPortalConfig", "IZ7_", "/wps/PA_")
look_for(_MARKS)


class WebSphere(Platform):
    """WebSphere Portal 7 to 9 with WCM rendering portlets."""

    name = "websphere"
    entry_points = ()
    hints = Hints(
        title=(
            with_class("wpthemeWcmTitle"),
            "//*[@id='wcm_title' or @id='titleNews' or @id='tieude']",
            with_class("title-detail"),
            with_class("tieude-chitiet"),
        ),
        body=(
            "//*[@id='wcm_body' or @id='noidungchitiet' or @id='contentNews']",
            with_class("wcm-body"),
            with_class("noi-dung-chi-tiet"),
        ),
        furniture=(with_class("wpthemeInner") + "//*[@role='navigation']",),
    )

    def recognises(self, tree: HtmlElement, url: str, text: str) -> float:
        score = 0.6 if "/wps/portal" in url or "/wps/wcm" in url else 0.0
        return min(1.0, score + 0.3 * len(marks_in(text).intersection(_MARKS)))

    def identify(self, parts: SplitResult) -> Identity:
        path = parts.path
        query = clean_query(parts.query)
        url = urlunsplit((parts.scheme, parts.netloc, path, query, ""))
        if not _PORTAL.match(path):
            shared = shared_identity(SplitResult(parts.scheme, parts.netloc, path, query, ""), url)
            return shared or Identity("listing" if PAGING.search(url) else "page", url)
        blocks = _W1_BLOCK.findall(path)
        if blocks:
            return self._from_block(parts, url, blocks[-1])
        shared = shared_identity(
            SplitResult(parts.scheme, parts.netloc, _STATE.sub("/", path), query, ""), url
        )
        if shared is not None:
            return shared
        if match := _PAGE_OID.search(parts.query):
            plain = urlunsplit(
                (parts.scheme, parts.netloc, _STATE.sub("/", path), f"uri=nm:oid:{match[1]}", "")
            )
            return Identity("page", plain, content_id=match[1], fetch_url=url)
        if "/!ut/p/" in path:
            # W3: the item is inside the compressed state; only its text tells two URLs of it apart.
            return Identity("article" if _DETAIL.search(path) else "page", url)
        if match := _AREA.search(path) or _ITEM.search(path):
            return Identity("article", url.rstrip("/"), content_id=match[1].lower())
        return Identity("listing" if PAGING.search(url) else "page", url)

    def _from_block(self, parts: SplitResult, url: str, block: str) -> Identity:
        # lib_chaudoc · sa-chaudoc · sa-tintucsukien · sa-… · <uuid or name>: the clean form (W2) drops
        # the library and the root site area.
        names = [name for name in block.split("QCP") if name]
        if len(names) < 2:
            return Identity("page", url)
        # The state stands before the block; where it was cut off, the page ends with the block.
        page = _STATE.sub("", parts.path).partition("IZ7_")[0].rstrip("/")
        areas = names[2:] if len(names) > 2 else names[1:]
        clean = urlunsplit((parts.scheme, parts.netloc, "/".join([page, *areas]), "", ""))
        query = dict(parse_qsl(parts.query))
        if any(PAGING.search(f"?{name}={value}") for name, value in query.items()):
            return Identity("listing", url)
        return Identity("article", clean, content_id=names[-1].lower(), fetch_url=url)
