"""How alike two articles are, and whether they are one text or two notices of one form."""

import re
from collections import Counter
from dataclasses import dataclass

from archive.vietnamese.fold import fold

# Three syllables are about a word and a half of Vietnamese: an edited sentence still shares most of its runs.
RUN = 3
# Shorter notices ("Xem tệp đính kèm", an invitation) are alike because they are short.
LEAST_WORDS = 50
# Linked from here on. Syndicated copies of the two real portals lie above 0.6, unrelated news below 0.4.
LEAST_LIKE = 0.6
# In a notice any other number or name makes another notice; in a longer text a copy may correct some.
NOTICE_WORDS = 150
_FORM_SHARE = 0.3

_WORD = re.compile(r"[^\W_]+")
# Beside Latin letters and the signs of prose: only of these does folding never join or part two words.
_OTHER = re.compile("[^\x00-\u024f\u1e00-\u1eff\u2000-\u206f\u2190-\u21ff\u2500-\u27bf]")
_MOST_WORDS = 30_000
_NUMBER = re.compile(r"\d[^\W_]*")
# "thứ Hai", "thứ tư": the day of a weekly schedule is a number in words.
_WEEKDAY = re.compile(r"\bthứ +(hai|ba|tư|năm|sáu|bảy|bẩy)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One article, ready to be compared with many."""

    words: int
    runs: frozenset[str]
    numbers: Counter[str]
    title_numbers: Counter[str]
    names: Counter[str]


def runs_of(title: str, lead: str, text: str) -> tuple[int, frozenset[str]]:
    """Return how many words an article has, and the runs of lead and text: copies are renamed."""
    folded = _folded_words(f"{lead}\n{text}")
    runs = frozenset(map(" ".join, zip(*(folded[at:] for at in range(RUN)), strict=False)))
    return len(folded) + len(_WORD.findall(title)), runs


class _FoldedWords(dict[str, str]):
    """Each word's folded form, found once: Vietnamese is written with some 7,000 syllables."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _MOST_WORDS:
            self.clear()
        folded = self[word] = fold(word)
        return folded


_FOLDED_WORDS = _FoldedWords()


def _folded_words(body: str) -> list[str]:
    if _OTHER.search(body) is not None:
        return _WORD.findall(fold(body))
    return list(map(_FOLDED_WORDS.__getitem__, _WORD.findall(body)))


def prepare(title: str, lead: str, text: str) -> Prepared:
    """Return what comparing needs of an article."""
    body = f"{lead}\n{text}"
    words, runs = runs_of(title, lead, text)
    names: Counter[str] = Counter()
    if words < NOTICE_WORDS:
        names.update(word for word in _WORD.findall(body) if word[0].isupper() and not word.isupper())
    return Prepared(words, runs, _numbers(body), _numbers(title), names)


def _numbers(text: str) -> Counter[str]:
    # "01" and "1", as in 01/04 and 1/4, are one number.
    found = Counter(word.lower().lstrip("0") or "0" for word in _NUMBER.findall(text))
    found.update(fold(day) for day in _WEEKDAY.findall(text))
    return found


def similarity(one: Prepared, other: Prepared) -> float:
    """Return the share of three-word runs both have of those either has (Jaccard), 0 to 1."""
    if not one.runs or not other.runs:
        return 0.0
    both = len(one.runs & other.runs)
    return both / (len(one.runs) + len(other.runs) - both)


def is_same_form(one: Prepared, other: Prepared) -> bool:
    """Say whether two like texts are two notices of one form, and not two copies of one text.

    Copies leave out or add; a form is filled in anew: other numbers (a day, a decision, a price) stand in
    the place of the old ones. In a title one number is enough, in a notice one number or name; in a longer
    text it takes three in ten of its numbers.
    """
    if _replaced(one.title_numbers, other.title_numbers):
        return True
    replaced = _replaced(one.numbers, other.numbers)
    if min(one.words, other.words) < NOTICE_WORDS:
        return replaced > 0 or _replaced(one.names, other.names) > 0
    fewest = min(one.numbers.total(), other.numbers.total())
    return fewest > 0 and replaced / fewest >= _FORM_SHARE


def _replaced(one: Counter[str], other: Counter[str]) -> int:
    return min((one - other).total(), (other - one).total())
