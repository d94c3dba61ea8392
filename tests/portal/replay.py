"""A WARC becomes a live site on loopback: what was recorded is served again, and every request is logged.

By hand: `python -m tests.portal.replay FILE [PORT]`.
"""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha1
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode, urlsplit

from warcio.archiveiterator import ArchiveIterator

# They describe the recorded transfer, not the content; ours is written anew.
_HOP_BY_HOP = {
    "connection", "keep-alive", "transfer-encoding", "content-length", "date", "server", "upgrade", "te",
    "trailer", "proxy-authenticate", "proxy-authorization", "set-cookie",
}  # fmt: skip
_TEXT = re.compile(r"text/|xml|json|javascript", re.IGNORECASE)
WAIT_PAGE = (
    "<!DOCTYPE html><html lang='vi'><head><title>Hãy đợi…</title></head><body><p>Hãy đợi…</p>"
    "<p>Bạn truy cập quá nhanh, trang sẽ tự tải lại sau 30 giây.</p></body></html>"
).encode()


@dataclass(frozen=True)
class Answer:
    """What a path answers with; `cut` closes the connection after that many bytes of the body."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/html; charset=utf-8"),)
    body: bytes = b""
    cut: int | None = None


@dataclass(frozen=True)
class Logged:
    """One request as it arrived; `at` is time.monotonic(), which one machine's processes share."""

    method: str
    target: str
    at: float
    headers: Mapping[str, str]
    status: int

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass
class Site:
    """What is served. Pages may be added, edited and removed while it runs.

    `fault` is asked before each answer: an Answer in place of the recorded one, or None. With `validators`
    pages have an ETag, and a request that names it is answered 304.
    """

    pages: dict[str, Answer] = field(default_factory=dict)
    recorded_origin: str = ""
    origin: str = ""
    latency_s: float = 0.0
    validators: bool = False
    fault: Callable[[str, int], Answer | None] | None = None
    missing: Answer = Answer(
        404, body=b"<html><head><title>404</title></head><body>404 Not Found</body></html>"
    )
    log: list[Logged] = field(default_factory=list)

    def put(
        self,
        target: str,
        body: bytes | str,
        *,
        status: int = 200,
        mime: str = "text/html; charset=utf-8",
        **headers: str,
    ) -> None:
        """Add or replace a page; header names are given with underscores."""
        data = body.encode() if isinstance(body, str) else body
        extra = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        self.pages[target_key(target)] = Answer(status, (("Content-Type", mime), *extra), data)

    def remove(self, target: str, *, status: int = 404) -> None:
        """Take a page away; it then answers the site's own 404 page."""
        self.pages[target_key(target)] = Answer(status, self.missing.headers, self.missing.body)

    def edit(self, target: str, change: Callable[[bytes], bytes]) -> None:
        """Change the body of a page that is there."""
        key = target_key(target)
        old = self.pages[key]
        self.pages[key] = Answer(old.status, old.headers, change(old.body), old.cut)

    def answer(self, target: str) -> Answer:
        """Return what *target* answers now, mapped to the origin it is served from."""
        key = target_key(target)
        if self.fault is not None and (wrong := self.fault(target, len(self.log))) is not None:
            return wrong
        found = self.pages.get(key)
        if found is None and key.endswith("/") and key != "/":
            found = self.pages.get(key.rstrip("/"))
        return self.mapped(found or self.missing)

    def mapped(self, answer: Answer) -> Answer:
        """Replace the recorded origin by the one served, in bodies that are text and in Location."""
        if not self.recorded_origin or self.recorded_origin == self.origin:
            return answer
        headers = tuple(
            (name, self.url(value) if name.lower() == "location" else value) for name, value in answer.headers
        )
        mime = next((value for name, value in headers if name.lower() == "content-type"), "")
        body = self._rewrite(answer.body) if _TEXT.search(mime) else answer.body
        return Answer(answer.status, headers, body, answer.cut)

    def _rewrite(self, body: bytes) -> bytes:
        old, new = urlsplit(self.recorded_origin).netloc, urlsplit(self.origin).netloc
        for form in (
            lambda host: host,
            lambda host: host.replace(":", "%3A"),
            lambda host: host.replace(":", "%3a"),
        ):
            body = body.replace(form(old).encode(), form(new).encode())
        return body

    def url(self, recorded: str) -> str:
        """Return a recorded URL as it is served here (the truth's URLs, for instance)."""
        return recorded.replace(self.recorded_origin, self.origin) if self.recorded_origin else recorded

    def gaps(self) -> list[float]:
        """Return the seconds between each two requests that followed one another."""
        times = sorted(entry.at for entry in self.log)
        return [later - earlier for earlier, later in zip(times, times[1:], strict=False)]

    def paths(self) -> list[str]:
        """Return the targets asked for, in order."""
        return [entry.target for entry in self.log]


