"""Pages unlike the eight: other CMSs' own markup, and bodies that are no row of paragraphs."""

import pytest

from archive.records import Portal
from crawler.extraction import extract

TITLE = "Xã Tân Phước hoàn thành kiên cố hóa kênh nội đồng trước vụ hè thu"
LEAD = (
    "Sau bốn tháng thi công, tuyến kênh N4 dài 2,6 km của xã Tân Phước đã được bê tông hóa toàn bộ, "
    "bảo đảm nước tưới cho 180 ha lúa."
)
LINES = (
    "Chủ tịch UBND xã Võ Thành Lợi cho biết công trình có tổng vốn 3,2 tỷ đồng, trong đó Nhân dân đóng góp "
    "ngày công và hiến hơn 1.400 m2 đất.",
    "Trước đây, bờ kênh đất thường sạt lở vào mùa mưa, bà con ấp Bình Hòa phải nạo vét hai lần mỗi năm.",
    "Theo kế hoạch, xã sẽ bàn giao công trình cho hợp tác xã dịch vụ thủy lợi quản lý từ ngày 15/5/2023.",
    "Ông Nguyễn Văn Sáu, ấp Bình Hòa, nói nước về đều nên gia đình ông xuống giống sớm hơn mười ngày.",
)
MENU = ("Trang chủ", "Giới thiệu", "Tin hoạt động", "Thủ tục hành chính", "Liên hệ")
RELATED = (
    "Tân Phước ra quân làm thủy lợi mùa khô năm 2023",
    "Hội Nông dân xã bàn giao ba mô hình vay vốn",
    "Ấp Bình Hòa họp dân lấy ý kiến đặt tên đường",
)
COMMENTS = (
    "Công trình rất ý nghĩa, mong xã sớm làm tiếp tuyến N5 cho bà con ấp Bình Thạnh được nhờ.",
    "Tôi là dân ấp Bình Hòa, xin cảm ơn lãnh đạo xã đã quan tâm đến bà con làm ruộng chúng tôi.",
)
FOOTER = "Trang thông tin điện tử xã Tân Phước. Chịu trách nhiệm chính: Văn phòng UBND xã."
DATE = "20/04/2023 09:15"


def links(names, shape="<li>{}</li>"):
    return "".join(
        shape.format(f'<a href="/tin/{900 + n}-bai.html">{name}</a>') for n, name in enumerate(names)
    )


def paragraphs(lines=LINES, shape="<p>{}</p>"):
    return "".join(shape.format(line) for line in lines)


def page(inside, head="Trang thông tin điện tử xã Tân Phước"):
    return (
        f"<!DOCTYPE html><html lang='en-gb'><head><meta charset='utf-8'><title>{head}</title></head>"
        f"<body>{inside}</body></html>"
    )


def joomla_tables():
    return page(f"""<table class="nav"><tr>{links(MENU, "<td>{}</td>")}</tr></table><table width="100%"><tr>
<td class="left"><div class="moduletable"><h3>Thăm dò ý kiến</h3><form>Trang này có ích không?</form>
</div></td>
<td class="main"><div id="k2Container" class="itemView"><div class="itemHeader">
<span class="itemDateCreated">
Thứ năm, {DATE}</span><h2 class="itemTitle">{TITLE}</h2><span class="itemAuthor">Viết bởi
<a href="/user/2">Super User</a></span></div><div class="itemToolbar"><ul><li>Cỡ chữ <a href="#">A-</a>
<a href="#">A+</a></li><li><a href="?print=1">In ra</a></li><li><a href="/mailto">Email</a></li></ul></div>
<div class="itemRatingBlock"><span>Đánh giá</span> (0 phiếu)</div><div class="itemBody">
<div class="itemIntroText">
<p>{LEAD}</p></div><div class="itemFullText">{paragraphs()}</div></div><div class="itemLinks"><span>Xem
<strong>214</strong> lần</span></div></div><table class="pagenav"><tr><td><a href="/a">&lt; Trước</a></td>
<td>
<a href="/b">Tiếp theo &gt;</a></td></tr></table><h4>Tin cùng chuyên mục</h4><table>
{links(RELATED, "<tr><td>{}</td></tr>")}</table></td></tr></table><div>{FOOTER}</div>""")


