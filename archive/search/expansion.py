"""Abbreviations both ways: UBND finds "Ủy ban nhân dân", and typing it out finds UBND."""

from dataclasses import replace
from functools import cache
from typing import NamedTuple

from archive.search.query import And, Leaf, Node, Not, Or
from archive.search.words import exact, is_marked, words
from archive.vietnamese.abbreviations import expansions
from archive.vietnamese.fold import fold

_VOWELS = frozenset("aeiouy")
# A two-letter word with a vowel may be a word of the language ("tu": TU, Tỉnh ủy; also tư, tự, từ).
_ALWAYS_ABBREVIATION = 3


class _Tables(NamedTuple):
    by_short: dict[str, list[tuple[str, ...]]]  # folded abbreviation → full forms, marks kept
    by_full: dict[tuple[str, ...], list[str]]  # folded words of a full form → abbreviations, marks kept
    longest: int  # words in the longest full form


@cache
def _tables() -> _Tables:
    by_short: dict[str, list[tuple[str, ...]]] = {}
    by_full: dict[tuple[str, ...], list[str]] = {}
    for short, fulls in expansions().items():
        for full in fulls:
            if len(words(short)) != 1 or len(words(full)) < 2:
                continue
            by_short.setdefault(fold(short), []).append(words(full))
            by_full.setdefault(words(fold(full)), []).append(short.lower())
    return _Tables(by_short, by_full, max(map(len, by_full), default=0))


def expand(node: Node, typed: frozenset[str] = frozenset()) -> Node:
    """Return *node* with each abbreviation or full form as alternatives; quoted phrases stay literal.

    *typed* holds the query's words as typed: a short abbreviation that could be a word counts as one
    only in capitals.
    """
    if isinstance(node, Leaf):
        return _expand_word(node, typed)
    if isinstance(node, Not):
        return Not(expand(node.part, typed))
    if isinstance(node, Or):
        return Or(tuple(expand(part, typed) for part in node.parts))
    return _expand_run(node.parts, typed)


def _expand_word(leaf: Leaf, typed: frozenset[str]) -> Node:
    if leaf.prefix or leaf.quoted or len(leaf.words) != 1:
        return leaf
    word = leaf.words[0]
    fulls = _tables().by_short.get(fold(word), [])
    could_be_a_word = len(word) < _ALWAYS_ABBREVIATION and not _VOWELS.isdisjoint(fold(word))
    if not fulls or (could_be_a_word and word.upper() not in typed):
        return leaf
    # Who typed "UBND" knows which words it stands for, but only HĐND says so with a mark: the full form
    # is matched as strictly as the abbreviation itself.
    return Or((leaf, *(Leaf(full, marked=leaf.marked) for full in fulls)))


def _expand_run(parts: tuple[Node, ...], typed: frozenset[str]) -> Node:
    """Find full forms among neighbouring words, the longest first."""
    table = _tables()
    made: list[Node] = []
    at = 0
    while at < len(parts):
        for length in range(min(table.longest, len(parts) - at), 1, -1):
            run = [part for part in parts[at : at + length] if isinstance(part, Leaf) and _is_plain(part)]
            full = tuple(leaf.words[0] for leaf in run)
            shorts = table.by_full.get(tuple(map(fold, full)), []) if len(run) == length else []
            shorts = [short for short in shorts if _agrees(full, short)]
            if shorts:
                made.append(_alternatives(run, shorts))
                at += length
                break
        else:
            made.append(expand(parts[at], typed))
            at += 1
    return made[0] if len(made) == 1 else And(tuple(made))


def _alternatives(run: list[Leaf], shorts: list[str]) -> Node:
    """Return the words of a full form, or one of its abbreviations.

    "Ủy ban nhân dân" typed in full with its marks is exact in every word, also in "ban", which has none:
    one index answers, which is twice as fast as both.
    """
    marked = any(leaf.marked for leaf in run)
    if marked and any(_is_typed_in_full(run, short) for short in shorts):
        run = [replace(leaf, marked=True) for leaf in run]
    return Or((And(tuple(run)), *(Leaf((short,), marked=marked) for short in shorts)))


def _is_typed_in_full(run: list[Leaf], short: str) -> bool:
    typed = [exact(leaf.words[0]) for leaf in run]
    return any(typed == [exact(word) for word in form] for form in _tables().by_short.get(fold(short), []))


def _is_plain(leaf: Leaf) -> bool:
    return len(leaf.words) == 1 and not leaf.prefix and not leaf.quoted


def _agrees(full: tuple[str, ...], short: str) -> bool:
    """Say whether the words as typed are the full form: each typed mark must be the form's own."""
    forms = (form for form in _tables().by_short.get(fold(short), []) if len(form) == len(full))
    return any(
        all(
            not is_marked(word) or exact(word) == exact(right) for word, right in zip(full, form, strict=True)
        )
        for form in forms
    )
