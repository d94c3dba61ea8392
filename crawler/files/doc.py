"""DOC of Word 97 to 2003: the piece table after Microsoft's specification [MS-DOC], the rest by olefile.

No maintained permissive library reads these files whole: antiword and catdoc are GPL programs of 2005 and
2016; what stands on PyPI wraps them, needs LibreOffice or Java, or calls itself alpha and keeps the codes of
fields in the text (legacy-doc 0.2.1, November 2026). The text needs three structures: FIB, Clx, pieces.
"""

import io
import re
import struct

import olefile

from crawler.files.text import FileFault, Found

# [MS-DOC] 2.5.1: offsets in the FIB, which begins the stream WordDocument.
_IDENT, _FLAGS, _CCP_TEXT, _FC_CLX = 0x0000, 0x000A, 0x004C, 0x01A2
_ENCRYPTED, _TABLE_1 = 0x0100, 0x0200
_WORD_97 = 0x00C1
_MAX_STREAM = 64 * 2**20
# A field is its instruction, then what it shows: 0x13 PAGE 0x14 7 0x15. Readers see the second part.
_FIELD = re.compile("\x13[^\x13\x14\x15]*(?:\x14([^\x13\x14\x15]*))?\x15")
# A cell ends with 0x07, and so does a row after its last cell.
_ROW = re.compile("\x07\x07")


def read_doc(body: bytes, deadline: float) -> Found:
    """Return the main text; footnotes, headers and comments come behind it in the file and are left out."""
    with olefile.OleFileIO(io.BytesIO(body)) as ole:
        word = _stream(ole, "WordDocument")
        if len(word) < _FC_CLX + 8:
            raise FileFault("corrupt", "the stream WordDocument is cut short")
        ident, version = struct.unpack_from("<HH", word, _IDENT)
        (flags,) = struct.unpack_from("<H", word, _FLAGS)
        if flags & _ENCRYPTED:
            raise FileFault("protected", "a password is asked for")
        if ident != 0xA5EC or version < _WORD_97:
            raise FileFault("unsupported", "older than Word 97")
        table = _stream(ole, "1Table" if flags & _TABLE_1 else "0Table")
    (wanted,) = struct.unpack_from("<i", word, _CCP_TEXT)
    start, length = struct.unpack_from("<II", word, _FC_CLX)
    text = "".join(_pieces(word, _piece_table(table[start : start + length]), wanted))
    return Found(_readable(text))


def _stream(ole: olefile.OleFileIO, name: str) -> bytes:
    if not ole.exists(name):
        raise FileFault("corrupt", f"no stream {name}")
    if ole.get_size(name) > _MAX_STREAM:
        raise FileFault("too_heavy", f"the stream {name} is larger than {_MAX_STREAM // 2**20} MB")
    data: bytes = ole.openstream(name).read()
    return data


def _piece_table(clx: bytes) -> bytes:
    """Return the PlcPcd of a Clx ([MS-DOC] 2.9.38): property blocks (0x01) may stand before it (0x02)."""
    at = 0
    while at + 5 <= len(clx):
        if clx[at] == 2:
            (length,) = struct.unpack_from("<I", clx, at + 1)
            return clx[at + 5 : at + 5 + length]
        if clx[at] != 1:
            break
        at += 3 + int(struct.unpack_from("<H", clx, at + 1)[0])
    raise FileFault("corrupt", "no piece table")


def _pieces(word: bytes, table: bytes, wanted: int) -> list[str]:
    """Return the text piece by piece: character positions first, then 8 bytes a piece."""
    count = (len(table) - 4) // 12
    if count < 1:
        raise FileFault("corrupt", "an empty piece table")
    places = struct.unpack_from(f"<{count + 1}I", table)
    parts = []
    for number in range(count):
        first, last = places[number], min(places[number + 1], wanted)
        if first >= last:
            break
        (place,) = struct.unpack_from("<I", table, 4 * (count + 1) + 8 * number + 2)
        # Bit 30: one byte a character (windows-1252, where old fonts hide), and the place is doubled.
        if place & 0x40000000:
            start = (place & 0x3FFFFFFF) // 2
            parts.append(word[start : start + last - first].decode("cp1252", "replace"))
        else:
            start = place & 0x3FFFFFFF
            parts.append(word[start : start + 2 * (last - first)].decode("utf-16-le", "replace"))
    return parts


def _readable(text: str) -> str:
    for _ in range(5):  # fields stand in fields
        text, found = _FIELD.subn(lambda field: field[1] or "", text)
        if not found:
            break
    text = _ROW.sub("\n", text).replace("\x07", " | ").replace("\x1e", "-").replace("\xa0", " ")
    return re.sub("[\x01-\x08\x0e-\x1f]", "", text)
