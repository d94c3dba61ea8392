"""The demo portal's page around the content: layout tables, and all the chrome that leaks into text."""

import html

from crawler.demo.addresses import DEAD_AREA, DEAD_ID, HOME, SECTIONS, clean, listing

NAME = "Trang Thông tin điện tử thành phố Châu Đốc"
WELCOME = f"Chào mừng đến với {NAME} !"
GALLERY = "Hình Ảnh Hoạt Động"
WEATHER = "DỰ BÁO KHÍ TƯỢNG"
# Words that stand on the pages and in no article: an extraction that has one of them has leaked.
CHROME = (
    "Chào mừng đến với",
    GALLERY,
    WEATHER,
    "Responsive image",
    "Tin cùng chuyên mục",
    "Đang truy cập",
    "Tổng lượt truy cập",
    "Xem với cỡ chữ",
    "In bài viết",
    "Ngày đăng",
    "Nhiệt độ",
    "Liên kết website",
    "Bản quyền thuộc về",
    "Tệp đính kèm",
    "Đăng nhập",
)
_PICTURES = (
    "Lãnh đạo thành phố thăm hỏi bà con làng bè",
    "Ra quân trồng cây đầu năm",
    "Đội lân phường Châu Phú A",
)
_SITES = ("Cổng Dịch vụ công quốc gia", "Báo An Giang", "Đài Phát thanh - Truyền hình An Giang")

_PAGE = """<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
 "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html lang="vi"><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"/>
<title>{name}</title>
<link rel="stylesheet" href="/wps/contenthandler/!ut/p/digest!t2/sp/mashup:ra:collection"/>
<script type="text/javascript">
var ibmPortalConfig = {{"contentHandlerURI": "/wps/contenthandler/!ut/p/"}};
</script>
</head><body class="lotusui30 wpthemeFull">
<table width="1000" align="center" cellpadding="0" cellspacing="0" border="0">
<tr><td colspan="2"><img src="/wps/wcm/connect/banner/banner.png?MOD=AJPERES" alt="Responsive image"/>
</td></tr>
<tr><td colspan="2" bgcolor="#1f6fb5"><table><tr>{menu}</tr></table></td></tr>
<tr><td colspan="2"><marquee><font color="red">{welcome}</font></marquee></td></tr>
<tr><td width="220" valign="top">{left}</td>
<td valign="top"><div class="wpthemeControl wpthemeControlBody"><a name="wcmtop"></a>
{content}
{gallery}
{weather}
</div></td></tr>
<tr><td colspan="2" align="center"><font size="1">Bản quyền thuộc về UBND thành phố Châu Đốc.
Địa chỉ: đường Lê Lợi, phường Châu Phú B, thành phố Châu Đốc, tỉnh An Giang.<br/>
Điện thoại: 0296 000 0000. <a href="/wps/myportal/Home/trang-chu">Đăng nhập</a></font></td></tr>
</table></body></html>
"""


def page(content: str, numbers: bytes, visits: int) -> str:
    """Return a whole page. *numbers* (32 bytes) sets the weather, *visits* the counters."""
    menu = "".join(
        f'<td nowrap="nowrap">&nbsp;<a href="{href}"><font color="white">{words}</font></a>&nbsp;</td>'
        for href, words in ((HOME, "Trang chủ"), *((listing(item), item.heading) for item in SECTIONS))
    )
    return _PAGE.format(
        name=NAME,
        menu=menu,
        welcome=WELCOME,
        left=_left(visits),
        content=content,
        gallery=_gallery(),
        weather=_weather(numbers),
    )


def _left(visits: int) -> str:
    dead = f'<li><a href="{clean(DEAD_ID, DEAD_AREA)}">Lịch cắt điện quý I</a></li>'
    sites = "".join(f"<option>{site}</option>" for site in _SITES)
    counters = (
        f"Đang truy cập: {3 + visits % 40}<br/>Hôm nay: {visits + 214}<br/>"
        f"Tổng lượt truy cập: {1_204_118 + visits}"
    )
    return (
        box("Danh mục", "<ul>" + "".join(_menu_line(item.page) for item in SECTIONS) + "</ul>")
        + box("Cần biết", f"<ul>{dead}</ul>")
        + box("Liên kết website", f"<select><option>-- Chọn --</option>{sites}</select>")
        + box("Thống kê", counters)
    )


