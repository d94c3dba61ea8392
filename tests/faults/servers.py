"""A loopback server that misbehaves on demand: one small class per fault, each under a path of its own.

Servers that break by themselves stand in tests.faults.broken, those that mean harm in tests.faults.hostile.
A fault says how its URL may end in the ledger (`ends`), and whether an article may be read from it.
"""

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
    "giữa cánh đồng lớn", "trước cổng trường", "trong khuôn viên nhà văn hóa",
    "ven quốc lộ", "nơi bến đò ngang",
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
        f"{1 + number % 28:02d}/03/2024</span><div class='content'>{''.join(lines)}</div>"
        "</article></body></html>"
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