def target_key(target: str) -> str:
    """Return a request target so that spellings of one meet: unquoted path, query in any order."""
    path, _, query = target.partition("?")
    plain = unquote_to_bytes(path).decode("utf-8", "replace")
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return plain + ("?" + urlencode(pairs) if query else "")


def load_warc(path: Path) -> Site:
    """Read every response of a WARC; the first 200 of a URL wins over other statuses."""
    site = Site()
    with path.open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type != "response" or record.http_headers is None:
                continue
            url = record.rec_headers.get_header("WARC-Target-URI").strip("<>")
            parts = urlsplit(url)
            site.recorded_origin = site.recorded_origin or f"{parts.scheme}://{parts.netloc}"
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            status = int(record.http_headers.get_statuscode())
            body = record.content_stream().read()
            headers = tuple(
                (name, value)
                for name, value in record.http_headers.headers
                if name.lower() not in _HOP_BY_HOP and name.lower() != "content-encoding"
            )
            answer = Answer(status, headers, body)
            key = target_key(target)
            if key not in site.pages or (site.pages[key].status != 200 and status == 200):
                site.pages[key] = answer
            if status == 404 and b"<html" in body[:2000].lower() and len(site.missing.body) < 1000:
                site.missing = answer
    return site


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def do_GET(self) -> None:
        site = self.server.site
        arrived = time.monotonic()
        answer = site.answer(self.path)
        if site.validators and answer.status == 200:
            etag = f'"{sha1(answer.body).hexdigest()}"'
            same = self.headers.get("If-None-Match") == etag
            answer = Answer(
                304 if same else 200,
                (*answer.headers, ("ETag", etag)),
                b"" if same else answer.body,
                answer.cut,
            )
        site.log.append(Logged(self.command, self.path, arrived, dict(self.headers.items()), answer.status))
        if site.latency_s:
            time.sleep(site.latency_s)
        head = [f"HTTP/1.1 {answer.status} {responses.get(answer.status, 'Unknown')}"]
        head += [f"{name}: {value}" for name, value in answer.headers]
        head.append(f"Content-Length: {len(answer.body)}")
        if answer.cut is not None:
            head.append("Connection: close")
            self.close_connection = True
        body = b"" if self.command == "HEAD" else answer.body[: answer.cut]
        try:
            self.wfile.write("\r\n".join(head).encode("utf-8", "replace") + b"\r\n\r\n" + body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the log is `Site.log`."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that is killed in the middle of a request is what the tests are about."""


class Replay:
    """Serves a site on 127.0.0.1 at a free port for as long as the `with` lasts."""

    def __init__(self, site: Site, port: int = 0) -> None:
        self.site = site
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.site = site
        site.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    @classmethod
    def of_warc(cls, path: Path, port: int = 0) -> "Replay":
        return cls(load_warc(path), port)

    @property
    def origin(self) -> str:
        return self.site.origin

    @property
    def portal_key(self) -> str:
        """The key `khocong crawl` gives a portal it only knows by this URL."""
        return urlsplit(self.origin).netloc.replace(":", "-")

    def __enter__(self) -> "Replay":
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def main(argv: Iterable[str]) -> int:
    """Serve one file until interrupted."""
    arguments = list(argv)
    if not arguments:
        print("usage: python -m tests.portal.replay FILE [PORT]", file=sys.stderr)
        return 2
    with Replay.of_warc(Path(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0) as replay:
        print(f"{len(replay.site.pages)} pages on {replay.origin}/ (Ctrl-C ends)", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
