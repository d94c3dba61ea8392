"""Bytes of a page to text: what the server says, what the page says, and what the bytes say.

The bytes decide. Portals declare utf-8 over windows-1258 and the reverse, serve Word exports in UTF-16,
and keep pages typed in fonts of before Unicode. `notes` tells what was found, for `khocong probe`.
"""

import codecs
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

from archive.vietnamese import legacy
from crawler import repairing

_UTF8 = "utf-8"
_BOMS = (
    (codecs.BOM_UTF8, _UTF8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADER_CHARSET = re.compile(r"charset\s{0,3}=\s{0,3}[\"']?\s{0,3}([\w.:-]{2,40})", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<meta\s[^>]{0,300}?charset\s{0,3}=\s{0,3}[\"']?\s{0,3}([\w.:-]{2,40})|<\?xml\s[^>]{0,80}encoding=[\"']([\w.:-]{2,40})",
    re.IGNORECASE,
)
_META_BYTES = 4096
# Names that mean nothing for decoding: Word's "unicode", WHATWG's user-defined, empty templates.
_NAMELESS = frozenset({"unicode", "x-user-defined", "none", "null", "default", "auto"})
_CUSTOM = {
    "x-viet-vps": "vps",
    "vps": "vps",
    "tcvn": "tcvn3",
    "tcvn-5712": "tcvn3",
    "x-viet-tcvn5712": "tcvn3",
    "viscii": "viscii",
    "x-viet-vni": "vni",
}
_SINGLE_BYTE = ("windows-1258", "windows-1252")
# đ as TCVN3 leaves it when read as Latin, and as VNI and windows-1258 do; the latter are looked for in the
# middle of the page only, since their bytes are common ones and a search of the whole takes 0.1 ms.
_TCVN3_D = "®"
_LATIN_D = ("ñ", "ð", "Ç", "Ä‘", "á»")
# One pass that begins with a letter: looking for four names one by one takes five times as long.
_FONT_NAME = re.compile(rb"V(?:NI[- ]|PS |N(?<=\.VN))")
_SAMPLE_BYTES = 16_000
_ETH = "Ð"
# UTF-8 begins the letters that only Vietnamese has with this byte; a page has hundreds.
_VIETNAMESE_START, _LEAST_VIETNAMESE = b"\xe1", 20
# All entities that mean something here, in one pass: each search of a page takes 40 µs, this one 20.
_ENTITIES = re.compile(rb"&(?:reg|micro|lt|ETH|amp(?=;(?:[aeiouyAEIOUY](?:grave|acute|circ|tilde)|nbsp);));")
_BYTE_A_LETTER = ("tcvn3", "vni", "viscii", "vps")
# Words by which an encoding no one declares must beat those of Windows.
_LEAST_LEAD = 3
_ESCAPED_MARKUP = re.compile(r">[^<>]{0,200}&lt;(?:p|div|span|br|strong|table|em|ul|li|h[1-6])\b")


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text of a body, the charset it was in, and what was odd about it.

    `charset` is the real one: "utf-8", "windows-1258", "utf-16-le", "tcvn3", "vni", "viscii" … `notes` are
    single words with an optional detail: "declared:windows-1252", "replacement_characters:3" …
    """

    text: str
    charset: str
    notes: tuple[str, ...] = ()


def decode(body: bytes, content_type: str | None = None) -> Decoded:
    """Return the text of *body*; never raises. *content_type* is the header's value, if there was one.

    Text that was half decomposed is NFC, byte order marks inside it are dropped; pages in legacy fonts are
    put right as a whole or run by run.
    """
    for mark, charset in _BOMS:
        if body.startswith(mark):
            return _finish(body[len(mark) :].decode(charset, "replace"), charset, body, ["bom"])
    declared = _declared(body, content_type)
    notes: list[str] = []
    try:
        text = body.decode(_UTF8)
    except UnicodeDecodeError:
        return _decode_other(body, declared, notes)
    if b"\0" in body[:400]:
        wide = _wide(body)
        if wide is not None:
            return _finish(body.decode(wide, "replace"), wide, body, ["utf16_without_bom"])
    if declared not in (None, _UTF8) and not body.isascii():
        notes.append(f"declared:{declared}")
    return _finish(text, _UTF8, body, notes)


def _declared(body: bytes, content_type: str | None) -> str | None:
    """The charset that the header, else the page, names; None when neither names a usable one."""
    names = []
    if content_type:
        header = _HEADER_CHARSET.search(content_type[:300])
        if header:
            names.append(header[1])
    meta = _META_CHARSET.search(body, 0, _META_BYTES)
    if meta:
        names.append((meta[1] or meta[2]).decode("ascii", "replace"))
    for name in names:
        usable = _usable(name.lower())
        if usable:
            return usable
    return None


def _usable(name: str) -> str | None:
    if name in _NAMELESS:
        return None
    if name in _CUSTOM:
        return _CUSTOM[name]
    try:
        known = codecs.lookup(name).name
        # Registered codecs include rot13 and base64, which are no charsets.
        "".encode(known)
    except (LookupError, TypeError, ValueError):
        return None
    if known in ("iso8859-1", "cp1252", "ascii"):
        return "windows-1252"
    return {"cp1258": "windows-1258"}.get(known, known)


def _wide(body: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of its markup is zero."""
    head = body[:400]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if odd > 0.7 * len(head) / 2 and even < odd / 4:
        return "utf-16-le"
    if even > 0.7 * len(head) / 2 and odd < even / 4:
        return "utf-16-be"
    return None


def _decode_other(body: bytes, declared: str | None, notes: list[str]) -> Decoded:
    """A body that is not UTF-8: UTF-16, UTF-8 with damage, or one byte a letter."""
    wide = _wide(body)
    if wide is not None:
        return _finish(body.decode(wide, "replace"), wide, body, ["utf16_without_bom"])
    loose = body.decode(_UTF8, "replace")
    broken = loose.count("\ufffd")
    # A letter cut in two by a CMS, or one pasted byte, does not make another charset of a page.
    sound = sum(not char.isascii() for char in loose[:200_000]) - broken
    if sound > 4 * broken:
        return _finish(loose, _UTF8, loose.encode(), [f"damaged_utf8:{broken}"])
    if declared is not None and declared not in (_UTF8, *_SINGLE_BYTE, *_CUSTOM.values()):
        text = body.decode(declared, "replace")
        if legacy.vietnamese_words(text[:50_000]) or text.count("\ufffd") == 0:
            return _finish(text, declared, body, notes)
    latin = _latin(body)
    vietnamese = unicodedata.normalize("NFC", body.decode("cp1258", "replace"))
    readings = {"windows-1252": _visible(latin), "windows-1258": _visible(vietnamese)}
    readings |= {name: legacy.convert(readings["windows-1252"], name) for name in _BYTE_A_LETTER}
    scores = {name: legacy.vietnamese_words(text[:50_000]) for name, text in readings.items()}
    floor = max(scores["windows-1252"], scores["windows-1258"])
    for name in _BYTE_A_LETTER:
        if name != declared and (scores[name] < floor + _LEAST_LEAD or not legacy.is_varied(readings[name])):
            scores[name] = -1
    best = max(scores, key=lambda one: (scores[one], one == declared, one == "windows-1258"))
    if declared not in (None, best):
        notes.append(f"declared:{declared}")
    if best in _BYTE_A_LETTER:
        return _finish(_converted(latin, best), best, body, notes)
    return _finish(latin if best == "windows-1252" else vietnamese, best, body, notes)


def _latin(body: bytes) -> str:
    """windows-1252 with its five holes read as control characters, as browsers do."""
    try:
        return body.decode("cp1252")
    except UnicodeDecodeError:
        return body.decode("latin-1").translate(_C1)


_C1 = {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}


def _visible(text: str) -> str:
    return repairing.TAG.sub(" ", text[:200_000])


def _converted(text: str, encoding: str) -> str:
    return repairing.convert_prose(text, lambda run: legacy.convert(run, encoding))


def _finish(text: str, charset: str, body: bytes, notes: list[str]) -> Decoded:
    """Bring decoded text into the form everything shares, and note what its bytes carried."""
    if charset != _UTF8:
        # Bytes are searched below because that is many times faster than searching wide strings.
        body = text.encode(_UTF8, "replace")
    # One letter is found in a wide string many times faster than its two bytes are counted.
    has_eth = _ETH in text
    if b"\xcc" in body:
        # Every Vietnamese combining mark starts with this byte in UTF-8: no other page pays for NFC.
        composed = _compose(text.encode(_UTF8, "surrogatepass")).decode(_UTF8, "surrogatepass")
        if composed != text:
            notes.append("decomposed")
            text = composed
    if b"\xef" in body and "\ufeff" in text:
        notes.append(f"inner_bom:{text.count(chr(0xFEFF))}")
        text = text.replace("\ufeff", "")
    if b"\xef" in body and "\ufffd" in text:
        notes.append(f"replacement_characters:{text.count(chr(0xFFFD))}")
    entities = Counter(_ENTITIES.findall(body))
    if charset == _UTF8 or charset in _SINGLE_BYTE:
        text, charset = _mend_fonts(text, charset, body, entities, notes)
    if (entities[b"&lt;"] and _ESCAPED_MARKUP.search(text)) or entities[b"&amp;"]:
        mended = repairing.mend_escaped(text)
        notes.append("double_escaped" if mended != text else "escaped_markup")
        text = mended
    eths = entities[b"&ETH;"] + (body.count(_ETH.encode()) if has_eth else 0)
    if eths and body.count(_VIETNAMESE_START) >= _LEAST_VIETNAMESE:
        # Kept as published (I10): nobody sees the difference; numbers of documents and the search indexes
        # take the one for the other.
        notes.append(f"eth:{eths}")
    return Decoded(text, charset, tuple(notes))


def _compose(data: bytes) -> bytes:
    """Return UTF-8 with the runs between tags that carry a combining mark in NFC, and nothing else touched.

    NFC of a whole page takes 1.5 ms; the marks of most stand in one title of its sidebar.
    """
    pieces, done = [], 0
    at = data.find(b"\xcc")
    while at >= 0:
        start = max(done, data.rfind(b">", done, at) + 1)
        end = data.find(b"<", at)
        end = len(data) if end < 0 else end
        run = unicodedata.normalize("NFC", data[start:end].decode(_UTF8, "surrogatepass"))
        pieces += [data[done:start], run.encode(_UTF8, "surrogatepass")]
        done = end
        at = data.find(b"\xcc", done)
    pieces.append(data[done:])
    return b"".join(pieces)


def _names_font(body: bytes) -> bool:
    """Say whether an old font is named where fonts are: "VOV.VN" stands in the text of one page in four."""
    for found in _FONT_NAME.finditer(body):
        before = body[max(0, found.start() - 150) : found.start()].lower()
        if b"font" in before or b"face" in before:
            return True
    return False


def _mend_fonts(
    text: str, charset: str, body: bytes, entities: Counter[bytes], notes: list[str]
) -> tuple[str, str]:
    """Repair runs set in legacy fonts, then the page as a whole where its letters are mistaken ones."""
    # TCVN3 has letters of U+00A0 to U+00BF, or their entities; its fonts' names alone stand on many pages.
    many_d = _TCVN3_D in text and body.count(b"\xc2") > 2 and body.count(_TCVN3_D.encode()) > 2
    old = b"\xc2" in body or entities[b"&reg;"] or entities[b"&micro;"]
    if (old and b".Vn" in body) or _names_font(body):
        mended = repairing.mend_fonts(text)
        if mended != text:
            notes.append("legacy_font_runs")
            text = mended
    # Every letter of TCVN3 that matters is U+00A0–U+00BF: one rare first byte spares most pages the search.
    middle = body[len(body) // 3 :][:_SAMPLE_BYTES].decode(_UTF8, "replace")
    if (
        many_d
        or entities[b"&reg;"] > 2
        or any(sign[-1] in middle and middle.count(sign) > 2 for sign in _LATIN_D)
    ):
        mended, name = repairing.mend_mistaken(text)
        if name is not None:
            notes.append(f"mojibake:{name}")
            return mended, charset
    return text, charset
