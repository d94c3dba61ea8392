"""What a portal says of its own end: notices that it closes, merges or moves, in titles and on banners."""

import re

from archive.vietnamese.fold import fold

_SITE = r"(?:trang thong tin|cong thong tin|trang tin|website|trang web|cong tttd|trang ttdt|cong ttdt)"
# Folded. The portal itself must be what ends: news of a market that closes is news.
_CLOSING = (
    re.compile(
        rf"{_SITE}[^.\n]{{0,80}}(?:ngung|dung|cham dut|ket thuc)"
        r" (?:viec )?(?:hoat dong|cap nhat|cung cap|dang)"
    ),
    re.compile(
        rf"(?:ngung|dung|cham dut|ket thuc) (?:viec )?(?:hoat dong|cap nhat|van hanh)[^.\n]{{0,50}}{_SITE}"
    ),
    re.compile(rf"{_SITE}[^.\n]{{0,80}}(?:sap nhap|hop nhat|chuyen) (?:vao|sang|ve|thanh|den)\b"),
    re.compile(rf"(?:sap nhap|hop nhat|chuyen doi)[^.\n]{{0,40}}{_SITE}"),
    re.compile(rf"{_SITE}[^.\n]{{0,80}}(?:dia chi moi|ten mien moi|chuyen dia chi|doi ten mien)"),
    re.compile(r"(?:da|se|duoc) chuyen (?:sang|den|ve) (?:dia chi|ten mien|cong|trang)\b"),
    re.compile(r"(?:tu|ke tu) ngay[^.\n]{0,60}(?:truy cap|xem tin)[^.\n]{0,30}(?:dia chi|tai)\b"),
    re.compile(r"(?:website|site|portal) (?:has moved|will (?:close|be closed|shut down)|is closing)"),
)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_INLINE = re.compile(r"</?(?:a|b|i|u|em|strong|span|font|small|big|mark)\b[^<>]{0,2000}>", re.IGNORECASE)
_SILENT = re.compile(r"<(script|style|noscript)\b[^<>]{0,500}>", re.IGNORECASE)
_SPACE = re.compile(r"\s+")
_MOST_CHARS = 400_000
MOST_NOTICES = 3
_AROUND = 160


def notices_in(text: str) -> list[str]:
    """Return the sentences of *text* that speak of the portal's own end, as printed, three at most.

    >>> notices_in("Thông báo: Trang thông tin điện tử huyện ngừng hoạt động từ 01/7.")
    ['Thông báo: Trang thông tin điện tử huyện ngừng hoạt động từ 01/7.']
    """
    found: list[str] = []
    for line in text[:_MOST_CHARS].splitlines():
        if len(line) < 12 or len(found) >= MOST_NOTICES:
            continue
        folded = fold(line)
        for pattern in _CLOSING:
            if match := pattern.search(folded):
                # Folding keeps the length of NFC text but for a few letters: near enough to show.
                begin = max(0, match.start() - _AROUND)
                found.append(line[begin : match.end() + _AROUND].strip())
                break
    return found


def words_of(html: str) -> str:
    """Return the words of a page, a line for each of its parts: enough to look for notices in."""
    text = html[:_MOST_CHARS]
    lower = text.lower() if text.isascii() else "".join(c.lower() if c.isascii() else c for c in text)
    parts: list[str] = []
    at = 0
    while (opened := _SILENT.search(text, at)) is not None:
        parts.append(text[at : opened.start()])
        end = lower.find(f"</{opened[1].lower()}", opened.end()) if len(parts) < 500 else -1
        if end < 0:
            at = len(text)
            break
        at = end
    parts.append(text[at:])
    plain = _TAG.sub("\n", _INLINE.sub("", "".join(parts)))
    return "\n".join(line for line in (_SPACE.sub(" ", one).strip() for one in plain.split("\n")) if line)
