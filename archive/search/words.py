"""From typed text to the words the indexes hold: the query side of the folding done by SQL triggers."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from archive.vietnamese.fold import fold, place_tones

# What unicode61 takes for a word: letters and digits; the underscore separates.
WORD = re.compile(r"[^\W_]+")

# Typed by phones and word processors in place of the plain characters of the query language.
_TYPED = str.maketrans(
    {
        "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "″": '"',
        "‘": "'", "’": "'", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-",
        "\u00ad": None, "\u200b": None, "\u200c": None, "\u200d": None, "\ufeff": None, "\u2060": None,
    }
)  # fmt: skip


def as_typed(text: str) -> str:
    """Return *text* composed, half-width and without control characters or lone surrogates.

    NFD, full-width letters, typographic quotes and eth for đ come out as if typed plainly. SQLite ends
    a query at NUL and cannot encode surrogates: both become spaces.
    """
    text = unicodedata.normalize("NFKC", text.translate(_TYPED)).translate(_TYPED)
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in text)
    # A query is Vietnamese, and the index reads every eth as đ: no neighbour is needed to prove it.
    return text.replace("Ð", "Đ").replace("ð", "đ")


def words(text: str) -> tuple[str, ...]:
    """Return the words of *text* in lower case, marks kept."""
    return tuple(WORD.findall(text.lower()))


def is_marked(text: str) -> bool:
    """Say whether *text* carries Vietnamese marks (or đ): then the user knows which word is meant."""
    return not text.isascii() and fold(text) != text.casefold()


def exact(word: str) -> str:
    """Return *word* in the form of the exact index: lower case, one tone placement, eth as đ."""
    return place_tones(word.lower().replace("ð", "đ"))


@lru_cache(maxsize=50_000)
def forms(word: str) -> tuple[str, str]:
    """Return *word* as the exact and as the folded index hold it.

    Remembered: Vietnamese has some 7,000 syllables, so nearly every word has been met before.
    """
    return exact(word), fold(word)


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of each word of *text*, as published."""
    for found in WORD.finditer(text):
        yield found.span()
