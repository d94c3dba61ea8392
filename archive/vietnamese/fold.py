"""Folding for search: any Unicode text in, the form that index and queries are matched in out.

Nothing here is for storing or showing: what is kept stays as published apart from `nfc` (I10).
"""

import re
import unicodedata

# The blocks of combining marks that Vietnamese, its typists and its converters produce. Deleting them
# from decomposed text by one table costs a fifth of asking unicodedata.combining() for each letter.
_MARKS = dict.fromkeys([*range(0x0300, 0x0370), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00)])
# đ is a letter, not d with a mark: NFD keeps it whole, and so does FTS5's "remove_diacritics 2", under
# which a search for "da nang" misses "Đà Nẵng". Eth is what older fonts put in its place.
_BARE: dict[int, str | None] = {**_MARKS, ord("đ"): "d", ord("Đ"): "d", ord("ð"): "d", ord("Ð"): "d"}

# "hòa" and "hoà" are one word in two spellings; the second form is always well-formed, also in a closed
# syllable ("hòan" → "hoàn") and after q ("qúy" → "quý"), so no look at the neighbours is needed.
_CLUSTERS = (("o", "a"), ("o", "e"), ("u", "y"))
_TONES = ("\u0300", "\u0301", "\u0309", "\u0303", "\u0323")


def _tone_pairs() -> tuple[tuple[str, str], ...]:
    pairs = []
    for first, second in _CLUSTERS:
        for tone in _TONES:
            for upper in ((False, False), (True, False), (True, True), (False, True)):
                one, two = (
                    letter.upper() if big else letter
                    for letter, big in zip((first, second), upper, strict=True)
                )
                old = unicodedata.normalize("NFC", one + tone + two)
                new = unicodedata.normalize("NFC", one + two + tone)
                pairs.append((old, new))
    return tuple(pairs)


# For whoever must do the same without Python, as SQL triggers do with nested replace(); the order is free.
TONE_PAIRS = _tone_pairs()
_TONE_MAP = dict(TONE_PAIRS)
_MISPLACED = re.compile("[òóỏõọÒÓỎÕỌ][aeAE]|[ùúủũụÙÚỦŨỤ][yY]")

_ETH = str.maketrans("Ðð", "Đđ")
_VIETNAMESE_ONLY = re.compile("[ăĂơƠưƯđĐ\u1ea0-\u1ef9]")
_CAPITALS_WITH_ETH = re.compile(r"(?<![^\W\d_])(?=[A-Z]*+Ð)[A-ZÐ]++(?![^\W\d_])")
_ICELANDIC = re.compile("[þÞ]")


def nfc(text: str) -> str:
    """Return *text* precomposed: the one change that stored text undergoes.

    Mends the half-decomposed typing of Windows-1258 too (ê + combining grave = ề).
    """
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Return *text* without case or Vietnamese marks, for matching only, never for display.

    >>> fold("Quyết định Đà Nẵng")
    'quyet dinh da nang'

    A change here makes every existing index stale, so it ships with a migration that reindexes.
    """
    if text.isascii():
        return text.lower()
    try:
        return text.translate(_FOLDED)
    except _OrderMattersError:
        return _fold_whole(text)


def _fold_whole(text: str) -> str:
    # Some letters decompose into capitals only after folding case, and some fold only once decomposed
    # (U+0345 becomes a letter): both orders, so that folding twice changes nothing.
    decomposed = unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
    return decomposed.translate(_BARE)


class _OrderMattersError(Exception):
    """A mark that is kept, whose place among others only the whole text says."""


class _Folded(dict[int, str]):
    """Each letter's folded form, found once: one pass over the text, in a third of the time of four."""

    def __missing__(self, code: int) -> str:
        folded = _fold_whole(chr(code))
        if any(unicodedata.combining(letter) for letter in folded):
            raise _OrderMattersError
        self[code] = folded
        return folded


_FOLDED = _Folded()


def place_tones(text: str) -> str:
    """Return *text* (NFC) with the tone of oa, oe and uy on the second vowel; for matching only.

    >>> place_tones("Ủy ban, hòa, thúy, khỏe") == place_tones("Uỷ ban, hoà, thuý, khoẻ")
    True

    >>> place_tones("toàn, quý")
    'toàn, quý'
    """
    if text.isascii():
        return text
    return _MISPLACED.sub(lambda found: _TONE_MAP[found.group()], unicodedata.normalize("NFC", text))


def mend_eth(text: str) -> str:
    """Return *text* with U+00D0/U+00F0 read as Đ/đ where it is Vietnamese; for matching only.

    Same length as *text*, so offsets stay true. Vietnamese is: a letter no other Latin language has
    stands somewhere, or the word is an abbreviation (`QÐ-UBND`); an Icelandic thorn forbids both.

    >>> mend_eth("26/2007/QÐ-UBND")
    '26/2007/QĐ-UBND'
    """
    if "Ð" not in text and "ð" not in text or _ICELANDIC.search(text):
        return text
    if _VIETNAMESE_ONLY.search(text):
        return text.translate(_ETH)
    return _CAPITALS_WITH_ETH.sub(lambda found: found.group().translate(_ETH), text)
