"""Excerpts and highlights, always cut from the original text: folding only decides what is marked.

FTS5's own snippet() serves one index; a query may need both, and its offsets would go wrong where
folding changes length. Only the shown hits are looked at, about 0.3 ms each.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple, TypeAlias

from archive.search.letters import folded
from archive.search.query import Leaf
from archive.search.words import WORD, exact, forms, spans
from archive.vietnamese.fold import fold

# (text, is it a match): what a page escapes piece by piece, so no mark can be mistaken for markup.
Parts: TypeAlias = tuple[tuple[str, bool], ...]

SNIPPET_WORDS = 36
# A gazette of 2 MB would cost a second to look at; its beginning does.
MAX_CHARS = 120_000
# Characters looked at round a match in a file, and how many matches of a word are enough to choose from.
_STRETCH = 1_500
_BEFORE = 300
_CROWD = 200
# Texts longer than this are looked at round the best place only; a word with its space has so many letters.
_LONG, _WORD_CHARS = 800, 8


class _Words(NamedTuple):
    """The words of a text, column by column: where each stands, and its two forms."""

    places: list[tuple[int, int]]
    exact: tuple[str, ...]
    folded: tuple[str, ...]


class Highlighter:
    """Marks what a query's words found; `folded` says that marks were ignored in every word."""

    def __init__(self, leaves: Sequence[Leaf], *, folded: bool = False) -> None:
        self.patterns = [_Pattern(leaf, strict=leaf.marked and not folded) for leaf in leaves]

    def whole(self, text: str) -> Parts:
        """Return all of *text*, its matches marked."""
        text_words = _words(text)
        return _parts(text, 0, len(text), text_words.places, self._hits(text_words))

    def snippet(self, text: str, size: int = SNIPPET_WORDS) -> Parts:
        """Return the stretch of about *size* words where most different words of the query stand.

        Without a match it is the beginning of the text. Cut ends carry an ellipsis.
        """
        text = text[:MAX_CHARS]
        # Cutting a whole article into words costs four times what finding the place to cut does.
        at, until = self._around(text, size) if len(text) > _LONG else (0, len(text))
        text_words = _words(text[at:until], at)
        if not text_words.places:
            return ((" ".join(text.split())[:200], False),) if text.strip() else ()
        hits = self._hits(text_words)
        places = text_words.places
        first = _best_window(hits, len(places), size)
        last = min(first + size, len(places))
        is_start, is_end = at == 0 and not first, until == len(text) and last == len(places)
        start = 0 if is_start else places[first][0]
        end = len(text) if is_end else places[last - 1][1]
        parts = _parts(text, start, end, places[first:last], hits[first:last])
        shown = tuple((_one_line(piece), matched) for piece, matched in parts)
        before: Parts = () if is_start else (("… ", False),)
        after: Parts = () if is_end else ((" …", False),)
        return before + shown + after

    def _around(self, text: str, size: int) -> tuple[int, int]:
        """Return the stretch of *text* that holds the best window of *size* words, or its beginning."""
        reach = size * _WORD_CHARS
        _, start = self._crowded(text, reach)
        first = max(0, start - reach // 4)
        if first:
            # A word is not cut in two.
            first = next((at for at in range(first, start) if text[at].isspace()), start)
        return first, min(len(text), start + reach + reach // 4)

    def neighbourhood(self, text: str) -> tuple[int, str]:
        """Return how many of the patterns stand close together in *text* at best, and that stretch of it.

        For files, which may have a hundred pages: the folded text is searched as a whole, some 10 ms for
        100 kB, and only the stretch is cut into words. (0, "") where nothing is found.
        """
        best, best_start = self._crowded(text, _STRETCH)
        if not best:
            return 0, ""
        first = max(0, best_start - _BEFORE)
        first += len(text[first:best_start]) - len(text[first:best_start].lstrip()) if first else 0
        return best, text[first : best_start + _STRETCH]

    def _crowded(self, text: str, reach: int) -> tuple[int, int]:
        """Return how many of the patterns stand within *reach* letters at best, and from where on."""
        within = b" " + folded(text) + b" "
        places = sorted(
            (start, number)
            for number, pattern in enumerate(self.patterns)
            for start in pattern.places(text, within)
        )
        best, best_start = (0, 0), 0
        inside, last = [0] * len(self.patterns), 0
        for first, (start, number) in enumerate(places):
            while last < len(places) and places[last][0] < start + reach:
                inside[places[last][1]] += 1
                last += 1
            score = (len(inside) - inside.count(0), min(last - first, reach // 20))
            if score > best:
                best, best_start = score, start
            inside[number] -= 1
        return best[0], best_start

    def kinds(self, text: str) -> int:
        """Return how many of the patterns stand anywhere in *text*."""
        return len({number for number in self._hits(_words(text[:MAX_CHARS])) if number is not None})

    def _hits(self, text_words: _Words) -> list[int | None]:
        """Return for each word the number of the pattern it belongs to, or None."""
        hits: list[int | None] = [None] * len(text_words.places)
        for number, pattern in enumerate(self.patterns):
            length = len(pattern.forms)
            for at in pattern.find(text_words):
                hits[at : at + length] = [number] * length
        return hits


class _Pattern:
    """One leaf, ready to be looked for in the words of a text."""

    def __init__(self, leaf: Leaf, *, strict: bool) -> None:
        self.strict = strict
        self.prefix = leaf.prefix
        self.forms = tuple(exact(word) if strict else fold(word) for word in leaf.words)
        words = [re.escape(folded(fold(form))) for form in self.forms]
        end = b"" if self.prefix else rb"(?= )"
        self.sought = re.compile(b" " + b" {1,5}".join(words) + end)

    def find(self, text_words: _Words) -> list[int]:
        forms = text_words.exact if self.strict else text_words.folded
        first, length = self.forms[0], len(self.forms)
        if length == 1:
            if self.prefix:
                return [at for at, form in enumerate(forms) if form.startswith(first)]
            # Most words of a query are in few of the stretches looked at.
            return [at for at, form in enumerate(forms) if form == first] if first in forms else []
        if first not in forms:
            return []
        last = len(forms) - length + 1
        return [at for at in range(last) if forms[at] == first and self._stands(forms[at : at + length])]

    def places(self, text: str, within: bytes) -> Iterator[int]:
        """Yield where it stands in *text*, of which *within* is the folded form between two spaces."""
        for found in islice(self.sought.finditer(within), _CROWD):
            if not self.strict or self._stands(_exact_words(text[found.start() : found.end() - 1])):
                yield found.start()

    def _stands(self, run: tuple[str, ...]) -> bool:
        if self.prefix and len(run) == len(self.forms):
            return run[:-1] == self.forms[:-1] and run[-1].startswith(self.forms[-1])
        return run == self.forms


def marked(parts: Parts, before: str, after: str) -> str:
    """Return *parts* as one string with *before* and *after* around each match."""
    return "".join(f"{before}{text}{after}" if matched else text for text, matched in parts)


def _words(text: str, at: int = 0) -> _Words:
    """Return the words of *text*, their offsets counted from *at* on."""
    places = list(spans(text))
    if not places:
        return _Words([], (), ())
    marked_forms, bare_forms = zip(*map(forms, WORD.findall(text)), strict=True)
    moved = [(at + start, at + end) for start, end in places] if at else places
    return _Words(moved, marked_forms, bare_forms)


@lru_cache(maxsize=20_000)
def _exact_words(stretch: str) -> tuple[str, ...]:
    """Return the words of a stretch as the exact index has them; the same few are asked for again."""
    return _words(stretch).exact


def _one_line(text: str) -> str:
    if not text.strip():
        return " " if text else ""
    lead = " " if text[0].isspace() else ""
    tail = " " if text[-1].isspace() else ""
    return lead + " ".join(text.split()) + tail


def _best_window(hits: Sequence[int | None], total: int, size: int) -> int:
    """Return the index of the first word to show: most different patterns, then most matches, earliest."""
    places = [at for at, number in enumerate(hits) if number is not None]
    best, best_score = 0, (0, 0)
    for at in places:
        window = [number for number in hits[at : at + size - 4] if number is not None]
        score = (len(set(window)), len(window))
        if score > best_score:
            best, best_score = at, score
    # A few words before the first match say what it is about.
    return max(0, min(best - 4, total - size))


def _parts(
    text: str, start: int, end: int, places: Sequence[tuple[int, int]], hits: Sequence[int | None]
) -> Parts:
    """Cut text[start:end] at its matches; neighbouring matched words make one part."""
    pieces: list[tuple[str, bool]] = []
    at, last = start, -2
    for number in [number for number, hit in enumerate(hits) if hit is not None]:
        first, until = places[number]
        if number == last + 1 and pieces:
            # Goes on from the match before it, whatever stands between.
            first = at - len(pieces.pop()[0])
        else:
            pieces.append((text[at:first], False))
        pieces.append((text[first:until], True))
        at, last = until, number
    pieces.append((text[at:end], False))
    return tuple(piece for piece in pieces if piece[0])
