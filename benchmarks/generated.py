"""A made-up portal of any size: pages of 60 KB with 135 links each, served on loopback as fast as can be.

By hand: `python -m benchmarks.generated PAGES [PORT]`. Pages are put together when asked for, from parts
made once, so that 20,000 of them take no memory; `/__stats` says what was asked, `/__reset` forgets it.
"""

import asyncio
import json
import random
import sys
import time
from functools import lru_cache

PAGE_BYTES = 60_000
SECTIONS = 60
LINKS = 135
_PLACES = (
    "Tân Lộc",
    "Phú Lâm",
    "Vĩnh Hòa",
    "An Thạnh",
    "Long Sơn",
    "Bình Mỹ",
    "Thạnh Lợi",
    "Mỹ Phước",
    "Hòa Bình",
)
_WHO = ("Ủy ban nhân dân xã {0}", "Hội Nông dân xã {0}", "Đoàn Thanh niên xã {0}", "Mặt trận Tổ quốc xã {0}")
_WHAT = (
    "họp bàn kế hoạch nạo vét {1} tuyến kênh trước mùa mưa", "trao {1} phần quà cho học sinh vượt khó",
    "sửa {1} mét đường bê tông liên ấp", "lắp {1} bóng đèn chiếu sáng đường quê",
    "trồng {1} cây xanh ven sông",
    "vận động bà con {1} hộ phân loại rác tại nhà", "tiếp {1} lượt công dân trong tháng",
)  # fmt: skip
_MORE = (
    "theo báo cáo của cán bộ phụ trách gửi về ngày {2} tháng {3}.", "với sự tham gia của bà con các ấp.",
    "và sẽ kiểm tra kết quả vào thứ Sáu hằng tuần.", "sau khi nghe ý kiến tại {2} cuộc họp tổ dân phố.",
    "bằng nguồn vốn xã hội hóa {2} triệu đồng.", "để hoàn thành trước ngày {2} tháng {3} năm nay.",
)  # fmt: skip


def sentence(dice: random.Random) -> str:
    """Return a plausible sentence of local news."""
    words = f"{dice.choice(_WHO)} {dice.choice(_WHAT)} {dice.choice(_MORE)}"
    return words.format(dice.choice(_PLACES), dice.randint(3, 900), dice.randint(1, 28), dice.randint(1, 12))


class Portal:
    """*pages* pages in all: a front page, SECTIONS sections (fewer on a small portal), the rest articles."""

    def __init__(self, pages: int) -> None:
        self.sections = min(SECTIONS, max(1, pages // 10))
        self.articles = max(1, pages - self.sections - 1)
        self._menu = "".join(
            f'<li class="nav-item level-{n % 3}"><a class="nav-link" href="/chuyen-muc-{n}/" title="Chuyên '
            f'mục {n}"><span class="icon icon-{n}"></span>Chuyên mục {n}</a></li>\n'
            for n in range(self.sections)
        )
        script = "\n".join(
            f"  register('block-{n}', {{position: {n * 7}, visible: true}});" for n in range(520)
        )
        self._script = f"<script>\n(function () {{\n{script}\n}})();\n</script>"

    def page(self, path: str) -> bytes | None:
        """Return the body of a path, None for one that is not there."""
        if path == "/":
            return self._page("Cổng thông tin điện tử huyện Minh Tân", "", 0)
        kind, _, rest = path.strip("/").rpartition("-")
        number = rest.removesuffix(".html")
        if not number.isdigit():
            return None
        if kind == "chuyen-muc" and int(number) < self.sections:
            return self._page(f"Chuyên mục {number}", "", 1_000_000 + int(number))
        if kind == "tin-tuc/tin" and rest.endswith(".html") and int(number) < self.articles:
            return self._article(int(number))
        return None

    def title(self, number: int) -> str:
        """Return the title of an article."""
        return f"{sentence(random.Random(number))[:90].rstrip('. ')} ({number})"

    def paths(self) -> list[str]:
        """Return the path of every page."""
        sections = [f"/chuyen-muc-{n}/" for n in range(self.sections)]
        return ["/", *sections, *(f"/tin-tuc/tin-{n}.html" for n in range(self.articles))]

    def _article(self, number: int) -> bytes:
        dice = random.Random(-number - 1)
        paragraphs = "".join(
            f"<p>{' '.join(sentence(dice) for _ in range(4))}</p>\n" for _ in range(dice.randint(6, 14))
        )
        day = f"{1 + number % 28:02d}/{1 + number % 12:02d}/{2015 + number % 10}"
        body = (
            f'<article class="post"><h1 class="post-title">{self.title(number)}</h1>'
            f'<p class="date">Ngày đăng: {day}</p>'
            f'<div class="post-content">{paragraphs}</div></article>'
        )
        return self._page(self.title(number), body, number + 1)

    def _page(self, title: str, body: str, seed: int) -> bytes:
        dice = random.Random(seed)
        numbers = [dice.randrange(self.articles) for _ in range(LINKS - self.sections - 1)]
        related = "".join(
            f'<li class="related-item"><a href="/tin-tuc/tin-{n}.html" class="related-link">Tin liên quan '
            f"số {n} của huyện Minh Tân</a></li>\n"
            for n in numbers
        )
        html = (
            f'<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8"><title>{title}</title></head>\n'
            f'<body>\n<header><a href="/">Trang chủ</a><ul class="nav">{self._menu}</ul></header>\n'
            f'<main>{body}</main>\n<aside><h3>Tin liên quan</h3><ul class="related">{related}</ul></aside>\n'
            f"{self._script}\n"
        ).encode()
        room = PAGE_BYTES - len(html) - 30
        return html + b"<!--" + b" " * max(0, room) + b"-->\n</body></html>\n"


class _Server(asyncio.Protocol):
    """HTTP/1.1 with kept connections, and no more of it than crawlers need."""

    portal: Portal
    asked: dict[str, float]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._waiting = b""

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while (end := self._waiting.find(b"\r\n\r\n")) >= 0:
            head, self._waiting = self._waiting[:end], self._waiting[end + 4 :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        path = head.split(b" ", 2)[1].decode("latin-1")
        body, status, mime = self._body(path)
        assert isinstance(self._transport, asyncio.WriteTransport)
        self._transport.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        if b"\r\nConnection: close" in head:
            self._transport.close()

    def _body(self, path: str) -> tuple[bytes, str, str]:
        asked = type(self).asked
        if path in ("/__stats", "/__reset"):
            found = json.dumps(asked).encode()
            if path == "/__reset":
                asked.update(requests=0, first=0.0, last=0.0)
            return found, "200 OK", "application/json"
        now = time.monotonic()
        asked["requests"] += 1
        asked["first"] = asked["first"] or now
        asked["last"] = now
        body = self.cached(path)
        if body is None:
            return b"<html><body>404</body></html>", "404 Not Found", "text/html; charset=utf-8"
        return body, "200 OK", "text/html; charset=utf-8"

    @staticmethod
    @lru_cache(maxsize=4000)
    def cached(path: str) -> bytes | None:
        """Return a page; a portal of 2,000 pages is made once, a larger one partly again."""
        return _Server.portal.page(path)


async def serve(pages: int, port: int = 0) -> None:
    """Serve until cancelled; the first line printed is the origin."""
    _Server.portal = Portal(pages)
    _Server.asked = {"requests": 0, "first": 0.0, "last": 0.0}
    for path in _Server.portal.paths()[:4000]:
        _Server.cached(path)
    server = await asyncio.get_running_loop().create_server(_Server, "127.0.0.1", port)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0))
    except KeyboardInterrupt:
        sys.exit(0)
