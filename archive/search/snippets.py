"""Excerpts and highlights, always cut from the original text: folding only decides what is marked.

FTS5's own snippet() serves one index; a query may need both, and its offsets would go wrong where
folding changes length. Only the shown hits are looked at, about 0.3 ms each.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from typing import NamedTuple, TypeAlias

from archive.search.letters import folded
from archive.search.query import Leaf
from archive.search.words import exact, forms, spans
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


class _Word(NamedTuple):
    start: int
    end: int
    exact: str
    folded: str


class Highlighter:
    """Marks what a query's words found; `folded` says that marks were ignored in every word."""

    def __init__(self, leaves: Sequence[Leaf], *, folded: bool = False) -> None:
        self.patterns = [_Pattern(leaf, strict=leaf.marked and not folded) for leaf in leaves]

    def whole(self, text: str) -> Parts:
        """Return all of *text*, its matches marked."""
        text_words = _words(text)
        return _parts(text, 0, len(text), text_words, self._hits(text_words))

    def snippet(self, text: str, size: int = SNIPPET_WORDS) -> Parts:
        """Return the stretch of about *size* words where most different words of the query stand.

        Without a match it is the beginning of the text. Cut ends carry an ellipsis.
        """
        text = text[:MAX_CHARS]
        # Cutting a whole article into words costs four times what finding the place to cut does.
        at, until = self._around(text, size) if len(text) > _LONG else (0, len(text))
        text_words = _words(text[at:until], at)
        if not text_words:
            return ((" ".join(text.split())[:200], False),) if text.strip() else ()
        hits = self._hits(text_words)
        first = _best_window(hits, len(text_words), size)
        last = min(first + size, len(text_words))
        is_start, is_end = at == 0 and not first, until == len(text) and last == len(text_words)
        start = 0 if is_start else text_words[first].start
        end = len(text) if is_end else text_words[last - 1].end
        parts = _parts(text, start, end, text_words[first:last], hits[first:last])
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

    def _hits(self, text_words: Sequence[_Word]) -> list[int | None]:
        """Return for each word the number of the pattern it belongs to, or None."""
        hits: list[int | None] = [None] * len(text_words)
        for number, pattern in enumerate(self.patterns):
            for at in pattern.find(text_words):
                for place in range(at, at + len(pattern.forms)):
                    hits[place] = number
        return hits


class _Pattern:
    """One leaf, ready to be looked for in the words of a text."""

    def __init__(self, leaf: Leaf, *, strict: bool) -> None:
        self.strict = strict
        self.prefix = leaf.prefix
        self.forms = [exact(word) if strict else fold(word) for word in leaf.words]
        words = [re.escape(folded(fold(form))) for form in self.forms]
        end = b"" if self.prefix else rb"(?= )"
        self.sought = re.compile(b" " + b" {1,5}".join(words) + end)

    def find(self, text_words: Sequence[_Word]) -> list[int]:
        forms = [word.exact if self.strict else word.folded for word in text_words]
        first, length = self.forms[0], len(self.forms)
        if length == 1:
            if self.prefix:
                return [at for at, form in enumerate(forms) if form.startswith(first)]
            return [at for at, form in enumerate(forms) if form == first]
        last = len(forms) - length + 1
        return [at for at in range(last) if forms[at] == first and self._stands(forms[at : at + length])]

    def places(self, text: str, within: bytes) -> Iterator[int]:
        """Yield where it stands in *text*, of which *within* is the folded form between two spaces."""
        for found in islice(self.sought.finditer(within), _CROWD):
            if not self.strict or self.find(_words(text[found.start() : found.end() - 1])):
                yield found.start()

    def _stands(self, run: Sequence[str]) -> bool:
        if self.prefix:
            return run[:-1] == self.forms[:-1] and run[-1].startswith(self.forms[-1])
        return run == self.forms


def marked(parts: Parts, before: str, after: str) -> str:
    """Return *parts* as one string with *before* and *after* around each match."""
    return "".join(f"{before}{text}{after}" if matched else text for text, matched in parts)


def _words(text: str, at: int = 0) -> list[_Word]:
    """Return the words of *text*, their offsets counted from *at* on."""
    return [_Word(at + start, at + end, *forms(text[start:end])) for start, end in spans(text)]


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


def _parts(text: str, start: int, end: int, text_words: Sequence[_Word], hits: Sequence[int | None]) -> Parts:
    """Cut text[start:end] at its matches; neighbouring matched words make one part."""
    pieces: list[tuple[str, bool]] = []
    at = start
    for matched, group in groupby(zip(text_words, hits, strict=True), key=lambda pair: pair[1] is not None):
        run = [word for word, _ in group]
        if matched:
            pieces += [(text[at : run[0].start], False), (text[run[0].start : run[-1].end], True)]
            at = run[-1].end
    pieces.append((text[at:end], False))
    return tuple(piece for piece in pieces if piece[0])
