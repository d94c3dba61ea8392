"""Strings that make a regular expression work as hard as it can, read off the expression itself.

Every repetition of a pattern is pumped with what it repeats, behind what must stand before it, and ended
by what cannot follow; beside these come runs of what pages are full of.
"""

import re
from collections.abc import Iterator
from itertools import islice
from re import _constants as op
from re import _parser as sre
from typing import Any

# Runs that pages really hold, or that a stranger would send first.
GENERIC = (
    " ", "\n", "\t", "\u00a0", "\r\n", "1", "a", "A", "ủ", "(", ")", ",", ".", "-", "/", "<", "&", "=", '"',
    "_", "a ", "A ", "1/", "1 ", "1.", "a,", ", ", "Số ", "<a ", "</", "&lt;", "&amp;", "aA", "Đ", "ngày ",
    "Ngày 1", " -", "\n ", ":", "http://", "a/", "a.", "%1", "'",
)  # fmt: skip
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
# A repetition bounded below this costs a constant.
_LONG = 16
_TRIED = "a1A ủ.,-/<>&\n\"'_(Đ\u00a0;:!"
_CATEGORIES = {
    op.CATEGORY_DIGIT: "1", op.CATEGORY_NOT_DIGIT: "a ", op.CATEGORY_SPACE: " \n",
    op.CATEGORY_NOT_SPACE: "a1.",    op.CATEGORY_WORD: "a1_ủ", op.CATEGORY_NOT_WORD: " .,",
}  # fmt: skip


def killers(pattern: re.Pattern[Any]) -> list[tuple[str, str]]:
    """Return (prefix, pump) pairs: the string is the prefix, then the pump again and again."""
    text = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    tree = sre.parse(text, pattern.flags & ~re.DEBUG)
    found: dict[tuple[str, str], None] = {}
    for prefix, pump in _pumps(tree, "", pattern.flags):
        for pair in ((prefix, pump), ("", prefix + pump), ("", prefix), ("", pump)):
            if pair[1]:
                found[pair] = None
    letters = "".join(dict.fromkeys("".join(_alphabet(tree, pattern.flags))))[:10]
    pairs = [(one, two) for one in letters for two in letters if one != two]
    for pump in (*GENERIC, *letters, *(one + two for one, two in pairs)):
        found[("", pump)] = None
    return list(found)


# What follows the run: no pattern goes on with the first, and none that ends in `\\W*$` with the second.
ENDS = ("\x00", "\u01c0i")


def string(prefix: str, pump: str, length: int, end: str = ENDS[0]) -> str:
    """Return a killer of about *length* characters, with an end that nothing matches."""
    return prefix + pump * max(1, length // len(pump)) + end


def _pumps(tree: Any, before: str, flags: int) -> Iterator[tuple[str, str]]:
    for code, value in tree:
        if code in _REPEATS:
            _, most, body = value
            if most >= _LONG:
                for sample in islice(_samples(body, flags), 8):
                    yield before, sample
            yield from _pumps(body, before, flags)
        elif code is op.SUBPATTERN:
            yield from _pumps(value[3], before, flags)
        elif code is op.BRANCH:
            for branch in value[1]:
                yield from _pumps(branch, before, flags)
        elif code is op.ATOMIC_GROUP:
            yield from _pumps(value, before, flags)
        elif code in (op.ASSERT, op.ASSERT_NOT):
            yield from _pumps(value[1], before, flags)
        before += next(_samples([(code, value)], flags), "")


def _samples(tree: Any, flags: int) -> Iterator[str]:
    """Yield a few strings that *tree* matches: the shortest first, then one for each other choice."""
    choices = [list(islice(_choices(code, value, flags), 8)) or [""] for code, value in tree]
    yield "".join(choice[0] for choice in choices)
    for place, choice in enumerate(choices):
        for other in choice[1:]:
            yield "".join(other if at == place else one[0] for at, one in enumerate(choices))


def _choices(code: Any, value: Any, flags: int) -> Iterator[str]:
    if code is op.LITERAL:
        yield chr(value)
    elif code in (op.NOT_LITERAL, op.ANY, op.IN):
        yield from _letters(code, value, flags)
    elif code is op.SUBPATTERN:
        yield from _samples(value[3], flags)
    elif code is op.ATOMIC_GROUP:
        yield from _samples(value, flags)
    elif code is op.BRANCH:
        for branch in value[1]:
            yield next(_samples(branch, flags))
    elif code in _REPEATS:
        least, most, body = value
        if not least:
            yield ""
        for sample in islice(_samples(body, flags), 4):
            yield sample * min(max(least, 1), 4)
        if most > 1:
            yield next(_samples(body, flags)) * max(least, 2)


def _letters(code: Any, value: Any, flags: int) -> Iterator[str]:
    if code is op.ANY:
        yield from "a <"
    elif code is op.NOT_LITERAL:
        yield from [letter for letter in _TRIED if ord(letter) != value][:4]
    elif value[0][0] is op.NEGATE:
        inside = set("".join(_members(value[1:])))
        outside = re.compile("[^" + re.escape("".join(inside)) + "]") if inside else re.compile("(?s:.)")
        yield from [letter for letter in _TRIED if outside.match(letter)][:5]
    else:
        yield from _members(value)


def _members(value: Any) -> Iterator[str]:
    for code, what in value:
        if code is op.LITERAL:
            yield chr(what)
        elif code is op.RANGE:
            yield chr(what[0])
        elif code is op.CATEGORY:
            yield from _CATEGORIES.get(what, "a")


def _alphabet(tree: Any, flags: int) -> Iterator[str]:
    """Yield letters of the pattern's own classes and literals."""
    for code, value in tree:
        if code in (op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY):
            yield from islice(_choices(code, value, flags), 3)
        elif code in _REPEATS:
            yield from _alphabet(value[2], flags)
        elif code is op.SUBPATTERN:
            yield from _alphabet(value[3], flags)
        elif code is op.ATOMIC_GROUP:
            yield from _alphabet(value, flags)
        elif code is op.BRANCH:
            for branch in value[1]:
                yield from _alphabet(branch, flags)
        elif code in (op.ASSERT, op.ASSERT_NOT):
            yield from _alphabet(value[1], flags)
