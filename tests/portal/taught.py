"""A made-up portal of no known CMS, whose furniture stands inside the text: what learning is tested on."""

from dataclasses import dataclass

from tests.portal.replay import Site

SITE_TITLE = "Cổng thông tin điện tử huyện An Phước"
GREETING = "Chào mừng quý vị đến với Cổng thông tin điện tử huyện An Phước, chúc một ngày làm việc hiệu quả!"
OPENING = (
    "Căn cứ Luật Tổ chức chính quyền địa phương và Quy chế làm việc, Ủy ban nhân dân huyện thông báo như sau."
)
FORMULA = (
    "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015 và các văn bản hướng dẫn thi hành;"
)
PLAIN = "Hộ dân có nhu cầu được hỗ trợ liên hệ Bộ phận Một cửa của Ủy ban nhân dân xã trong giờ hành chính."
CLOSING = (
    "Quyết định này có hiệu lực kể từ ngày ký; thủ trưởng các cơ quan, đơn vị chịu trách nhiệm thi hành."
)
CLAUSES = (OPENING, FORMULA, PLAIN, CLOSING)
FURNITURE = (
    "Chào mừng quý vị", "Thời tiết hôm nay", "Nhiệt độ cao nhất", "Hình ảnh hoạt động", "Lễ hội đua ghe ngo",
    "Lượt truy cập", "Đang trực tuyến", "Bài đọc nhiều", "Chia sẻ bài viết", "Đường dây nóng", "Bản quyền",
)  # fmt: skip

_PLACES = ("Tân Hòa", "Bình Thạnh", "Phú Lộc", "Long Điền", "Mỹ Xuyên", "Vĩnh Trạch", "Thới Bình", "An Cư")
_WORKS = (
    "nạo vét kênh nội đồng", "sửa chữa cầu dân sinh", "lắp đèn chiếu sáng nông thôn", "xây nhà văn hóa ấp",
    "trồng cây xanh ven lộ", "khám sức khỏe cho người cao tuổi", "tập huấn kỹ thuật nuôi tôm",
    "trao học bổng cho học sinh nghèo", "thu gom rác thải sinh hoạt", "ra quân diệt lăng quăng",
)  # fmt: skip
_LINES = (
    "Sáng ngày {day}, xã {place} tổ chức {work} với sự tham gia của {count} hộ dân trên địa bàn.",
    "Theo báo cáo của xã {place}, phần việc {work} đã hoàn thành {share} phần trăm khối lượng đề ra.",
    "Chủ tịch Ủy ban nhân dân xã {place} đề nghị các ấp giữ tiến độ {work} trước mùa mưa năm nay.",
    "Bà con ấp {ward} của xã {place} góp {count} ngày công, hiến đất và cây trồng để {work}.",
    "Kinh phí {work} do ngân sách huyện hỗ trợ {share} phần trăm, phần còn lại vận động trong dân ở {place}.",
    "Trong quý tới, {place} sẽ tiếp tục {work} tại {ward} ấp còn lại và mời người dân cùng giám sát.",
)


@dataclass(frozen=True)
class Written:
    """An article as its editor wrote it."""

    number: int
    title: str
    day: str
    lines: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"/doc/{self.number}/bai-viet.html"


def has_clauses(number: int) -> bool:
    """Two articles of five carry the four clauses: 40 %."""
    return number % 5 in (0, 2)


