"""Servers that mean harm: one small class per fault, served by tests.faults.servers.FaultServer."""

import gzip
import zlib
from typing import Any, ClassVar

from tests.faults.servers import Conn, Fault

# What is behind these must never be asked: the port is that of a witness on loopback, who writes down all.
WITNESS = "{witness}"


def _packed(packer: Any, megabytes: int) -> bytes:
    zeros = bytes(1 << 20)
    return b"".join([*(packer.compress(zeros) for _ in range(megabytes)), packer.flush()])


class GzipBomb(Fault):
    """200 kB that are 200 MB."""

    ends = (("done", "too_heavy"),)

    def serve(self, conn: Conn) -> None:
        conn.answer(_packed(zlib.compressobj(9, zlib.DEFLATED, 31), 200), Content_Encoding="gzip")


class DeflateBomb(Fault):
    """The same as deflate."""

    ends = (("done", "too_heavy"),)

    def serve(self, conn: Conn) -> None:
        conn.answer(_packed(zlib.compressobj(9), 200), Content_Encoding="deflate")


class NestedGzipBomb(Fault):
    """gzip in gzip, announced twice: 300 bytes a layer."""

    ends = (("done", "too_heavy"),)

    def serve(self, conn: Conn) -> None:
        inner = _packed(zlib.compressobj(9, zlib.DEFLATED, 31), 200)
        conn.answer(gzip.compress(inner), Content_Encoding="gzip, gzip")


class BrotliBomb(Fault):
    """An encoding that was not asked for, and 100 MB of it."""

    ends = (("done", "too_heavy"), ("done", "encoding"))

    def serve(self, conn: Conn) -> None:
        try:
            import brotli

            body = brotli.compress(bytes(100 << 20), quality=1)
        except ImportError:
            body = b"\x8b\x00\x80" * 50
        conn.answer(body, Content_Encoding="br")


class ZstdBomb(Fault):
    """The same in zstd."""

    ends = (("done", "too_heavy"), ("done", "encoding"))

    def serve(self, conn: Conn) -> None:
        try:
            import zstandard

            body = zstandard.compress(bytes(100 << 20))
        except ImportError:
            body = b"\x28\xb5\x2f\xfd" * 50
        conn.answer(body, Content_Encoding="zstd")


class EndlessBody(Fault):
    """A page that never ends, as fast as it can."""

    ends = (("failed", "too large"),)

    def serve(self, conn: Conn) -> None:
        conn.head()
        while True:
            conn.send(b"<p>mot doan nua</p>" * 5000)


class EndlessHeaders(Fault):
    """Headers that never end."""

    ends = (("failed", "headers too large"),)

    def serve(self, conn: Conn) -> None:
        conn.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            conn.send(b"X-Nua: 0123456789\r\n" * 1000)


class EndlessHeaderLine(Fault):
    """One header that never ends."""

    ends = (("failed", "headers too large"),)

    def serve(self, conn: Conn) -> None:
        conn.send(b"HTTP/1.1 200 OK\r\nX-Dai: ")
        while True:
            conn.send(b"a" * 65536)


class EndlessContinue(Fault):
    """`100 Continue`, again and again."""

    ends = (("failed", "headers too large"),)

    def serve(self, conn: Conn) -> None:
        while True:
            conn.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 500)


class RedirectChain(Fault):
    """Ten thousand redirects, each to a URL of its own."""

    ends = (("done", "redirect"),)

    def serve(self, conn: Conn) -> None:
        step = int(conn.target.partition("/buoc-")[2].partition(".")[0] or 0)
        conn.answer(b"", "302 Found", Location=f"/chuoi/buoc-{step + 1}.html")


class HeaderInjection(Fault):
    """Headers and a body that would be WARC records of their own."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        forged = (
            b"WARC/1.1\r\nWARC-Type: response\r\nWARC-Target-URI: http://khac.example/\r\n"
            b"Content-Length: 3\r\n\r\nabc\r\n\r\n"
        )
        body = self.page + b"\r\n\r\n" + forged
        conn.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
            b"X-Gia: a\rWARC-Type: warcinfo\rContent-Length: 0\r\nX-Gap\r\n  "
            + forged[:60].replace(b"\r\n", b"\r")
            + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
        )  # fmt: skip


class CharsetLie(Fault):
    """Says utf-16 and writes UTF-8."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        conn.answer(self.page, mime="text/html; charset=utf-16")


