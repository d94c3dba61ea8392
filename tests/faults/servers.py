"""A loopback server that misbehaves on demand: one small class per fault, each under a path of its own.

`BROKEN` are servers as they break by themselves; those that mean harm stand in tests.faults.hostile. A fault
says how its URL may end in the ledger (`ends`), and whether an article may be read from it (`article`).
"""

import gzip
import random
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar

HTML = "text/html; charset=utf-8"
# Whoever reads slowly, or has gone, must not keep a thread of the server for ever.
PATIENCE_S = 60.0


_WHO = (
    "Ủy ban nhân dân xã", "Hội Nông dân", "Đoàn Thanh niên", "Trạm Y tế", "Trường Tiểu học Tân Lộc",
    "Hội Phụ nữ", "Ban nhân dân ấp Cái Tàu", "Tổ quản lý đê", "Công an xã", "Hợp tác xã Phú Thạnh",
)  # fmt: skip
_WHAT = (
    "kiểm tra tuyến kênh nội đồng", "trao quà cho hộ khó khăn", "phát quang lề đường liên ấp",
    "tập huấn kỹ thuật trồng xoài", "khám bệnh cho người cao tuổi", "ra quân dọn rác bờ sông",
    "bàn giao cầu dân sinh mới", "tuyên truyền phòng cháy chữa cháy", "khai giảng lớp học nghề may",
    "sửa bảng tin ở chợ cũ", "họp mặt các gia đình chính sách",
)  # fmt: skip
_WHERE = (
    "tại hội trường trung tâm", "dọc theo rạch Bà Lựu", "ở đình thần", "bên trụ sở ấp Ba",
    "giữa cánh đồng lớn", "trước cổng trường", "trong khuôn viên nhà văn hóa", "ven quốc lộ", "nơi bến đò ngang",
)  # fmt: skip
_SO = (
    "bà con hưởng ứng rất đông", "công việc xong trước giờ trưa", "kinh phí do mạnh thường quân đóng góp",
    "lãnh đạo huyện đến dự và chia sẻ", "kết quả được ghi vào biên bản", "mưa to nên phải lùi hai giờ",
    "nhiều cụ cao niên kể chuyện xưa", "ai cũng mong việc này được giữ lâu dài",
)  # fmt: skip


def article(number: int) -> str:
    """Return a page of some 1.5 kB with an article that no other number has: pages alike are furniture."""
    dice = random.Random(number)
    lines = [
        f"<p>Sáng thứ {dice.randint(2, 7)}, {dice.choice(_WHO)} {dice.choice(_WHAT)} {dice.choice(_WHERE)};"
        f" {dice.choice(_SO)}.</p>"
        for _ in range(7)
    ]
    title = f"{dice.choice(_WHO)} {dice.choice(_WHAT)} {dice.choice(_WHERE)} lần {number}"
    return (
        f"<!DOCTYPE html><html lang='vi'><head><title>{title}</title></head><body><div class='menu'>"
        f"<a href='/'>Trang chủ</a></div><article><h1>{title}</h1><span class='date'>"
        f"{1 + number % 28:02d}/03/2024</span><div class='content'>{''.join(lines)}</div></article></body></html>"
    )


@dataclass(frozen=True)
class Logged:
    """One request as it arrived; `at` is time.monotonic(), which one machine's processes share."""

    target: str
    at: float
    headers: dict[str, str]


