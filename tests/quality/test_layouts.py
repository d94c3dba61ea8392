"""One article in eight layouts that portals really use: every paragraph, list and cell, no word of chrome."""

import html
import re

import pytest

from archive.records import Portal
from crawler.extraction import extract

FIXED_TITLE = "Trang Thông tin điện tử thành phố Châu Đốc"
BANNER = "Chào mừng đến với Trang Thông tin điện tử thành phố Châu Đốc !"
GALLERY = "Hình Ảnh Hoạt Động"
WEATHER = "DỰ BÁO KHÍ TƯỢNG"
ITEMS = (
    "Các sở, ban, ngành tỉnh báo cáo kết quả trước ngày 15 tháng cuối quý.",
    "UBND các huyện, thị xã, thành phố phân công một lãnh đạo phụ trách.",
    "Đài Phát thanh và Truyền hình mở chuyên mục hằng tuần.",
)
ROWS = (
    ("STT", "Nội dung", "Cơ quan chủ trì"),
    ("1", "Phổ biến, quán triệt Chỉ thị", "Sở Nội vụ"),
    ("2", "Kiểm tra công vụ", "Thanh tra tỉnh"),
    ("3", "Đối thoại với Nhân dân", "UBND cấp huyện"),
)
RELATED = (
    "Châu Đốc tổng kết công tác dân vận chính quyền",
    "Lãnh đạo thành phố tiếp công dân định kỳ tháng 12",
    "Hội nghị sơ kết phong trào thi đua Dân vận khéo",
    "Phường Châu Phú B đối thoại với hộ kinh doanh chợ",
)
MENU = ("Trang chủ", "Tin tức sự kiện", "Kinh tế - xã hội", "Văn bản", "Liên hệ")
SHOWN = "Ngày đăng : 28/12/2021"
FOOTER = "Bản quyền thuộc về UBND thành phố Châu Đốc. Địa chỉ: đường Lê Lợi, phường Châu Phú B."
CHROME = (
    BANNER,
    GALLERY,
    WEATHER,
    "Responsive image",
    "Nhiệt độ",
    "Độ ẩm",
    "Lượt truy cập",
    "Cỡ chữ",
    "In bài viết",
    "Trang chủ",
    "Tin cùng chuyên mục",
    "Bản quyền",
    "Đăng nhập",
    "Ngày đăng",
    FIXED_TITLE,
    *RELATED,
)


def esc(words):
    return html.escape(words, quote=False)


def links(names, shape):
    return "".join(
        shape.format(f'<a href="/wps/portal/Home/muc-{n}">{esc(name)}</a>') for n, name in enumerate(names)
    )


def bullets(shape="<ul>{}</ul>", item="<li>{}</li>"):
    return shape.format("".join(item.format(esc(words)) for words in ITEMS))


def data_table(attributes='border="1"', wrap="{}"):
    rows = "".join(
        "<tr>" + "".join(f"<td>{wrap.format(esc(cell))}</td>" for cell in row) + "</tr>" for row in ROWS
    )
    return f"<table {attributes}>{rows}</table>"


def tools():
    sizes = '<a href="javascript:z(1)">A-</a> <a href="javascript:z(2)">A+</a>'
    return f'Cỡ chữ: {sizes} | <a href="?print=1">In bài viết</a>'


def gallery(cell="<td>{}</td>", around="<table><tr>{}</tr></table>"):
    pictures = (
        '<img src="/anh/hinh-1.jpg" alt="Responsive image"/>',
        '<img src="/anh/hinh-2.jpg" alt="Responsive image"/>',
    )
    return f"<b>{GALLERY}</b>" + around.format("".join(cell.format(picture) for picture in pictures))


def weather():
    towns = (("Châu Đốc", "24 - 32", "81"), ("Long Xuyên", "25 - 33", "77"), ("Tân Châu", "24 - 31", "84"))
    rows = "".join(
        f"<tr><td>{town}</td><td>Nhiệt độ {heat}°C</td><td>Độ ẩm {wet}%</td></tr>"
        for town, heat, wet in towns
    )
    return f"<font color='blue'><b>{WEATHER}</b></font><table>{rows}</table>"


def counters():
    return "Đang truy cập: 12<br/>Hôm nay: 431<br/>Lượt truy cập: 1204233"


def related(shape="<li>{}</li>", around="<ul>{}</ul>"):
    return "<b>Tin cùng chuyên mục</b>" + around.format(links([f"{name}" for name in RELATED], shape))


