""" "Did you mean": for words the archive does not have, the nearest that it has."""

import sqlite3
from collections.abc import Iterator

from archive.search.plan import phrase
from archive.search.query import Query
from archive.search.words import WORD
from archive.vietnamese.fold import fold

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# One edit makes about 70 spellings a letter, each asked of the index at 10 µs.
_MAX_LENGTH = 12
_MAX_UNKNOWN = 3
_ENOUGH = 200


def suggest(conn: sqlite3.Connection, query: Query) -> str | None:
    """Return the query with its unknown words replaced by words of the archive, or None.

    Looks at words without marks, one edit away; of several the one that stands with the query's other
    words, then the most frequent. What is suggested finds something, as far as its words go.
    """
    asked = list(
        dict.fromkeys(fold(word) for leaf in query.leaves() for word in leaf.words if not leaf.prefix)
    )
    known = {word for word in asked if _count(conn, [[word]], 1)}
    unknown = [word for word in asked if word not in known]
    if not unknown or len(unknown) > _MAX_UNKNOWN:
        return None
    chosen: dict[str, str] = {}
    for word in unknown:
        nearest = _nearest(
            conn, word, [chosen.get(one, one) for one in asked if one in known | {word, *chosen}]
        )
        if nearest is None:
            return None
        chosen[word] = nearest
    return WORD.sub(lambda found: chosen.get(fold(found.group()), found.group()), query.text)


def _nearest(conn: sqlite3.Connection, word: str, asked: list[str]) -> str | None:
    """Return the best replacement of *word* among the words *asked*: beside its neighbours, if possible."""
    if len(word) > _MAX_LENGTH:
        return None
    place = asked.index(word)
    others = asked[:place] + asked[place + 1 :]
    best, best_score = None, (0, 0, 0)
    for candidate in sorted(set(_edits(word))):
        if not (alone := _count(conn, [[candidate]])):
            continue
        together = _count(conn, [[candidate], *([one] for one in others)]) if others else alone
        pairs = [[asked[place - 1], candidate]] if place else []
        pairs += [[candidate, asked[place + 1]]] if place + 1 < len(asked) else []
        score = (sum(_count(conn, [pair]) for pair in pairs), together, alone)
        if together and score > best_score:
            best, best_score = candidate, score
    return best


def _edits(word: str) -> Iterator[str]:
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    for left, right in cuts:
        if len(right) > 1:
            yield left + right[1] + right[0] + right[2:]
        if right and len(word) > 1:
            yield left + right[1:]
        for letter in _LETTERS:
            yield left + letter + right
            if right:
                yield left + letter + right[1:]


def _count(conn: sqlite3.Connection, phrases: list[list[str]], enough: int = _ENOUGH) -> int:
    """Return in how many articles all the phrases stand, counted up to *enough*."""
    expr = "{title lead text} : (" + " AND ".join(map(phrase, phrases)) + ")"
    (number,) = conn.execute(
        "SELECT count(*) FROM (SELECT 1 FROM articles_folded WHERE articles_folded MATCH ? LIMIT ?)",
        (expr, enough),
    ).fetchone()
    return int(number)
