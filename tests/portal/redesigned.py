"""A made-up portal before and after a redesign that today's rules cannot read, and the rule that can."""

import random

from crawler.platforms.base import Hints, css
from crawler.platforms.rules import RuledPlatform
from tests.portal.newsroom import story, title_of
from tests.portal.replay import Site


def path_of(number: int) -> str:
    return f"/tin/bai-{number}.html"


def old_site(count: int) -> Site:
    """A front page that links *count* articles."""
    site = Site(validators=True)
    site.put("/robots.txt", "User-agent: *\nDisallow:\n", mime="text/plain")
    for number in range(count):
        site.put(path_of(number), story(number))
    put_front(site, range(count))
    return site


def put_front(site: Site, numbers: range, banner: str = "") -> None:
    """Let the front page of the old layout link these articles."""
    items = "".join(f"<li class='tin'><a href='{path_of(n)}'>{title_of(n)}</a></li>" for n in numbers)
    site.put(
        "/",
        "<html><head><title>Trang tin xã Tân Lộc</title></head><body class='trang-chu'>"
        f"<div class='dau-trang'>{banner}</div><div class='menu' id='menu'><a href='/'>Trang chủ</a></div>"
        f"<div class='cot-trai'><h2 class='tieu-muc'>Tin mới</h2><ul class='ds-tin'>{items}</ul></div>"
        "<div class='chan-trang'>Ủy ban nhân dân xã Tân Lộc</div></body></html>",
    )


ABOUT = "".join(
    f"<p>Xã Tân Lộc {what}, nơi người dân nhiều đời gắn bó với ruộng vườn và luôn giữ nếp sống thuận hòa.</p>"
    for what in (
        "nằm bên bờ sông, giáp ba xã bạn", "có bảy ấp và hơn hai nghìn hộ", "làm lúa hai vụ và nuôi cá",
        "giữ được hai ngôi đình cổ", "có chợ họp từ mờ sáng", "mở trường cấp hai từ lâu",
        "đón khách vào mùa nước",
    )
)  # fmt: skip
TWICE = ABOUT.replace("Xã Tân Lộc", "Quê ta")


def new_story(number: int) -> str:
    """The page of an article as the new system makes it: what it says is the smaller part of the page."""
    pick = random.Random(number * 104729)
    line = (
        f"Cuộc họp thứ {pick.randrange(2, 9)} về việc {title_of(number).lower()} kết thúc tốt đẹp, bà con"
        f" phấn khởi vì {pick.choice(('đường', 'cầu', 'kênh', 'trạm'))} sắp xong và ai cũng góp một tay. "
        "Cuối buổi, ấp cử người ghi sổ công, hẹn tuần sau họp lại, rồi mọi người cùng dọn dẹp bờ kênh."
    )
    return (
        "<!DOCTYPE html><html lang='vi'><head><title>Cổng thông tin xã Tân Lộc</title></head>"
        "<body class='shell-v2'><div class='bar-v2'><a class='logo-v2' href='/'>Xã Tân Lộc</a></div>"
        f"<h1 class='name-v2'>Cổng thông tin xã Tân Lộc</h1><article class='about-v2'>{ABOUT}{TWICE}"
        f"<p>Hôm nay có {100 + number} lượt người xem trang này.</p></article>"
        f"<section class='card-v2 story-v2'><i class='stamp-v2'>{1 + number % 28:02d}/"
        f"{1 + number // 28 % 12:02d}/2024</i><em class='caption-v2'>{title_of(number)}</em>"
        f"<div class='prose-v2'><p>{line}</p><p>Tin số {number}. {line}</p></div></section></body></html>"
    )


def redesign(site: Site, count: int, more: int = 3) -> None:
    """Give every page the new layout, and publish *more* articles in it."""
    for number in range(count + more):
        site.put(path_of(number), new_story(number))
    cards = "".join(
        f"<div class='card-v2'><a class='go-v2' href='{path_of(n)}'>{title_of(n)}</a></div>"
        for n in reversed(range(count + more))
    )
    site.put(
        "/",
        "<html><head><title>Cổng thông tin xã Tân Lộc</title></head><body class='shell-v2'>"
        f"<div class='bar-v2'></div><section class='grid-v2 wide-v2'>{cards}</section>"
        "<div class='end-v2'></div></body></html>",
    )


class NewSystem(RuledPlatform):
    """The mended rule: an adapter for what the portal has become."""

    name = "he-thong-moi"
    marks = (("prose-v2", 0.5), ("shell-v2", 0.5))
    hints = Hints(
        title=(css(".caption-v2"),), body=(css(".prose-v2"),), published=(css(".stamp-v2"),),
    )  # fmt: skip