def nested_tables(title, shown, lines):
    rows = "".join(
        f'<tr><td align="justify">{esc(line)}</td></tr><tr><td height="6"></td></tr>' for line in lines[:-1]
    )
    return f"""<table width="1000"><tr><td colspan="3"><marquee>{BANNER}</marquee></td></tr>
<tr><td colspan="3"><table><tr>{links(MENU, "<td>{}</td>")}</tr></table></td></tr>
<tr><td width="200"><table><tr><td>{counters()}</td></tr></table></td>
<td><table><tr><td><font size="4"><b>{esc(title)}</b></font></td></tr>
<tr><td><table><tr><td><font size="1">{shown}</font></td><td>{tools()}</td></tr></table></td></tr>
<tr><td><table>{rows}<tr><td>{bullets()}</td></tr><tr><td>{data_table()}</td></tr><tr><td>{esc(lines[-1])}
</td></tr></table></td></tr>
<tr><td>{related()}</td></tr></table>{gallery()}</td>
<td width="180">{weather()}</td></tr><tr><td colspan="3">{FOOTER} <a href="/dn">Đăng nhập</a></td></tr>
</table>"""


def divs(title, shown, lines):
    body = "".join(f"<div>{esc(line)}</div><div>&nbsp;</div>" for line in lines[:-1])
    return f"""<div id="b">{BANNER}</div><div id="m">{links(MENU, "<div>{}</div>")}</div>
<div id="c"><div class="t1">{esc(title)}</div><div class="d1">{shown}</div><div>{tools()}</div>
<div class="x">{body}{bullets()}{data_table()}<div>{esc(lines[-1])}</div></div>
<div>{related()}</div></div><div id="r">{gallery("<div>{}</div>", "<div>{}</div>")}<div>{weather()}</div>
<div>{counters()}</div></div>
<div id="f">{FOOTER}</div>"""


def font_and_br(title, shown, lines):
    body = "<br /><br />".join(f"&nbsp;&nbsp; {esc(line)}" for line in lines[:-1])
    return f"""<center><font color="red">{BANNER}</font></center><table><tr>{links(MENU, "<td>{}</td>")}</tr>
</table>
<table><tr><td valign="top"><font size="5"><b>{esc(title)}</b></font><br/><font size="1">{shown}</font><br/>
{tools()}<br/>
<font face="Arial" size="2">{body}<br />{bullets()}{data_table()}<br />{esc(lines[-1])}<br /></font>
{related()}</td><td>{weather()}{gallery()}{counters()}</td></tr></table><font size="1">{FOOTER}</font>"""


def span_soup(title, shown, lines):
    def broken(line):
        words = line.split(" ")
        parts = [" ".join(words[at : at + 5]) for at in range(0, len(words), 5)]
        return " ".join(f'<span style="font-family:Arial"><span>{esc(part)}</span></span>' for part in parts)

    body = "".join(f"<p><span><span>{broken(line)}</span></span></p>" for line in lines[:-1])
    return f"""<div><span>{BANNER}</span></div><ul>{links(MENU, "<li><span>{}</span></li>")}</ul>
<div class="page"><div class="main">
<h2><span><span>{esc(title)}</span></span></h2><p><span>{shown}</span></p><p>{tools()}</p><div class="n">
{body}{bullets()}
{data_table('class="b"', "<span>{}</span>")}<p><span>{broken(lines[-1])}</span></p></div>{related()}</div>
<div class="side"><div>{gallery("<span>{}</span>", "<div>{}</div>")}</div><div>{weather()}</div><div>
{counters()}</div></div></div>
<div class="foot"><span>{FOOTER}</span></div>"""


def mso(title, shown, lines):
    style = 'class="MsoNormal" style="margin-bottom:6.0pt;text-align:justify;text-indent:.5in"'
    body = "".join(
        f'<p {style}><span style="font-size:14.0pt;mso-bidi-font-family:Arial">'
        f"{esc(line)}<o:p></o:p></span></p>"
        "<p class=MsoNormal><o:p>&nbsp;</o:p></p>"
        for line in lines[:-1]
    )
    listed = bullets(
        "{}", '<p class="MsoListParagraph" style="mso-list:l0 level1 lfo1"><span>{}<o:p></o:p></span></p>'
    )
    table = data_table('class="MsoTableGrid" border="1"', '<p class="MsoNormal"><b>{}<o:p></o:p></b></p>')
    return f"""<div class="banner">{BANNER}</div><div>{links(MENU, "<span>{}</span> ")}</div>
<div id="content"><h1>{esc(title)}</h1>
<div class="date">{shown}</div><div>{tools()}</div><!--[if gte mso 9]><xml><w:WordDocument></w:WordDocument>
</xml><![endif]-->
<div class="Section1">{body}{listed}{table}<p {style}>{esc(lines[-1])}<o:p></o:p></p></div>{related()}</div>
<div id="left">{gallery()}{weather()}{counters()}</div><div id="bottom">{FOOTER}</div>"""


def frames(title, shown, lines):
    body = "".join(f"<p>{esc(line)}</p>" for line in lines[:-1])
    return f"""<table height="100%" width="100%"><tr height="90"><td colspan="2" id="topFrame"><table><tr>
<td>{BANNER}</td></tr></table></td></tr>
<tr><td width="20%" id="leftFrame" valign="top"><table>{links(MENU, "<tr><td>{}</td></tr>")}</table><table>
<tr><td>{weather()}</td></tr></table>
<table><tr><td>{counters()}</td></tr></table></td><td id="mainFrame" valign="top"><table><tr><td><table><tr>
<td><b>{esc(title)}</b></td></tr>
<tr><td><i>{shown}</i></td></tr><tr><td>{tools()}</td></tr><tr><td>{body}{bullets()}{data_table()}<p>
{esc(lines[-1])}</p></td></tr></table></td></tr>
<tr><td>{related()}</td></tr><tr><td>{gallery()}</td></tr></table></td></tr><tr>
<td colspan="2" id="bottomFrame">{FOOTER}</td></tr></table>"""


