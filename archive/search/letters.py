"""A text's letters as bytes, one a letter, for scanning many texts fast: places are places in the text.

`str.translate` folds at some 30 ns a letter, a tenth of a second for what a page of hits looks at;
a lower-case Vietnamese text fits into one byte a letter, and bytes are folded, split and searched in C.
"""

import codecs
import unicodedata

from archive.schema.m0002_search import ETH, TONE_PLACEMENT
from archive.vietnamese.fold import fold

_MARKED = (
    "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđð"
)  # fmt: skip
# What is between words in prose; anything else that is no letter may be mistaken for a question mark.
_BETWEEN = "“”‘’–—…•«»\u00a0°§"
# Parts of a word ("m²") that fold to no letter.
_RAISED = "²³"
_LETTERS = ("".join(map(chr, range(128))) + _MARKED + _BETWEEN + _RAISED).ljust(256, "\ufffe")
_KNOWN = frozenset(_LETTERS)
_CODES = codecs.charmap_build(_LETTERS)


def _folded_code(code: int) -> int:
    if _LETTERS[code] in _RAISED:
        return ord("?")
    letter = fold(_LETTERS[code]) if _LETTERS[code] != "\ufffe" else " "
    return ord(letter) if len(letter) == 1 and letter.isascii() and letter.isalnum() else ord(" ")


_FOLD = bytes(map(_folded_code, range(256)))
# Letters and digits as they are, whatever else is between words; "?" stands for letters without a byte.
_WORDS = bytes(code if _LETTERS[code].isalnum() or code == ord("?") else ord(" ") for code in range(256))
_PLACES = tuple(
    (codecs.charmap_encode(old, "strict", _CODES)[0], codecs.charmap_encode(new, "strict", _CODES)[0])
    for old, new in ETH + TONE_PLACEMENT
    if old == old.lower()
)


def folded(text: str) -> bytes:
    """Return *text* (NFC) folded, one byte a letter, with a space for whatever stands between words.

    >>> folded("Ủy ban, Đà_Nẵng")
    b'uy ban  da nang'

    A letter of another script, which has no byte, becomes a question mark: it belongs to a word that no
    Vietnamese word is equal to.
    """
    lowered = text.lower()
    if len(lowered) != len(text):
        return _letter_by_letter(text)
    made, others = _coded(lowered)
    if any(letter.isalnum() or fold(letter) != letter for letter in others):
        return _letter_by_letter(text)
    return made.translate(_FOLD)


def bare(text: str) -> str | None:
    """Return *text* folded where FTS5 finds the same words in it as in *text* without marks, else None.

    None where a letter is neither ASCII nor Vietnamese: FTS5 has a view of its own on each of these.
    """
    made = _safe(text)
    return None if made is None else made.translate(_FOLD).decode("ascii")


def placed(text: str) -> str | None:
    """Return *text* in small letters, tones in their new place, where FTS5 finds those words, else None."""
    made = _safe(text)
    if made is None:
        return None
    for old, new in _PLACES:
        made = made.replace(old, new)
    return codecs.charmap_decode(made, "strict", _LETTERS)[0]


def _coded(lowered: str) -> tuple[bytes, set[str]]:
    """Return the bytes of a lower-case text, and its letters that have none of their own."""
    made, _ = codecs.charmap_encode(lowered, "replace", _CODES)
    return made, set(lowered) - _KNOWN if made.count(b"?") != lowered.count("?") else set()


def _safe(text: str) -> bytes | None:
    lowered = text.lower()
    if len(lowered) != len(text) or "²" in lowered or "³" in lowered:
        return None
    made, others = _coded(lowered)
    return None if any(unicodedata.category(letter)[0] not in "PSZ" for letter in others) else made


def plain(text: str) -> bytes:
    """Return the folded words of *text* with one space before, between and after them."""
    return b" %b " % b" ".join(folded(text).split())


def marked_words(text: str) -> list[bytes]:
    """Return the words of *text* with their marks, tones in their new place, in bytes that only compare."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(letter.lower()[:1] for letter in text)
    made, _ = _coded(lowered)
    for old, new in _PLACES:
        made = made.replace(old, new)
    return made.translate(_WORDS).split()


def _letter_by_letter(text: str) -> bytes:
    return bytes(map(_byte, text))


def _byte(letter: str) -> int:
    bare = fold(letter)[:1] or " "
    if not bare.isalnum():
        return ord(" ")
    return ord(bare) if bare.isascii() else ord("?")
