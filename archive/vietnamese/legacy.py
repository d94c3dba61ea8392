"""Text typed in fonts of before Unicode (TCVN3, VNI, VISCII, VPS), read as Latin: put right, or left alone.

`repair` judges by frequent words: text that is Vietnamese already, or another language, comes back as it
was.
"""

import re
import unicodedata
from collections.abc import Callable

from archive.vietnamese.legacy_tables import TCVN3, TCVN3_CAPITALS, VISCII, VNI, VNI_TOKEN, VPS

# The commonest syllables that carry a mark: a page of 100 words of Vietnamese holds 20 of them.
_COMMON = """
    " của và các được không người trong những đã một cho với để này là có năm tại về từ đến
    trên việc thực hiện công tác nhân dân tỉnh huyện xã phường thành phố ủy uỷ hội đồng đảng
    chính phủ quyết định số ngày tháng thị kế hoạch phát triển kinh tế nước nhà quản lý tổ
    chức đơn vị cơ quan bộ sở ban hành quy nghị việt nam văn hóa hoá động lao đất đai đầu tư
    dự án đường trường học sinh giáo dục y bảo vệ cộng hòa hoà độc lập tự hạnh phúc cần phải
    theo đó khi sẽ bị như cũng đều vào ra lại cả nhiều mới cùng ở nông thôn khu vực
"""
_MARKED_COMMON = frozenset(word for word in _COMMON.split() if not word.isascii())
_WORD = re.compile(r"[^\W\d_]+")
_VIETNAMESE_ONLY = re.compile("[ăĂđĐơƠưƯ\u1ea0-\u1ef9]")
# A word-initial ñ or eth, or a gha, is what PDF and old web fonts leave of đ and ư in text otherwise sound.
# The capital Ð looks like Đ and is published so (I10): `fold.mend_eth` reads it for matching.
_STRAY = re.compile(r"(?<![^\W\d_])[ñÑð](?=[^\W\d_])|(?<=[^\W\d_])ƣ|ƣ(?=[^\W\d_])")
_STRAY_LETTERS = str.maketrans("ñÑðƣ", "đĐđư")

# UTF-8 that was read as windows-1252 and saved as UTF-8: "quyáº¿t Ä‘á»‹nh".
_SEEN_AS = {
    bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte
    for byte in (*range(0x80, 0xA0), *range(0xA0, 0xF5))
} | {chr(byte): byte for byte in range(0x80, 0xA0)}
_TAIL = re.escape("".join(char for char, byte in _SEEN_AS.items() if byte < 0xC0))
_TWICE = re.compile(f"[\u00c3-\u00f4][{_TAIL}]{{1,3}}")

_CONVERTERS: dict[str, Callable[[str], str]] = {
    "tcvn3": lambda text: text.translate(TCVN3),
    "vni": lambda text: VNI_TOKEN.sub(lambda found: VNI[found.group()], text),
    "viscii": lambda text: text.translate(VISCII),
    "vps": lambda text: text.translate(VPS),
    "windows-1258": lambda text: _from_1258(text),
    "utf-8": lambda text: _TWICE.sub(_once, text),
}
# What must stand in a text before a conversion is even tried, so that other text costs little.
_SIGNS = re.compile("[®¸µ¹©ª«¬\xad¨¶·»¾ÕÖÞßøñöùûåäïÑÌØÙÛ\x80-\x9f]")
_SAMPLE = 20_000
_LEAST_DISTINCT = 3


def vietnamese_words(text: str) -> int:
    """Return how many of the commonest marked words stand in *text* (NFC): how Vietnamese it reads."""
    common = _MARKED_COMMON
    return sum(word in common for word in _WORD.findall(text.lower()))


def is_unicode_vietnamese(text: str) -> bool:
    """Whether *text* holds letters that no legacy font produces when read as windows-1252."""
    return _VIETNAMESE_ONLY.search(text) is not None


def is_varied(text: str) -> bool:
    """Whether several different of the commonest marked words stand in *text*."""
    found = {word for word in _WORD.findall(text[:_SAMPLE].lower()) if len(word) > 1}
    return len(found & _MARKED_COMMON) >= _LEAST_DISTINCT


def convert(text: str, encoding: str, *, capitals: bool = False) -> str:
    """Return *text* (its bytes read as windows-1252) converted from "tcvn3", "vni", "viscii" or "vps".

    *capitals* is for the capital fonts of TCVN3 (`.VnTimeH`).
    """
    if capitals and encoding == "tcvn3":
        return text.translate(TCVN3_CAPITALS).upper()
    return _CONVERTERS[encoding](text)


def repair(text: str) -> tuple[str, str | None]:
    """Return *text* put right and the name of the encoding it was in, or the same text and None.

    Nothing is touched unless the conversion makes many common words out of none.
    """
    sample = text[:_SAMPLE]
    if text.isascii() or not _SIGNS.search(sample) and "ƣ" not in sample and "ð" not in sample:
        return text, None
    before = vietnamese_words(unicodedata.normalize("NFC", sample))
    best, gained = None, 0
    for encoding in _CONVERTERS:
        after = vietnamese_words(convert(sample, encoding))
        if after > gained:
            best, gained = encoding, after
    # Two words by chance make no language; a sound text has its own words, which conversion destroys.
    # One word again and again is no language either: VISCII reads every em dash as Ở.
    if best is not None and gained >= before + 3 and gained > 2 * before and is_varied(convert(sample, best)):
        return convert(text, best), best
    if before >= 3 and _VIETNAMESE_ONLY.search(sample) and _STRAY.search(text):
        mended = _STRAY.sub(lambda found: found.group().translate(_STRAY_LETTERS), text)
        if vietnamese_words(mended[:_SAMPLE]) > before:
            return mended, "font"
    return text, None


def _once(found: re.Match[str]) -> str:
    seen = found.group()
    try:
        return bytes(_SEEN_AS[char] for char in seen).decode()
    except UnicodeDecodeError:
        return seen


def _from_1258(text: str) -> str:
    try:
        return unicodedata.normalize("NFC", text.encode("cp1252").decode("cp1258"))
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