def portlets(title, shown, lines):
    def portlet(name, inside):
        return (
            f'<div class="component-control id-Z7_{len(inside)}">'
            '<section class="ibmPortalControl wpthemeControl">'
            f'<div class="wpthemeControlHeader"><h2><span>{name}</span></h2></div>'
            f'<div class="wpthemeControlBody"><div class="wpthemeOverflowAuto">{inside}</div></div>'
            "</section></div>"
        )

    body = "".join(f'<p style="text-align:justify">{esc(line)}</p>' for line in lines[:-1])
    inner = portlet("", f"{body}{bullets()}{data_table()}<p>{esc(lines[-1])}</p>")
    head = f'<h3>{esc(title)}</h3><div class="date">{shown}</div><div>{tools()}</div>'
    article = f'<div class="wcm">{head}{inner}{related()}</div>'
    return f"""<div class="wpthemeFrame"><div class="wpthemeBanner">{BANNER}</div><div>
{links(MENU, "<div>{}</div>")}</div>
<div class="wpthemeMainContent">{portlet("Tin tức sự kiện", article)}{portlet("", gallery())}
{portlet("", weather())}
{portlet("Thống kê", counters())}</div><div class="wpthemeFooter">{FOOTER}</div></div>"""


def definitions(title, shown, lines):
    body = "".join(f"<dd>{esc(line)}</dd>" for line in lines[:-1])
    return f"""<div>{BANNER}</div><dl class="menu">{links(MENU, "<dd>{}</dd>")}</dl><div class="wrap">
<dl class="chitiet"><dt>{esc(title)}</dt>
<dd class="ngay">{shown}</dd><dd>{tools()}</dd><dd><dl>{body}<dd>{bullets()}</dd><dd>{data_table()}</dd><dd>
{esc(lines[-1])}</dd></dl></dd></dl>
<div>{related()}</div></div><dl class="side"><dt>{GALLERY}</dt><dd><img src="/1.jpg" alt="Responsive image"/>
</dd><dd>{weather()}</dd>
<dd>{counters()}</dd></dl><div>{FOOTER}</div>"""


LAYOUTS = {
    "tables": nested_tables,
    "divs": divs,
    "font": font_and_br,
    "spans": span_soup,
    "mso": mso,
    "frames": frames,
    "portlets": portlets,
    "definitions": definitions,
}


@pytest.fixture(scope="module")
def original(shared_dir):
    """The article's title and its lines as published; banner and box names of the page left out."""
    text = (shared_dir / "facts" / "chau-doc-article.txt").read_text(encoding="utf-8")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    title, *body = [line for line in lines if line not in (BANNER, GALLERY, WEATHER)]
    assert len(body) > 10
    return title, body


def read(layout, original, shown):
    title, lines = original
    inside = LAYOUTS[layout](title, shown, lines)
    page = (
        f"<html><head><meta charset='utf-8'><title>{FIXED_TITLE}</title></head><body>{inside}</body></html>"
    )
    address = "https://chaudoc.example/wps/portal/Home/xem/8f14e45f"
    return extract(page.encode(), address, Portal(key="x", platform="generic"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_line_stands_by_itself_and_no_chrome(original, layout):
    title, lines = original
    article = read(layout, original, SHOWN)
    assert article.title == title
    found = [line for line in (article.lead, *article.text.split("\n")) if line]
    rows = [" | ".join(row) for row in ROWS]
    assert found == [*lines[:-1], *ITEMS, *rows, lines[-1]]
    assert [block.cells for block in article.blocks if block.kind == "table_row"] == list(ROWS)
    if layout != "mso":
        # Word's own lists are paragraphs by their tags.
        assert [
            block.text for block in article.blocks if block.kind == "list_item" and block.text in ITEMS
        ] == list(ITEMS)
    shown = article.full_text + " ".join(block.text for block in article.blocks)
    assert [words for words in CHROME if re.search(re.escape(words), shown)] == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_fields(original, layout):
    article = read(layout, original, SHOWN)
    assert article.source == "Cổng TTĐT tỉnh AG"
    assert (article.rests_on, article.rests_on_date) == ("814/KH-UBND", "2021-12-28")
    assert (article.published_at, article.published_precision) == ("2021-12-28", "day")
    assert "28/12/2021" in article.published_evidence


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_dateline_gives_the_day_where_no_date_is_shown(original, layout):
    article = read(layout, original, "")
    assert (article.published_at, article.published_precision) == ("2021-12-28", "day")
    assert "814/KH-UBND" in article.published_evidence
    assert "28-12" in article.published_evidence
