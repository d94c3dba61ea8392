"""The bytes of WARC 1.1 records: warcinfo, response, revisit and request, each one gzip member."""

import ipaddress
import re
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal
from urllib.parse import quote

from archive.digests import payload_digest

try:
    from isal import isal_zlib as packing
except ImportError:
    import zlib as packing  # type: ignore[no-redef]  # the same calls

Headers = Sequence[tuple[bytes, bytes]]

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
SERVER_NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

# Before the URL of a page, in the record of the document a browser made of it.
RENDERED = "onreadydom:"

# gzip in the main thread is a bottleneck of the crawl. On 330 real pages of 76 kB (2026-11-23) a page: zlib's
# level 4 .77 ms for 17.7 kB, level 1 .48 ms for 20.1 kB; ISA-L's level 2 .12 ms for 19.4 kB, and 6 µs where a
# small record costs zlib 53 µs. zlib stands in where there is no ISA-L for the machine.
TEXT_LEVEL = 4 if packing is zlib else 2
# What is compressed already gains nothing from a second search for repetitions.
PACKED_LEVEL = 1
_PACKED_MIMES = (b"image/", b"video/", b"audio/", b"application/pdf", b"application/zip", b"application/vnd.")

# Said in every file, because the bytes alone do not show it.
NOT_PRESERVED = (
    "headers are as parsed by the HTTP library: their order and letter case and the reason phrase may differ "
    "from the wire; transfer-encoding was undone before storing and is named "
    "X-Archive-Orig-Transfer-Encoding; content-encoding is kept"
)

_OF_NOTHING = payload_digest(b"")
_BREAKS = re.compile(rb"[\r\n\x00]+")


@dataclass(frozen=True, slots=True)
class RawRequest:
    """What was asked, as sent. `at` is aware: when the exchange began, the date of both records."""

    url: str
    at: datetime
    method: str = "GET"
    headers: Headers = ()
    body: bytes = b""
    version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class RawResponse:
    """What came back: `body` with content-encoding still on, transfer-encoding undone.

    `truncated` is WARC-Truncated's word ("length", "time", "disconnect", "unspecified") or empty.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    reason: str = ""
    version: str = "HTTP/1.1"
    ip: str | None = None
    truncated: Literal["", "length", "time", "disconnect", "unspecified"] = ""


@dataclass(frozen=True, slots=True)
class Revisit:
    """The earlier record whose payload stands for this one's; `at` is its WARC-Date."""

    record_id: str
    url: str
    at: datetime
    payload_digest: str
    profile: str = IDENTICAL_PAYLOAD


@dataclass(frozen=True, slots=True)
class Rendering:
    """The document a browser made of a response, serialised as UTF-8; `at` is when, `by` with what."""

    body: bytes
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class WarcPlace:
    """Where a record stands: a file name without folder, and compressed bytes from its beginning."""

    file: str
    offset: int
    length: int
    record_id: str
    payload_digest: str


def new_record_id() -> str:
    """Return a fresh WARC-Record-ID without its angle brackets."""
    return f"urn:uuid:{uuid.uuid4()}"


def warc_date(at: datetime) -> str:
    """Return WARC-Date of an aware time: UTC, with microseconds where there are any."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


@lru_cache(maxsize=256)
def safe_uri(url: str) -> str:
    """Return *url* with everything escaped that has no place in a header: blanks, controls, non-ASCII.

    The scheme is written in lower case: warcio, and others, find no HTTP in the block of an `HTTP://` record.
    """
    scheme, colon, rest = url.partition(":")
    if scheme.lower() in ("http", "https"):
        url = f"{scheme.lower()}{colon}{rest}"
    return quote(url.encode("utf-8", "surrogatepass"), safe="%/:=&?~#+!$,;'@()*[]._-|")


def warcinfo_record(name: str, at: datetime, record_id: str, *, software: str, robots: str) -> bytes:
    """Return the record every file begins with: who wrote it, how, and what it does not preserve."""
    fields = [
        ("software", software),
        ("format", "WARC File Format 1.1"),
        ("conformsTo", "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"),
        ("robots", robots),
        ("description", NOT_PRESERVED),
    ]
    block = b"".join(_header(key, value) for key, value in fields)
    headers = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", warc_date(at)),
        ("WARC-Filename", name),
        ("Content-Type", "application/warc-fields"),
    ]
    return gzip_record(headers, block, TEXT_LEVEL)


def response_record(
    request: RawRequest, response: RawResponse, record_id: str, revisit: Revisit | None
) -> tuple[bytes, str]:
    """Return the response record, or the revisit record in its place, and the payload's digest."""
    head = _http_head(f"{response.version} {response.status} {response.reason}", response.headers)
    digest = revisit.payload_digest if revisit else payload_digest(response.body)
    headers = [
        ("WARC-Type", "revisit" if revisit else "response"),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Target-URI", safe_uri(request.url)),
        ("WARC-Date", warc_date(request.at)),
        ("WARC-Payload-Digest", digest),
    ]
    if revisit:
        headers += [
            ("WARC-Profile", revisit.profile),
            ("WARC-Refers-To", f"<{revisit.record_id}>"),
            ("WARC-Refers-To-Target-URI", safe_uri(revisit.url)),
            ("WARC-Refers-To-Date", warc_date(revisit.at)),
        ]
    address = _address(response.ip)
    if address:
        headers.append(("WARC-IP-Address", address))
    if response.truncated:
        headers.append(("WARC-Truncated", response.truncated))
    headers.append(("Content-Type", "application/http; msgtype=response"))
    body = b"" if revisit else response.body
    level = PACKED_LEVEL if _is_packed(response.headers) else TEXT_LEVEL
    return gzip_record(headers, head + body, level), digest


