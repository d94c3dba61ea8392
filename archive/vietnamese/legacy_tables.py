"""Tables of the encodings of before Unicode, by what their bytes look like when read as windows-1252.

TCVN 5712-3 (ABC, the .Vn fonts), VISCII (RFC 1456), VPS and VNI. Facts, from the published standards.
"""

import re
import unicodedata

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

# VPS (Vietnamese Professionals Society), by byte from 0x80; "·" where it has a letter of no Vietnamese word.
_VPS_HIGH = (
    "ÀẢÃẤẦẨọỗĂếềểệẮẰẲẾ‘’ỀỂỄỐỒỔỖýỷỵỚỜỞ\xa0ắằẳẵặỠớÙờởỡŨỨợỪổỬỲỸÍÌộỈĨÓửữÒỎÕựầÁÂấẩẫậđẻÉÊẹỉễịỹƯỦồốÔỏơÈừứÚũưÝẺ·"
    "àáâãảạă·èéêẽìí·ĩẴĐòóôõ·ƠụùúủüỶẼỳ"
)
_VPS_LOW = {
    0x02: "Ạ", 0x03: "Ậ", 0x04: "Ặ", 0x05: "Ẹ", 0x06: "Ệ", 0x10: "Ị", 0x11: "Ọ", 0x12: "Ộ", 0x13: "Ợ",
    0x14: "Ụ", 0x15: "Ự", 0x19: "Ỵ", 0x1C: "Ẫ", 0x1D: "Ữ",
}  # fmt: skip
_VPS_BYTES = {
    **_VPS_LOW,
    **{0x80 + place: letter for place, letter in enumerate(_VPS_HIGH) if letter not in "·\xa0‘’ü"},
}


def _as_cp1252(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return chr(byte)


def _by_sight(letters: dict[int, str]) -> dict[int, str]:
    # Some readers leave 0x80 to 0x9F as control characters instead.
    return {**letters, **{ord(_as_cp1252(byte)): letter for byte, letter in letters.items()}}


VISCII = _by_sight(_VISCII_BYTES)
VPS = _by_sight(_VPS_BYTES)

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


VNI = _vni_table()
VNI_TOKEN = re.compile("|".join(sorted(VNI, key=len, reverse=True)))
