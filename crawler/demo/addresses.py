"""The demo portal's URLs, as WebSphere forms them: W1 with state, W2 clean, listings, print, files."""

import base64
import hashlib
import re
from dataclasses import dataclass

from crawler.demo.content import DemoArticle

HOME = "/wps/portal/Home/trang-chu"
_DETAIL = f"{HOME}/cdp-xem"
_WINDOW = "IZ7_99DI0K41LGEA70AHL72L591042=CZ6_99DI0K41LGEA70AHL72L5910O7=MECTX!QCPlib_chaudocQCPsa-chaudoc"
_PAGER = "9b0c7f6e-2d51-4c3a-8f15-60f2b1d3c7aa"
# A dead link stands on every portal: the article was withdrawn, the box in the margin was not told.
DEAD_ID = "5d1f0c2e-7a34-4b0e-9d61-c2f0e8a7b913"
DEAD_AREA = "sa-tintucsukien/sa-thoisu"

_ITEM = re.compile(r"QCP([0-9a-f-]{36})==/?$|/([0-9a-f-]{36})/?$")


@dataclass(frozen=True, slots=True)
class Section:
    """A listing of the portal: its page name, its heading and the WCM site areas it shows."""

    page: str
    heading: str
    area: str


SECTIONS = (
    Section("tin-tuc-su-kien", "Tin tức sự kiện", "sa-tintucsukien/sa-thoisu"),
    Section("kinh-te-xa-hoi", "Kinh tế - xã hội", "sa-tintucsukien/sa-kinhtexahoi"),
    Section(
        "van-hoa-the-thao-du-lich", "Văn hóa - thể thao - du lịch", "sa-tintucsukien/sa-vanhoathethaodulich"
    ),
    Section("chi-dao-dieu-hanh", "Chỉ đạo điều hành", "sa-chidaodieuhanh/sa-vanbanchidao"),
    Section("cai-cach-hanh-chinh", "Cải cách hành chính", "sa-caicachhanhchinh/sa-chuyendoiso"),
    Section("thong-bao", "Thông báo", "sa-thongbao/sa-thongbaochung"),
)


def clean(article_id: str, area: str) -> str:
    """Return the W2 address: page, site areas, item."""
    return f"{_DETAIL}/{area}/{article_id}"


def stateful(article: DemoArticle, seen_from: str, before: DemoArticle | None = None) -> str:
    """Return the W1 address of *article* as a page would link it.

    The state differs with the page (*seen_from*) it was rendered on. With *before*, the block of the
    article shown until now stays in the address and the last block counts, as the portal does it.
    """
    digest = hashlib.sha384(seen_from.encode()).digest()
    state = "fY" + base64.urlsafe_b64encode(digest).decode().rstrip("=")
    blocks = "".join(f"p0/{_block(item)}/" for item in (before, article) if item is not None)
    return f"{_DETAIL}/!ut/p/z0/{state}/{blocks}"


def _block(article: DemoArticle) -> str:
    return "QCP".join((_WINDOW, *article.area.split("/"), f"{article.id}=="))


def listing(section: Section, page: int = 1) -> str:
    """Return the address of a listing's page, counted from 1."""
    pager = f"?WCM_PI=1&amp;WCM_Page.{_PAGER}={page}" if page > 1 else ""
    return f"{HOME}/{section.page}{pager}"


def page_number(query: dict[str, str]) -> int:
    """Return the page a listing's query asks for; 1 when it does not say, 0 for nonsense."""
    value = query.get(f"WCM_Page.{_PAGER}", "1")
    return int(value) if value.isdigit() and len(value) < 6 else 0


def print_twin(article: DemoArticle) -> str:
    """Return the address of the article's print view, which the WCM servlet renders."""
    path = f"/wps/wcm/connect/lib_chaudoc/sa-chaudoc/{article.area}/{article.id}"
    return f"{path}?presentationtemplate=lib_chaudoc/pt-in-bai-viet"


def attachment(article: DemoArticle) -> str:
    """Return the address of the article's file."""
    return f"/wps/wcm/connect/{article.id}/{article.attachment}?MOD=AJPERES"


def item_of(path: str) -> str | None:
    """Return the id of the item an address shows (the last block's), or None."""
    found = _ITEM.search(path)
    return (found[1] or found[2]) if found else None