class Conn:
    """One request on one connection, and the wire to answer it on, byte by byte."""

    def __init__(self, wire: socket.socket, logged: Logged, count: int, origin: str) -> None:
        self.wire, self.target, self.headers = wire, logged.target, logged.headers
        self.count, self.origin = count, origin  # how often this target was asked for, this time included
        self.keep, self.witness = False, ""

    def send(self, data: bytes) -> None:
        self.wire.sendall(data)

    def answer(
        self, body: bytes | str = b"", status: str = "200 OK", mime: str = HTML, **headers: str
    ) -> None:
        """Send a whole and honest answer; header names with underscores."""
        data = body.encode() if isinstance(body, str) else body
        lines = [f"HTTP/1.1 {status}", f"Content-Type: {mime}", f"Content-Length: {len(data)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + data)
        self.keep = True

    def head(self, *lines: str, status: str = "HTTP/1.1 200 OK") -> None:
        """Send a head as given, with a media type."""
        self.send(("\r\n".join([status, f"Content-Type: {HTML}", *lines]) + "\r\n\r\n").encode("latin-1"))

    def reset(self) -> None:
        """End the connection with RST, as a machine that restarts does."""
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.wire.close()


class Fault:
    """One way to misbehave. The class's name makes its path: `CutBody` answers /loi/CutBody.html."""

    ends: ClassVar[tuple[tuple[str, str], ...]] = ()
    article: ClassVar[bool] = False

    @classmethod
    def path(cls) -> str:
        return f"/loi/{cls.__name__}.html"

    def serve(self, conn: Conn) -> None:
        raise NotImplementedError

    @property
    def page(self) -> bytes:
        """A page with an article of its own, of about 2 kB."""
        return article(zlib.crc32(type(self).__name__.encode()) % 900_000 + 500).encode()


@dataclass
class FaultServer:
    """Serves faults under their paths, a front page that links them, and good pages between them.

    Every third link is good, so that a host full of faults is not given up as dead.
    """

    faults: Sequence[type[Fault]] = ()
    tls: ssl.SSLContext | None = None
    address: str = "127.0.0.1"
    port: int = 0
    name: str = ""
    good: int = 2
    robots: bytes | None = None
    witness: str = ""
    log: list[Logged] = field(default_factory=list)
    extra: dict[str, Callable[[Conn], None]] = field(default_factory=dict)

    def __enter__(self) -> "FaultServer":
        self._listener = socket.create_server((self.address, self.port), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._made = {fault.path(): fault() for fault in self.faults}
        self._counts: dict[str, int] = {}
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_exception: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @property
    def origin(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.name or self.address}:{self.port}"

    @property
    def netloc(self) -> str:
        return self.origin.partition("://")[2]

    def gaps(self) -> list[float]:
        """Return the seconds between each two requests that followed one another."""
        times = sorted(entry.at for entry in self.log)
        return [later - earlier for earlier, later in zip(times, times[1:], strict=False)]

    def paths(self) -> list[str]:
        return [entry.target for entry in self.log]

    def front(self) -> str:
        """Return the front page: each fault with good pages beside it."""
        links = []
        for number, fault in enumerate(self.faults or (None,)):
            if fault is not None:
                links.append(f"<li><a href='{fault.path()}'>{fault.__name__} của xã Tân Lộc</a></li>")
            links += [
                f"<li><a href='/tot/bai-{number}-{n}.html'>Tin số {number}.{n} của xã Tân Lộc</a></li>"
                for n in range(self.good)
            ]
        return f"<html><head><title>Xã Tân Lộc</title></head><body><ul>{''.join(links)}</ul></body></html>"

    def _accept(self) -> None:
        while True:
            try:
                wire, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        wire.settimeout(PATIENCE_S)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A client that leaves in the middle is what the tests are about.
        with suppress(OSError, ValueError):
            if self.tls is not None:
                wire = self.tls.wrap_socket(wire, server_side=True)
            while self._one(wire):
                pass
        with suppress(OSError):
            wire.close()

    def _one(self, wire: socket.socket) -> bool:
        data = b""
        while b"\r\n\r\n" not in data:
            part = wire.recv(65536)
            if not part or len(data) > 100_000:
                return False
            data += part
        first, *lines = data.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        target = first.split(" ")[1]
        headers = {line.partition(":")[0].title(): line.partition(":")[2].strip() for line in lines}
        logged = Logged(target, time.monotonic(), headers)
        self.log.append(logged)
        self._counts[target] = self._counts.get(target, 0) + 1
        conn = Conn(wire, logged, self._counts[target], self.origin)
        conn.witness = self.witness
        self._answer(conn, target)
        return conn.keep

    def _answer(self, conn: Conn, target: str) -> None:
        path = target.partition("?")[0]
        if path in self.extra:
            self.extra[path](conn)
        elif path in self._made:
            self._made[path].serve(conn)
        elif path == "/":
            conn.answer(self.front())
        elif path == "/robots.txt" and self.robots is not None:
            conn.answer(self.robots, mime="text/plain")
        elif path.startswith("/tot/"):
            conn.answer(article(zlib.crc32(path.encode()) % 100_000))
        else:
            conn.answer("<html><body>404 Not Found</body></html>", "404 Not Found")


class TooLongLength(Fault):
    """Announces twice what it sends, of a page that is whole."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        conn.head(f"Content-Length: {2 * len(self.page)}")
        conn.send(self.page)


class TooShortLength(Fault):
    """Announces half of what it sends: the second half cannot be told from noise."""

    ends = (("done", ""), ("failed", "cut short"))
    article = True

    def serve(self, conn: Conn) -> None:
        conn.head(f"Content-Length: {len(self.page) // 2}", "Connection: close")
        conn.send(self.page)


class CutBody(Fault):
    """Ends in the middle of the text, each time."""

    ends = (("failed", "cut short"),)

    def serve(self, conn: Conn) -> None:
        conn.head(f"Content-Length: {len(self.page)}")
        conn.send(self.page[: len(self.page) // 2])


class CutOnce(Fault):
    """Ends in the middle the first time, and is whole the second."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        conn.head(f"Content-Length: {len(self.page)}")
        conn.send(self.page[: None if conn.count > 1 else 700])


class CutChunked(Fault):
    """A chunked body whose last chunk never comes."""

    ends = (("failed", "cut short"),)

    def serve(self, conn: Conn) -> None:
        half = self.page[: len(self.page) // 2]
        conn.head("Transfer-Encoding: chunked")
        conn.send(f"{len(half):x}\r\n".encode() + half + b"\r\n")


class BadChunks(Fault):
    """A chunked body whose chunk sizes are words."""

    ends = (("failed", "broken answer"), ("failed", "cut short"))

    def serve(self, conn: Conn) -> None:
        conn.head("Transfer-Encoding: chunked")
        conn.send(b"mot nghin\r\n" + self.page)


class SaysGzipSendsPlain(Fault):
    """Content-Encoding: gzip over plain markup."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        conn.answer(self.page, Content_Encoding="gzip")


class TruncatedGzip(Fault):
    """gzip that ends early, with a Content-Length that agrees."""

    ends = (("failed", "cut short"),)

    def serve(self, conn: Conn) -> None:
        packed = gzip.compress(self.page)
        conn.answer(packed[: len(packed) * 2 // 3], Content_Encoding="gzip")


class DoubleGzip(Fault):
    """gzip in gzip, announced once."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        conn.answer(gzip.compress(gzip.compress(self.page)), Content_Encoding="gzip")


class BareDeflate(Fault):
    """deflate without zlib's frame, as IIS once sent it."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        packer = zlib.compressobj(wbits=-15)
        conn.answer(packer.compress(self.page) + packer.flush(), Content_Encoding="deflate")


class UnaskedZstd(Fault):
    """An encoding that was not asked for and cannot be undone."""

    ends = (("done", "encoding"), ("done", "empty"))

    def serve(self, conn: Conn) -> None:
        conn.answer(b"\x28\xb5\x2f\xfd\x04\x58" + bytes(200), Content_Encoding="zstd")


class RedirectToItself(Fault):
    """302 to the same URL, for ever."""

    ends = (("failed", "redirect loop"),)

    def serve(self, conn: Conn) -> None:
        conn.answer(b"", "302 Found", Location=conn.target)


class RedirectCircle(Fault):
    """302 through three addresses and back."""

    ends = (("done", "redirect"),)

    def serve(self, conn: Conn) -> None:
        step = int(conn.target.partition("b=")[2] or 0)
        conn.answer(b"", "302 Found", Location=f"{self.path()}?b={(step + 1) % 3}")


class CookieWanted(Fault):
    """Sets a cookie and redirects to itself until it comes back."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        if conn.headers.get("Cookie", "") == "D1N=ab12cd":
            conn.answer(self.page)
        else:
            conn.answer(b"", "302 Found", Location=conn.target, Set_Cookie="D1N=ab12cd; path=/; HttpOnly")


class NonLatinHeaders(Fault):
    """Header values in raw UTF-8, one without a colon, one of bare bytes."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        junk = "X-Ten: Cổng thông tin\r\nkhông có dấu hai chấm\r\nX-\x01\x7f: ".encode() + b"\xff\xfe\r\n"
        size = f"Content-Length: {len(self.page)}\r\n\r\n".encode()
        conn.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + junk + size + self.page)


class TenThousandHeaders(Fault):
    """More headers than anyone reads."""

    ends = (("failed", "headers too large"),)

    def serve(self, conn: Conn) -> None:
        conn.head(*(f"X-Thu-{n}: {'a' * 40}" for n in range(10_000)), f"Content-Length: {len(self.page)}")
        conn.send(self.page)


class NoStatusLine(Fault):
    """HTTP/0.9: the page and nothing else."""

    ends = (("failed", "broken answer"),)

    def serve(self, conn: Conn) -> None:
        conn.send(self.page)


class Http10(Fault):
    """HTTP/1.0 without a length: the end of the connection is the end of the page."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        conn.head("Server: Microsoft-IIS/5.0", status="HTTP/1.0 200 OK")
        conn.send(self.page)


class SlowDrip(Fault):
    """A byte now and then: never silent, never done."""

    ends = (("failed", "timeout"),)

    def serve(self, conn: Conn) -> None:
        conn.head("Content-Length: 100000")
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            conn.send(b"a")
            time.sleep(0.2)


class Silence(Fault):
    """Takes the request and says nothing."""

    ends = (("failed", "timeout"),)

    def serve(self, conn: Conn) -> None:
        conn.wire.settimeout(PATIENCE_S / 2)
        conn.wire.recv(1)


class Reset(Fault):
    """Resets the connection instead of answering."""

    ends = (("failed", "broken answer"),)

    def serve(self, conn: Conn) -> None:
        conn.reset()


class EmptyAnswer(Fault):
    """Closes the connection without a byte."""

    ends = (("failed", "broken answer"),)

    def serve(self, conn: Conn) -> None:
        conn.keep = False


class EmptyBody(Fault):
    """200 with nothing in it."""

    ends = (("done", "empty"),)

    def serve(self, conn: Conn) -> None:
        conn.answer(b"")


class LyingLengths(Fault):
    """Two Content-Lengths that disagree."""

    ends = (("failed", "broken answer"),)

    def serve(self, conn: Conn) -> None:
        conn.head("Content-Length: 10", "Content-Length: 2000")
        conn.send(self.page)


BROKEN: tuple[type[Fault], ...] = tuple(
    fault for fault in list(globals().values()) if isinstance(fault, type) and issubclass(fault, Fault)
    and fault is not Fault
)  # fmt: skip
