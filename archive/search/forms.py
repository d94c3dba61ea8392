"""What the indexes are fed, made in Python for many articles at once: the same words as the triggers make.

A trigger makes the exact form of a text by forty nested replace(), which takes longer than FTS5 takes to
index it; any SQLite client must be able to write, so the triggers stay as they are.
"""

from archive.schema.m0002_search import BARE_D, ETH, TONE_PLACEMENT
from archive.search.letters import bare, placed

_PAIRS = ETH + TONE_PLACEMENT


def exact_form(text: str | None) -> str | None:
    """Return what the exact index is fed: ASCII in small letters, tone marks on their new place."""
    if not text:
        return text
    if (made := placed(text)) is not None:
        return made
    # As SQLite's lower(): the tokenizer folds the case of other letters.
    text = text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
    for old, new in _PAIRS:
        text = text.replace(old, new)
    return text


def folded_form(text: str | None) -> str | None:
    """Return what the folded index is fed: all marks off where that is safe to say, else d for đ.

    FTS5 takes the marks off by itself, letter by letter; bare letters it takes in half the time.
    """
    if not text:
        return text
    if (made := bare(text)) is not None:
        return made
    for old, new in BARE_D:
        text = text.replace(old, new)
    return text
