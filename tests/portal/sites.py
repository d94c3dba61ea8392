"""Small portals made up for tests, in the manner of a commune's."""

from tests.portal.replay import Site

SENTENCES = (
    "Sáng nay, Ủy ban nhân dân xã Tân Lộc họp bàn kế hoạch nạo vét kênh mương trước mùa mưa.",
    "Đại diện các ấp nêu ý kiến về việc sửa đường bê tông liên ấp và lắp đèn chiếu sáng.",
    "Chủ tịch xã đề nghị cán bộ phụ trách báo cáo tiến độ vào thứ Sáu hằng tuần.",
    "Người dân có thể gửi kiến nghị tại bộ phận một cửa trong giờ hành chính.",
)


def article(number: int, extra: str = "") -> str:
    body = "".join(f"<p>{sentence} Tin số {number}.</p>" for sentence in SENTENCES)
    return (
        f"<!DOCTYPE html><html lang='vi'><head><title>Tin {number}</title></head><body><div class='menu'>"
        f"<a href='/'>Trang chủ</a></div><article><h1>Xã Tân Lộc họp bàn việc số {number}</h1>"
        f"<span class='date'>{1 + number % 28:02d}/03/2024</span><div class='content'>{body}{extra}"
        "</div></article></body></html>"
    )


def small_site(count: int = 6, robots: str | None = "User-agent: *\nDisallow: /rieng/\n") -> Site:
    """A front page that links *count* articles, and one that robots.txt forbids."""
    site = Site()
    links = "".join(
        f"<li><a href='/tin/bai-{n}.html'>Xã Tân Lộc họp bàn việc số {n}</a></li>" for n in range(count)
    )
    site.put(
        "/",
        f"<html><head><title>Xã Tân Lộc</title></head><body><ul>{links}</ul>"
        "<a href='/rieng/so.html'>Riêng</a></body></html>",
    )
    for number in range(count):
        site.put(f"/tin/bai-{number}.html", article(number))
    site.put("/rieng/so.html", article(99))
    if robots is not None:
        site.put("/robots.txt", robots, mime="text/plain")
    return site