class NamesFromHell(Fault):
    """A file that would be saved elsewhere, if files were saved by their names."""

    ends = (("done", ""),)
    article = True

    def serve(self, conn: Conn) -> None:
        name = '../../../../khocong-ra-ngoai\\..\\..\\CON.html"; x="'
        conn.answer(self.page, Content_Disposition=f'attachment; filename="{name}"')


class DeepNesting(Fault):
    """200,000 elements, one in the other."""

    ends = (
        ("done", "empty"),
        ("done", "too_heavy"),
        ("done", "too_slow"),
        ("done", "reader_died"),
        ("done", ""),
    )

    def serve(self, conn: Conn) -> None:
        conn.answer("<html><body>" + "<div>" * 200_000 + "chữ")


class _Elsewhere(Fault):
    """A redirect to where no crawl may go."""

    ends = (("done", "redirect out of scope"),)
    location: ClassVar[str] = ""

    def serve(self, conn: Conn) -> None:
        own = conn.origin.rpartition(":")[2]
        target = self.location.replace(WITNESS, conn.witness).replace("{own}", own)
        conn.send(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target.encode() + b"\r\n\r\n")
        conn.keep = True


_PLACES = {
    "File": "file:///etc/passwd",
    "Data": "data:text/html,<h1>a</h1>",
    "Ftp": "ftp://127.0.0.1:{witness}/a",
    "Script": "javascript:alert(1)",
    "Loopback": "http://127.0.0.1:{witness}/",
    "Localhost": "http://localhost:{witness}/",
    "Private": "http://10.0.0.1/",
    "CarrierNat": "http://100.64.0.1/",
    "LinkLocal": "http://169.254.169.254/latest/meta-data/",
    "ThisNetwork": "http://0.0.0.0:{witness}/",
    "MappedV6": "http://[::ffff:127.0.0.1]:{witness}/",
    "Nat64": "http://[64:ff9b::7f00:1]:{witness}/",
    "LoopbackV6": "http://[::1]:{witness}/",
    "Decimal": "http://2130706433:{witness}/",
    "Hexadecimal": "http://0x7f000001:{witness}/",
    "Octal": "http://0177.0.0.1:{witness}/",
    "ShortForm": "http://127.1:{witness}/",
    "Userinfo": "http://127.0.0.1:{own}@127.0.0.1:{witness}/",
    "Backslash": "http://127.0.0.1:{witness}\\@127.0.0.1:{own}/",
    "UserinfoBackslash": "http://a@127.0.0.1:{witness}\\@b/",
    "TabInside": "http://127.0.0.1:{wit\tness}/".replace("{wit\tness}", "\t{witness}"),
    "FullwidthDots": "http://127。0。0。1:{witness}/",
    "FullwidthDigits": "http://１２７.0.0.1:{witness}/",
    "NoSlashes": "http:127.0.0.1:{witness}/",
    "NoScheme": "//127.0.0.1:{witness}/",
    "TripleSlash": "http:///127.0.0.1:{witness}/",
    "PercentHost": "http://127.0.0.%31:{witness}/",
    "NulByte": "http://127.0.0.1:{witness}\x00.gov.vn/",
}
ELSEWHERE: tuple[type[Fault], ...] = tuple(
    type(f"To{name}", (_Elsewhere,), {"location": place, "__doc__": f"A redirect to {place!r}."})
    for name, place in _PLACES.items()
)
# Python's and Twisted's way of reading these makes a path of the portal of them, which is harmless.
for _fault in ELSEWHERE:
    if _fault.__name__ in ("ToNoSlashes", "ToTripleSlash"):
        _fault.ends = (("done", "redirect out of scope"), ("done", "redirect"), ("done", "redirected_home"))
HOSTILE: tuple[type[Fault], ...] = (
    GzipBomb, DeflateBomb, NestedGzipBomb, BrotliBomb, ZstdBomb, EndlessBody, EndlessHeaders,
    EndlessHeaderLine, EndlessContinue, RedirectChain, HeaderInjection, CharsetLie, NamesFromHell,
    DeepNesting, *ELSEWHERE,
)  # fmt: skip