def written(number: int) -> Written:
    """Return article *number*; no two share a line, but for the clauses."""
    place, work = _PLACES[number % len(_PLACES)], _WORKS[(number * 7 + number // 10) % len(_WORKS)]
    fill = {"place": place, "work": work, "day": f"{1 + number % 28}/{1 + number % 12}"}
    words = ("Nhất", "Hai", "Ba", "Tư", "Năm", "Sáu", "Bảy", "Tám", "Chín", "Mười")
    ward = f"{words[number % 10]} {words[number // 10 % 10]}"
    lines = [
        line.format(**fill, ward=ward, count=20 + number * 3 + at, share=40 + (number + at) % 50)
        for at, line in enumerate(_LINES)
    ]
    lines = lines[number % 2 :]
    if has_clauses(number):
        lines = [OPENING, *lines[:2], FORMULA, *lines[2:4], PLAIN, *lines[4:], CLOSING]
    return Written(
        number,
        f"Xã {place} {work}, đợt {words[number % 10].lower()} {words[number // 10 % 10].lower()}",
        f"{1 + number % 28:02d}/{1 + number % 12:02d}/2024",
        tuple(lines),
    )


def page(number: int, count: int, template: str = "tin") -> str:
    """Return the HTML of an article: no `<h1>`, one `<title>` for all, furniture between the paragraphs."""
    article = written(number)
    paragraphs = [f"<p>{line}</p>" for line in article.lines]
    weather = (
        f"<div class='tt'><b>Thời tiết hôm nay</b><p>Nhiệt độ cao nhất 3{number % 9} độ,"
        f" thấp nhất 2{number % 9} độ, gió nhẹ, có lúc có mưa rào và dông vài nơi trong huyện.</p></div>"
    )
    gallery = (
        "<div class='ha'><b>Hình ảnh hoạt động</b>"
        "<p>Lễ hội đua ghe ngo của huyện thu hút đông đảo du khách trong và ngoài tỉnh.</p></div>"
    )
    counter = (
        f"<div class='dm'>Lượt truy cập: {4000 + number * 17} | Đang trực tuyến: {3 + number % 40}</div>"
    )
    share = "<p class='cs'>Chia sẻ bài viết này cho bạn bè và người thân</p>"
    others = "".join(
        f"<li><a href='{written(at).path}'>{written(at).title}</a> ({written(at).day})</li>"
        for at in sorted({(number * 3 + step) % count for step in (1, 5, 9)})
    )
    body = "".join([*paragraphs[:2], weather, *paragraphs[2:4], gallery, *paragraphs[4:]])
    related = f"<div class='lq'><b>Bài đọc nhiều</b><ul>{others}</ul></div>"
    if template == "tin":
        box = (
            f"<div class='k1'><div class='k2'>{GREETING}</div><div class='k3'>{article.title}</div>"
            f"<div class='k4'>Ngày đăng: {article.day} 08:{number % 60:02d}</div>"
            f"<div class='k5'>{body}{share}{counter}{related}</div></div>"
        )
    else:
        box = (
            f"<table class='vb'><tr><td class='v1'>{article.title}</td></tr>"
            f"<tr><td class='v2'>{article.day}</td></tr>"
            f"<tr><td class='v3'>{body}{share}{counter}</td></tr></table>"
        )
    return (
        f"<!DOCTYPE html><html lang='vi'><head><meta charset='utf-8'><title>{SITE_TITLE}</title></head><body>"
        "<div id='dau'><a href='/'>Trang chủ</a> <a href='/gioi-thieu'>Giới thiệu</a></div><div id='than'>"
        f"{box}<div class='phai'><p>Đường dây nóng: 0296 1234 567, tiếp nhận phản ánh của tổ chức.</p></div>"
        "</div><div id='cuoi'>Bản quyền thuộc về Ủy ban nhân dân huyện An Phước, ghi rõ nguồn khi dẫn.</div>"
        "</body></html>"
    )


def taught_site(count: int = 64) -> Site:
    """Return a site whose front page and lists link *count* articles."""
    site = Site()
    for start in range(0, count, 16):
        links = "".join(
            f"<li><a href='{written(at).path}'>{written(at).title}</a></li>"
            for at in range(start, min(start + 16, count))
        )
        more = f"<a href='/tin?page={start // 16 + 2}'>Trang sau</a>" if start + 16 < count else ""
        body = f"<html><head><title>{SITE_TITLE}</title></head><body><ul>{links}</ul>{more}</body></html>"
        site.put("/" if start == 0 else f"/tin?page={start // 16 + 1}", body)
    for number in range(count):
        site.put(written(number).path, page(number, count))
    site.put("/robots.txt", "User-agent: *\nDisallow:\n", mime="text/plain")
    return site
