"""What of a body is text and what is a field: stamps of other papers, last parts, a portal's own name."""

from archive.records import Portal
from crawler.extraction import extract

PORTAL = Portal(key="x", platform="generic")
URL = "https://xa.example.gov.vn/tin/thu-hoach-lua-som.html"
TITLE = "Xã Phú Thuận thu hoạch xong lúa hè thu sớm hơn kế hoạch"
PROSE = (
    "Đến ngày 20/7, nông dân xã đã thu hoạch 1.240 ha lúa hè thu, đạt 98% diện tích xuống giống.",
    "Năng suất bình quân 6,1 tấn một ha, giá bán cao hơn cùng kỳ, bà con chuẩn bị vụ mới.",
)


def page(lines, head="", above="", below=""):
    body = "".join(f"<p>{line}</p>" for line in lines)
    return (
        f"<html><head><title>{TITLE}</title>{head}</head><body>"
        f"<ul><li><a href='/'>Đầu"
        f"</a></li></ul><div class=m><h1>{TITLE}</h1>{above}<div class=c>{body}</div>{below}</div></body>"
    )


STATED = '<meta property="article:published_time" content="2023-07-21T16:47:00+07:00">'


def test_a_stamp_of_another_hour_is_text_taken_over_and_ones_own_is_a_field():
    foreign, own = "Cập nhật lúc: 13:24 | 21/07/2023", "Cập nhật lúc: 16:47 | 21/07/2023"
    kept = extract(page((foreign, *PROSE), STATED), URL, PORTAL)
    assert kept.text.split("\n")[0] == foreign
    assert kept.published_at == "2023-07-21T16:47:00+07:00"
    assert extract(page((own, *PROSE), STATED), URL, PORTAL).text.split("\n") == list(PROSE)


def test_a_last_part_may_be_one_signature():
    pages = f"<div>Trang: <a href='{URL}'>1</a> <b>2</b></div>"
    article = extract(page(("Tin, ảnh: TRẦN HOÀI",), below=pages), f"{URL}/2", PORTAL)
    assert article.text.split("\n")[0] == "Tin, ảnh: TRẦN HOÀI"


def test_a_portal_is_no_source_of_itself():
    own = extract(page(("(example.gov.vn) - " + PROSE[0], PROSE[1])), URL, PORTAL)
    assert own.source is None
    other = extract(page(("(baominhhoa.vn) - " + PROSE[0], PROSE[1])), URL, PORTAL)
    assert other.source == "baominhhoa.vn"


def test_news_of_a_raid_on_gamblers_is_news():
    lines = [
        f"Công an xã bắt quả tang {n} người đánh bạc dưới hình thức xóc đĩa, thu giữ tiền."
        for n in range(3, 12)
    ]
    assert "xóc đĩa" in extract(page(lines), URL, PORTAL).text
