"""Text typed in fonts of before Unicode (TCVN3, VNI, VISCII), read as Latin: put right, or left alone.

`repair` judges by frequent words: text that is Vietnamese already, or another language, comes back as it
was. The tables map what such text looks like when its bytes are read as windows-1252.
"""

import re
import unicodedata
from collections.abc import Callable

_LOWER = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
# TCVN 5712-3 (ABC, the .Vn fonts): one character a letter; capitals with tones exist in .VnTimeH only.
_TCVN3_LOWER = "µ¸¶·¹¨»¾¼½Æ©ÇÊÈÉË®ÌÐÎÏÑªÒÕÓÔÖ×ÝØÜÞßãáâä«åèæçé¬êíëìîïóñòô\xadõøö÷ùúýûüþ"
TCVN3 = str.maketrans(_TCVN3_LOWER + "¡¢£¤¥¦§", _LOWER + "ĂÂÊÔƠƯĐ")
# The capital fonts (.VnTimeH) show the same characters as capitals.
TCVN3_CAPITALS = {code: letter.upper() for code, letter in zip(map(ord, _TCVN3_LOWER), _LOWER, strict=True)}

# VISCII (RFC 1456), by byte; the six that stand among the control characters too.
_VISCII_HIGH = (
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"
)
_VISCII_LOW = {0x02: "Ẳ", 0x05: "Ẵ", 0x06: "Ẫ", 0x14: "Ỷ", 0x19: "Ỹ", 0x1E: "Ỵ"}
_VISCII_BYTES = {**_VISCII_LOW, **{0x80 + place: letter for place, letter in enumerate(_VISCII_HIGH)}}


def _as_cp1252(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


VISCII = {ord(_as_cp1252(byte)): letter for byte, letter in _VISCII_BYTES.items()}

# VNI: the vowel, then its marks as a second character; đ, ơ, ư and the tones of i and ỵ are single.
_VNI_MARKS = {
    "ù": "\u0301", "ø": "\u0300", "û": "\u0309", "õ": "\u0303", "ï": "\u0323",
    "â": "\u0302", "á": "\u0302\u0301", "à": "\u0302\u0300", "å": "\u0302\u0309", "ã": "\u0302\u0303",
    "ä": "\u0302\u0323", "ê": "\u0306", "é": "\u0306\u0301", "è": "\u0306\u0300", "ú": "\u0306\u0309",
    "ü": "\u0306\u0303", "ë": "\u0306\u0323",
}  # fmt: skip
_VNI_SINGLE = {"ñ": "đ", "ô": "ơ", "ö": "ư", "í": "í", "ì": "ì", "æ": "ỉ", "ó": "ĩ", "ò": "ị", "î": "ỵ"}


def _vni_table() -> dict[str, str]:
    table = {}
    for base, plain in (*((vowel, vowel) for vowel in "aeouy"), ("ô", "ơ"), ("ö", "ư")):
        for mark, marks in _VNI_MARKS.items():
            if (mark in "êéèúüë" and base != "a") or (mark in "âáàåãä" and base not in "aeo"):
                continue
            letter = unicodedata.normalize("NFC", plain + marks)
            table[base + mark] = letter
            table[base.upper() + mark] = table[base.upper() + mark.upper()] = letter.upper()
    for single, letter in _VNI_SINGLE.items():
        table[single], table[single.upper()] = letter, letter.upper()
    return table


_VNI = _vni_table()
_VNI_TOKEN = re.compile("|".join(sorted(_VNI, key=len, reverse=True)))

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

_CONVERTERS: dict[str, Callable[[str], str]] = {
    "tcvn3": lambda text: text.translate(TCVN3),
    "vni": lambda text: _VNI_TOKEN.sub(lambda found: _VNI[found.group()], text),
    "viscii": lambda text: text.translate(VISCII),
    "windows-1258": lambda text: _from_1258(text),
}
# What must stand in a text before a conversion is even tried, so that other text costs little.
_SIGNS = re.compile("[®¸µ¹©ª«¬\xad¨¶·»¾ÕÖÞßøñöùûåäïÑÌØÙÛ\x80-\x9f]")
_SAMPLE = 20_000


def vietnamese_words(text: str) -> int:
    """Return how many of the commonest marked words stand in *text* (NFC): how Vietnamese it reads."""
    common = _MARKED_COMMON
    return sum(word in common for word in _WORD.findall(text.lower()))


def is_unicode_vietnamese(text: str) -> bool:
    """Whether *text* holds letters that no legacy font produces when read as windows-1252."""
    return _VIETNAMESE_ONLY.search(text) is not None


def convert(text: str, encoding: str, *, capitals: bool = False) -> str:
    """Return *text* (its bytes read as windows-1252) converted from "tcvn3", "vni" or "viscii".

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
    if best is not None and gained >= before + 3 and gained > 2 * before:
        return convert(text, best), best
    if before >= 3 and _VIETNAMESE_ONLY.search(sample) and _STRAY.search(text):
        mended = _STRAY.sub(lambda found: found.group().translate(_STRAY_LETTERS), text)
        if vietnamese_words(mended[:_SAMPLE]) > before:
            return mended, "font"
    return text, None


def _from_1258(text: str) -> str:
    try:
        return unicodedata.normalize("NFC", text.encode("cp1252").decode("cp1258"))
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text
