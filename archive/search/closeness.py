"""The best of a match ordered by what their texts say: how often the words stand there, and whether together.

bm25 knows nothing of neighbours, and in Vietnamese a word is two syllables side by side. It also counts every
place of every word of the query before its first score, a tenth of a second for eight common words at a
million articles, so few matches are weighed here instead, by the same formula over the texts themselves.
"""

import json
import math
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from archive.search.letters import folded, marked_words, plain
from archive.search.plan import WEIGHTS
from archive.search.query import Leaf
from archive.search.words import exact
from archive.vietnamese.fold import fold

Scored: TypeAlias = tuple[int, float]

_TEXT_CHARS = 800
# bm25's constants, as FTS5 has them.
_K1, _B = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class Typed:
    """What ranking knows of the query: its words, folded and in order, and whether the last letters are open.

    `is_wide`: a prefix stands for so many words that bm25 is not asked.
    """

    words: tuple[str, ...]
    open_ended: frozenset[int] = frozenset()
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """A word or phrase of the query and what it is worth (its inverse document frequency)."""

    leaf: Leaf
    strict: bool
    worth: float


def by_neighbours(conn: sqlite3.Connection, scored: Sequence[Scored], typed: Typed) -> list[Scored]:
    """Return *scored* in the order of their scores, raised where the words stand together as typed."""
    if len(scored) < 2 or (len(typed.words) < 2 and not typed.open_ended):
        return sorted(scored, key=best_first)
    texts = {
        row[0]: (plain(row[1]), plain(row[2]))
        for row in conn.execute(
            f"SELECT article_id, title, lead || char(10) || substr(text, 1, {_TEXT_CHARS}) "
            "FROM articles WHERE article_id IN (SELECT value FROM json_each(?))",
            (json.dumps([article_id for article_id, _ in scored]),),
        )
    }
    return _raised(scored, texts, typed)


def by_texts(
    conn: sqlite3.Connection,
    ids: Sequence[int],
    weighed: Sequence[Weighed],
    typed: Typed,
    *,
    with_files: bool = False,
) -> list[Scored] | None:
    """Return *ids* ordered by bm25 over their whole texts, and by neighbours.

    None where an attached file has been read: its text is in the index, and too long to be read here.
    *with_files*: then too, without what the files say.
    """
    listed = json.dumps(ids)
    if (
        not with_files
        and conn.execute(
            "SELECT 1 FROM attachments WHERE file_id IS NOT NULL"
            " AND article_id IN (SELECT value FROM json_each(?)) LIMIT 1",
            (listed,),
        ).fetchone()
    ):
        return None
    rows = conn.execute(
        "SELECT article_id, text, title, lead FROM articles"
        " WHERE article_id IN (SELECT value FROM json_each(?))",
        (listed,),
    ).fetchall()
    sought = [(one.strict, _needle(one), one.worth) for one in weighed]
    frequencies: dict[int, list[float]] = {}
    sizes: dict[int, int] = {}
    texts: dict[int, tuple[bytes, bytes]] = {}
    any_strict = any(one.strict for one in weighed)
    for article_id, *columns in rows:
        words = [folded(column).split() for column in columns]
        bare = [_spaced(column) for column in words]
        marked = [_spaced(marked_words(column)) for column in columns] if any_strict else bare
        sizes[article_id] = sum(map(len, words))
        frequencies[article_id] = [
            sum(
                weight * column.count(needle)
                for weight, column in zip(WEIGHTS, marked if strict else bare, strict=False)
            )
            for strict, needle, _ in sought
        ]
        texts[article_id] = plain(columns[1]), plain(f"{columns[2]}\n{columns[0][:_TEXT_CHARS]}")
    mean = _mean_size(conn)
    scored = []
    for article_id, numbers in frequencies.items():
        longer = _K1 * (1 - _B + _B * sizes[article_id] / mean)
        score = sum(
            worth * number * (_K1 + 1) / (number + longer)
            for number, (_, _, worth) in zip(numbers, sought, strict=True)
        )
        scored.append((article_id, score))
    if len(scored) < 2 or (len(typed.words) < 2 and not typed.open_ended):
        return sorted(scored, key=best_first)
    return _raised(scored, texts, typed)


def worth(articles: int, matches: float) -> float:
    """Return the inverse document frequency as FTS5's bm25 has it."""
    return max(math.log((articles - matches + 0.5) / (matches + 0.5)), 1e-6) if matches < articles else 1e-6


def _mean_size(conn: sqlite3.Connection) -> float:
    """Return the words of an article on average, from the record FTS5 keeps: rows, then words by column."""
    row = conn.execute("SELECT block FROM articles_folded_data WHERE id = 1").fetchone()
    numbers, number = [], 0
    for byte in row[0] if row else b"":
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            numbers.append(number)
            number = 0
    return sum(numbers[1:]) / numbers[0] if numbers and numbers[0] and sum(numbers[1:]) else 1.0


def best_first(pair: Scored) -> tuple[float, int]:
    """Return the key that sorts scores: the highest first, of equals the one archived last."""
    return -pair[1], -pair[0]


def _needle(one: Weighed) -> bytes:
    """Return what stands in the spaced text wherever the leaf does."""
    typed = " ".join(one.leaf.words)
    return _spaced(marked_words(exact(typed)) if one.strict else folded(fold(typed)).split())


def _spaced(words: Sequence[bytes]) -> bytes:
    # Two spaces between words: each has its own, so that neighbours are counted both.
    return b" %b " % b"  ".join(words)


def _raised(scored: Sequence[Scored], texts: Mapping[int, tuple[bytes, bytes]], typed: Typed) -> list[Scored]:
    words = [folded(word).replace(b" ", b"?") for word in typed.words]
    singles = [b" " + word + (b"" if at in typed.open_ended else b" ") for at, word in enumerate(words)]
    pairs = [b" " + one + two for one, two in zip(words, singles[1:], strict=False)] or singles
    whole = b" " + b" ".join(words[:-1]) + singles[-1] if len(words) > 1 else singles[0]
    made = []
    for article_id, score in scored:
        title, text = texts.get(article_id, (b"", b""))
        in_title = sum(pair in title for pair in pairs) / len(pairs)
        in_text = sum(pair in text for pair in pairs) / len(pairs)
        named = sum(word in title for word in singles) / len(singles)
        # A title typed out is meant, before titles that only contain it ("Điểm tin: …").
        boost = 1 + in_title + 0.7 * in_text + 0.5 * (whole in title) + 0.3 * (whole in text)
        boost += 0.5 * (whole == title) + 0.5 * named * named
        made.append((article_id, score * boost))
    return sorted(made, key=best_first)
