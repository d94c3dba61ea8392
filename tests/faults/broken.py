"""Servers as they break by themselves: one small class per fault, served by tests.faults.servers."""

import gzip
import time
import zlib

from tests.faults.servers import PATIENCE_S, Conn, Fault


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