def dotnetnuke():
    cells = "".join(f'<tr><td class="Normal"><div align="justify">{line}</div></td></tr>' for line in LINES)
    side = links(RELATED[:2], "<tr><td>{}</td></tr>")
    others = links(RELATED, "<tr><td>{} (12/04/2023)</td></tr>")
    return page(f"""<form id="Form"><table id="dnn_Top">
<tr><td>{links(MENU, "<span>{}</span>")}</td></tr></table>
<table><tr><td id="dnn_LeftPane"><span class="Head">Liên kết</span><table>{side}</table></td>
<td id="dnn_ContentPane"><table class="containermaster_blue"><tr><td>
<span id="dnn_ctr401_dnnTITLE_lblTitle" class="Head">Tin hoạt động</span></td></tr>
<tr><td><div id="dnn_ctr401_ContentPane"><table><tr><td class="tieude_chitiet"><b>{TITLE}</b></td></tr>
<tr><td><i>Cập nhật: {DATE}</i></td></tr><tr><td class="tomtat"><b>{LEAD}</b></td></tr>
<tr><td><table>{cells}</table></td></tr><tr><td align="right"><b>Các tin khác</b></td></tr>
<tr><td><table>{others}</table></td></tr></table></div></td></tr></table></td></tr></table>
<div id="dnn_FooterPane">{FOOTER}</div></form>""")


def sharepoint():
    body = "".join(
        f'<div class="ms-rteThemeForeColor-2-0"><span style="font-size:11pt">{line}</span></div>'
        "<div>&#160;</div>"
        for line in LINES
    )
    return page(f"""<div id="s4-workspace"><div class="ms-core-navigation"><ul>{links(MENU)}</ul></div>
<div id="MSO_ContentTable"><div class="article article-left"><div class="news-detail-header">
<div class="t">{TITLE}</div>
<div class="ngay">{DATE}</div></div><div class="article-content">
<div id="ctl00_ph_RichHtmlField" class="ms-rtestate-field"
style="display:inline" aria-labelledby="x"><p class="ms-rteElement-P"><strong>{LEAD}</strong>
</p>{body}</div></div></div>
<div class="ms-webpart-zone"><h2 class="ms-webpart-titleText">Tin liên quan</h2><ul>{links(RELATED)}</ul>
</div></div>
<div class="ft">{FOOTER}</div></div>""")


def heading_among_headings():
    side = "".join(f'<h3 class="title"><a href="/b/{n}">{name}</a></h3>' for n, name in enumerate(RELATED))
    return page(f"""<div class="top"><h3 class="title"><a href="/">Xã Tân Phước</a></h3>
<ul>{links(MENU)}</ul></div>
<div class="row"><div class="col8"><h3 class="title">{TITLE}</h3><p class="meta">{DATE}</p>
<p class="s">{LEAD}</p>
<div class="entry">{paragraphs()}</div></div><div class="col4"><h3 class="title">Tin mới</h3>{side}
<h3 class="title">Thời tiết</h3><p>Châu Đốc: 24 - 32°C</p></div></div><div class="bottom">{FOOTER}</div>""")


def bold_lead():
    return page(f"""<div class="hd">{links(MENU, "<span>{}</span> ")}</div><div class="wrap">
<div class="nd">
<p class="tieude">{TITLE}</p><p class="ngaydang">Ngày đăng: {DATE}</p><div class="chitiet"><b>{LEAD}</b>
<br/><br/>
{"<br/><br/>".join(LINES)}<br/></div></div><div class="khac"><p>Tin khác</p><ul>{links(RELATED)}</ul>
</div></div>
<div class="f">{FOOTER}</div>""")


def comments_below():
    said = "".join(
        f'<div class="item"><b>Người đọc {n}</b> <i>{DATE}</i><p>{words}</p><a href="#">Trả lời</a></div>'
        for n, words in enumerate(COMMENTS)
    )
    return page(f"""<nav><ul>{links(MENU)}</ul></nav><main><h1>{TITLE}</h1><time>{DATE}</time>
<p class="sapo">{LEAD}</p>
<div class="body">{paragraphs()}</div><div class="binh-luan"><h4>Ý kiến bạn đọc (2)</h4>{said}
<form><textarea name="t"></textarea><button>Gửi bình luận</button></form></div>
<ul class="lq">{links(RELATED)}</ul></main>
<footer>{FOOTER}</footer>""")


