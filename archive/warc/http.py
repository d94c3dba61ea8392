"""The HTTP response inside a WARC record's block, as other tools store it: head, payload, chunks."""

import io
import re
from dataclasses import dataclass

from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

_HTTP = StatusAndHeadersParser(["HTTP/"], verify=False)
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """An HTTP response: `payload` is all that follows the head, chunks and content-encoding included."""

    status: int
    headers: tuple[tuple[str, str], ...]
    payload: bytes

    def header(self, name: str) -> str:
        """Return the first header called *name* (lower case); "" where there is none."""
        return next((value for key, value in self.headers if key.lower() == name), "")


def http_message(block: bytes) -> HttpMessage | None:
    """Return the HTTP response in a block, or None where it holds none."""
    stream = io.BytesIO(block)
    try:
        head = _HTTP.parse(stream)
    except (StatusAndHeadersParserException, EOFError, ValueError):
        return None
    code = (head.get_statuscode() or "")[:3]
    if not (code.isascii() and code.isdigit()):
        return None
    return HttpMessage(int(code), tuple(head.headers), block[stream.tell() :])


def unchunk(payload: bytes) -> bytes:
    """Undo `Transfer-Encoding: chunked`; bytes that are not in chunks come back as they are.

    Many tools keep the header and store the body without its chunks. What was readable counts.
    """
    parts: list[bytes] = []
    position = 0
    while position < len(payload):
        end = payload.find(b"\r\n", position, position + 200)
        word = payload[position:end].partition(b";")[0].strip() if end >= 0 else b""
        if not _SIZE.fullmatch(word):
            return b"".join(parts) if parts else payload
        size = int(word, 16)
        if size == 0:
            break
        parts.append(payload[end + 2 : end + 2 + size])
        position = end + 2 + size
        if payload[position : position + 2] not in (b"\r\n", b""):
            # The chunk ends where no chunk can end: the first words only looked like a size.
            return b"".join(parts) if len(parts) > 1 else payload
        position += 2
    return b"".join(parts) if parts else payload
