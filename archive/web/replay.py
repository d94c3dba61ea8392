"""The replay server: captures as they were, from an origin of their own, in a sandbox, without scripts (I9).

A plain ASGI application beside Datasette's. It answers `/capture/ID`, `/replay/TIMESTAMP/URL`,
`/timemap/link/URL` and `/timegate/URL`, and nothing else; every answer carries the sandbox.
"""

import asyncio
import re
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from archive.database import ArchiveDatabase, open_archive
from archive.errors import KhoCongError
from archive.export.cdxj import timestamp
from archive.web import memento, rewriting
from archive.web.hosts import allowed
from archive.web.replaying import PAGES, Shown, at_moment, is_shown, show

_CAPTURE = re.compile(r"/capture/(\d{1,15})")
_REPLAY = re.compile(r"/replay/(\d{4,14})(?:[a-z]{2}_)?/(.+)", re.DOTALL)
_TIMEMAP = re.compile(r"/timemap/link/(.+)", re.DOTALL)
_TIMEGATE = re.compile(r"/timegate/(.+)", re.DOTALL)
PLAIN = {"content-type": "text/plain; charset=utf-8"}


def policy(origin: str, browsing: str) -> str:
    """Return the policy of every answer: no script, no form, no frame, pictures and styles from *origin*.

    `sandbox` without a word after it gives the page an origin of its own that may do nothing, however it
    is opened; only the pages at *browsing* may frame it.
    """
    return (
        f"sandbox; default-src 'none'; img-src {origin} data:; media-src {origin}; "
        f"style-src {origin} 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors {browsing}"
    )


class Replay:
    """The ASGI application. *browsing* is the origin of the pages, *public* the replay server's own."""

    def __init__(self, archive_dir: Path, browsing: str, public: str, hosts: frozenset[str]) -> None:
        self.folder = archive_dir
        self.root = public.rstrip("/")
        self.hosts = hosts
        self.headers = {
            "content-security-policy": policy(self.root, browsing.rstrip("/")),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "x-robots-tag": "noindex, nofollow",
            "x-dns-prefetch-control": "off",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
            # The sandboxed page has an opaque origin, and still loads its own pictures.
            "cross-origin-resource-policy": "cross-origin",
        }
        self._local = threading.local()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request; GET and HEAD only."""
        if scope["type"] != "http":
            return
        given = {name.lower(): value for name, value in scope["headers"]}
        host = given.get(b"host", b"").decode("latin-1")
        if not allowed(host, self.hosts):
            answer: tuple[int, dict[str, str], bytes] = (421, PLAIN, b"421: unknown host\n")
        elif scope["method"] not in ("GET", "HEAD"):
            answer = (405, {**PLAIN, "allow": "GET, HEAD"}, b"405: reading only\n")
        else:
            raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
            query = scope.get("query_string", b"").decode("latin-1")
            wanted = given.get(b"accept-datetime")
            answer = await asyncio.to_thread(
                self.answer, raw.partition("?")[0], query, wanted.decode("latin-1") if wanted else None
            )
        status, headers, body = answer
        pairs = {**self.headers, **headers, "content-length": str(len(body))}
        encoded = [(name.encode(), value.encode("latin-1", "replace")) for name, value in pairs.items()]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def answer(
        self, path: str, query: str = "", wanted: str | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body for a path; called in a thread."""
        conn = self._connection()
        if found := _CAPTURE.fullmatch(path):
            return self._shown(conn, int(found[1]))
        if found := _REPLAY.fullmatch(path):
            at = _moment(found[1])
            one = at_moment(conn, memento.url_of(found[2], query), at) if at else None
            return self._shown(conn, one.capture_id if one is not None else None)
        if found := _TIMEMAP.fullmatch(path):
            made = memento.timemap(conn, memento.url_of(found[1], query), self.root)
            return made.status, made.headers, made.body.encode()
        if found := _TIMEGATE.fullmatch(path):
            made = memento.timegate(conn, memento.url_of(found[1], query), self.root, wanted)
            return made.status, made.headers, made.body.encode()
        return 404, PLAIN, b"404\n"

    def _shown(self, conn: sqlite3.Connection, capture_id: int | None) -> tuple[int, dict[str, str], bytes]:
        if capture_id is None:
            return 404, PLAIN, memento.NOT_ARCHIVED.encode()
        try:
            one = show(conn, self.folder, capture_id)
        except KhoCongError as error:
            return 502, PLAIN, f"502: {error}\n".encode()
        if one is None:
            return 404, PLAIN, memento.NOT_ARCHIVED.encode()
        mime, body, more = prepared(one)
        headers = {"content-type": mime, **more, **memento.memento_headers(one.url, one.at, self.root)}
        return 200, headers, body

    def _connection(self) -> sqlite3.Connection:
        db: ArchiveDatabase | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = open_archive(self.folder, write=False)
        return db.conn


def prepared(one: Shown) -> tuple[str, bytes, dict[str, str]]:
    """Return (content type, body, further headers) of a capture; what could act becomes a download."""
    stamp = timestamp(one.at)
    mime = one.mime.partition(";")[0].strip()
    if mime in PAGES:
        text = rewriting.decode(one.body, one.charset)
        return "text/html; charset=utf-8", rewriting.html(text, one.url, stamp), {}
    if mime == "text/css":
        text = rewriting.decode(one.body, one.charset)
        made = rewriting.css(text, rewriting.rewriter(one.url, stamp))
        return "text/css; charset=utf-8", made.encode("utf-8", "replace"), {}
    if is_shown(mime):
        return mime, one.body, {}
    return "application/octet-stream", one.body, {"content-disposition": "attachment"}


def _moment(digits: str) -> str | None:
    """Return the ISO time of up to 14 digits ("2021" is its first moment), None for what is none."""
    whole = digits + "00000101000000"[len(digits) :]
    try:
        return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC).isoformat()
    except ValueError:
        return None