def related_between():
    return page(f"""<div class="menu">{links(MENU, "<span>{}</span>")}</div><div class="detail">
<h1 class="detail-t">{TITLE}
</h1><div class="date">{DATE}</div><div class="sapo-x">{LEAD}</div><div class="box">
<ul>{links(RELATED)}</ul></div>
<div class="cont">{paragraphs()}</div></div><div class="ft">{FOOTER}</div>""")


LAYOUTS = {
    "joomla tables": joomla_tables,
    "dotnetnuke": dotnetnuke,
    "sharepoint": sharepoint,
    "heading among headings": heading_among_headings,
    "bold lead": bold_lead,
    "comments below": comments_below,
    "related between": related_between,
}


def read(html):
    return extract(html.encode(), "https://tanphuoc.example/tin/4711", Portal(key="x", platform="generic"))


def said(article):
    return [line for line in (article.lead, *article.text.split("\n")) if line]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_text_title_and_day_of_pages_nobody_described(layout):
    article = read(LAYOUTS[layout]())
    assert article.title == TITLE
    assert said(article) == [LEAD, *LINES]
    assert (article.published_at or "")[:10] == "2023-04-20"


def test_an_article_that_is_a_table():
    rows = [("Ngày", "Buổi", "Nội dung"), ("24/4", "Sáng", "Tiếp công dân tại trụ sở")]
    rows += [("25/4", "Chiều", "Kiểm tra kênh N4"), ("26/4", "Sáng", "Họp giao ban khối vận")]
    table = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    article = read(
        page(
            f"<ul>{links(MENU)}</ul><div class='x'><h2>Lịch làm việc tuần 17 của UBND xã Tân Phước</h2>"
            f"<div>{DATE}</div><table border='1'>{table}</table></div><ul>{links(RELATED)}</ul>"
            f"<div>{FOOTER}</div>"
        )
    )
    assert article.title == "Lịch làm việc tuần 17 của UBND xã Tân Phước"
    assert said(article) == [" | ".join(row) for row in rows]


def test_an_article_that_is_a_list():
    items = [f"Hộ {name}: {size} m2 tại ấp Bình Hòa, đã ký biên bản hiến đất." for name, size in (
        ("ông Lê Văn Tám", 120), ("bà Trần Thị Hoa", 85), ("ông Đỗ Minh Phụng", 240), ("bà Ngô Thị Liễu", 60),
        ("ông Huỳnh Tấn Lộc", 310), ("ông Mai Văn Bé", 45), ("bà Võ Thị Út", 150), ("ông Phan Văn Tới", 98),
    )]  # fmt: skip
    article = read(
        page(
            f"<ul>{links(MENU)}</ul><div class='x'><h1>Danh sách hộ dân hiến đất làm kênh N4 năm 2023</h1>"
            f"<p>{DATE}</p><div class='y'><p>{LEAD}</p><ul>{paragraphs(items, '<li>{}</li>')}</ul></div>"
            f"</div><ul class='z'>{links(RELATED)}</ul><div>{FOOTER}</div>"
        )
    )
    assert said(article) == [LEAD, *items]
    assert [block.kind for block in article.blocks][-len(items) :] == ["list_item"] * len(items)


def test_lists_of_word_are_lists():
    items = ("Nạo vét 600 m kênh cấp ba.", "Trồng 200 cây sao đen dọc bờ kênh.")
    listed = "".join(
        f'<p class="MsoListParagraphCxSp{place}" style="mso-list:l0 level1 lfo1">{item}</p>'
        for place, item in zip(("First", "Last"), items, strict=True)
    )
    article = read(page(f"<h1>{TITLE}</h1><p>{DATE}</p><div>{paragraphs()}{listed}</div>"))
    assert [block.text for block in article.blocks if block.kind == "list_item"] == list(items)