def _menu_line(name: str) -> str:
    section = next(item for item in SECTIONS if item.page == name)
    return f'<li><a href="{listing(section)}">{section.heading}</a></li>'


def _gallery() -> str:
    cells = "".join(
        f'<td align="center"><img width="150" src="/wps/wcm/connect/thu-vien/hinh-{number}.png?MOD=AJPERES"'
        f' alt="Responsive image"/><br/><font size="1">{words}</font></td>'
        for number, words in enumerate(_PICTURES, 1)
    )
    return f'<table width="100%"><tr><td colspan="3"><b>{GALLERY}</b></td></tr><tr>{cells}</tr></table>'


def _weather(numbers: bytes) -> str:
    places = ("Châu Đốc", "Long Xuyên", "Tân Châu")
    rows = "".join(
        f"<tr><td>{place}</td><td>Nhiệt độ {23 + numbers[at] % 4}°C - {30 + numbers[at + 1] % 6}°C</td>"
        f"<td>Độ ẩm {60 + numbers[at + 2] % 35}%</td><td>Gió cấp {2 + numbers[at + 3] % 3}</td></tr>"
        for at, place in zip(range(0, 12, 4), places, strict=True)
    )
    return (
        f'<table width="100%" bgcolor="#eef6fc"><tr><td colspan="4"><font color="#1f6fb5"><b>{WEATHER}</b>'
        f"</font></td></tr>{rows}</table>"
    )


def box(heading: str, content: str) -> str:
    """Return a portlet: a heading in a bar over its content."""
    return (
        '<table width="100%" cellpadding="4"><tr><td bgcolor="#d9e8f5"><b><font color="#b40000">'
        f"{heading}</font></b></td></tr><tr><td>{content}</td></tr></table>"
    )


def teaser(href: str, item: str, title: str, shown: str, words: str) -> str:
    """Return one row of a listing."""
    return (
        f'<tr><td width="130"><img width="120" src="/wps/wcm/connect/{item}/anh-nho.png?MOD=AJPERES"'
        f' alt="Responsive image"/></td><td valign="top"><a href="{href}"><b>{html.escape(title)}</b></a>'
        f' <font size="1" color="#666">({shown})</font><br/>{html.escape(words, quote=False)}</td></tr>'
    )


def file_link(href: str, name: str) -> str:
    """Return the box of an article's file."""
    return f'<tr><td>Tệp đính kèm: <br/><a href="{href}">{name}</a></td></tr>'


def article(
    *, section: str, title: str, shown: str, body: str, files: str, print_href: str, related: str
) -> str:
    """Return the content portlet of an article, with its tools and related items."""
    tail = f"<tr><td><b>Tin cùng chuyên mục</b><ul>{related}</ul></td></tr>" if related else ""
    return (
        '<table width="100%" cellpadding="4" cellspacing="0" border="0">'
        f'<tr><td bgcolor="#d9e8f5"><b><font color="#b40000">{section}</font></b></td></tr>'
        f'<tr><td><font size="4" color="#0b4a86"><b>{title}</b></font></td></tr>'
        f'<tr><td><table width="100%"><tr><td><font size="1" color="#666">Ngày đăng : {shown}</font></td>'
        '<td align="right"><font size="1">Xem với cỡ chữ : <a href="javascript:zoom(1)">T</a> '
        f'<a href="javascript:zoom(2)">T</a> | <a href="{print_href}" target="_blank">In bài viết</a></font>'
        f"</td></tr></table></td></tr><tr><td>{body}</td></tr>{files}{tail}</table>"
    )


def print_page(title: str, shown: str, body: str) -> str:
    """Return the print view: the article alone, which makes it a perfect twin."""
    return (
        f'<html><head><meta charset="UTF-8"/><title>{NAME}</title></head><body onload="window.print()">'
        f"<h3>{html.escape(title, quote=False)}</h3><i>Ngày đăng : {shown}</i><hr/>{body}</body></html>"
    )