def request_record(request: RawRequest, response: RawResponse, record_id: str, response_id: str) -> bytes:
    """Return the request record that belongs to the response *response_id*."""
    target = safe_uri(request.url).partition("#")[0]
    path = "/" + target.partition("://")[2].partition("/")[2]
    head = _http_head(f"{request.method} {path} {request.version}", request.headers)
    headers = [
        ("WARC-Type", "request"),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Target-URI", safe_uri(request.url)),
        ("WARC-Date", warc_date(request.at)),
        ("WARC-Concurrent-To", f"<{response_id}>"),
        ("WARC-Payload-Digest", payload_digest(request.body) if request.body else _OF_NOTHING),
    ]
    address = _address(response.ip)
    if address:
        headers.append(("WARC-IP-Address", address))
    headers.append(("Content-Type", "application/http; msgtype=request"))
    return gzip_record(headers, head + request.body, TEXT_LEVEL)


def rendering_record(request: RawRequest, rendering: Rendering, record_id: str, response_id: str) -> bytes:
    """Return the record of what a browser made of the response *response_id*.

    A `resource` under a scheme of its own, as the UK Web Archive stores it: a `response` would claim that
    it came over the wire, and under the page's own URL a replay would show it in the page's place.
    """
    headers = [
        ("WARC-Type", "resource"),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Target-URI", RENDERED + safe_uri(request.url)),
        ("WARC-Date", warc_date(rendering.at)),
        ("WARC-Concurrent-To", f"<{response_id}>"),
        ("WARC-Payload-Digest", payload_digest(rendering.body)),
        ("X-Archive-Rendered-By", rendering.by),
        ("Content-Type", "text/html; charset=utf-8"),
    ]
    return gzip_record(headers, rendering.body, TEXT_LEVEL)


def gzip_record(headers: list[tuple[str, str]], block: bytes, level: int) -> bytes:
    """Return a whole record as one gzip member; digest and length of the block are added."""
    lines = b"".join([_header(name, value) for name, value in headers])
    lines += _header("WARC-Block-Digest", payload_digest(block))
    lines += _header("Content-Length", str(len(block)))
    # wbits 31 is gzip with an empty name and time 0, so that equal records are equal bytes.
    packer = packing.compressobj(level, zlib.DEFLATED, 31)
    parts = (b"WARC/1.1\r\n" + lines + b"\r\n", block, b"\r\n\r\n")
    return b"".join([*[packer.compress(part) for part in parts], packer.flush()])


def _header(name: str, value: str) -> bytes:
    # A value that carries a line break would begin a header of its own.
    clean = _one_line(value.encode("utf-8", "replace")).strip()
    return name.encode("ascii") + b": " + clean + b"\r\n"


def _one_line(value: bytes) -> bytes:
    # Most have no break, and to see that costs a twentieth of a substitution.
    return _BREAKS.sub(b" ", value) if b"\r" in value or b"\n" in value or b"\0" in value else value


def _http_head(first_line: str, headers: Headers) -> bytes:
    lines = [_one_line(first_line.encode("latin-1", "replace"))]
    for name, value in headers:
        if name.lower() == b"transfer-encoding":
            # The body stands here de-chunked: a reader that believed the header would cut it up again.
            name = b"X-Archive-Orig-Transfer-Encoding"
        lines.append(_one_line(name).strip() + b": " + _one_line(value).strip())
    return b"\r\n".join(lines) + b"\r\n\r\n"


@lru_cache(maxsize=256)
def _address(ip: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address((ip or "").partition("%")[0]))
    except ValueError:
        return None


def _is_packed(headers: Headers) -> bool:
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            return True
        if lower == b"content-type" and value.strip().lower().startswith(_PACKED_MIMES):
            return True
    return False
