"""Which marks of CMS families stand in a page's source, each line of a portal's template searched once.

A dozen adapters look for some seventy words in the source of every page that none of them knows: a quarter
of the time of reading such a page (measured). Three lines of four stand on the portal's other pages too.
"""

import re
from functools import lru_cache
from typing import TypeAlias

# A mark as it was declared; or a form and a link that has it.
Held: TypeAlias = str | tuple[re.Pattern[str], str]

# Lines are kept up to so many characters; then all are forgotten, which costs the next page 1 ms.
_MOST_CHARS = 1_000_000
# From so many different links of one form on, a page has "many": a line need not tell more.
MANY = 5

# What several marks share: where it does not stand, none of them is looked for.
_STEMS = (
    "ortal", "odule", "rupal", "data-role", "Liferay.", "Page", "PlaceHolder", "wptheme", "/wps/", "/media/",
    "/sites/", "detail-", "portlet", "p_p_id", "webcenter",
)  # fmt: skip

# Each mark and its stem.
_marks: dict[str, str] = {}
_forms: dict[re.Pattern[str], None] = {}
_known: dict[str, tuple[Held, ...]] = {}
_chars = 0


def look_for(marks: tuple[str, ...], form: re.Pattern[str] | None = None) -> None:
    """Have words, and links of a form, looked for from now on. Neither may reach over the end of a line."""
    for mark in marks:
        _marks[mark] = next((stem for stem in _STEMS if stem in mark), "")
    if form is not None:
        _forms[form] = None
    _known.clear()
    marks_in.cache_clear()


@lru_cache(maxsize=1)
def marks_in(text: str) -> frozenset[Held]:
    """Return which of the marks stand in a page's source, and what of it has a form."""
    global _chars
    known = _known
    lines = text.split("\n")
    fresh = [line for line in dict.fromkeys(lines) if line not in known]
    if fresh:
        _chars += sum(map(len, fresh))
        if _chars > _MOST_CHARS:
            known.clear()
            fresh = list(dict.fromkeys(lines))
            _chars = sum(map(len, fresh))
        _learn(fresh)
    found: set[Held] = set()
    for held in map(known.__getitem__, lines):
        if held:
            found.update(held)
    return frozenset(found)


def _learn(lines: list[str]) -> None:
    joined = "\n".join(lines)
    stems = {"", *(stem for stem in _STEMS if stem in joined)}
    marks = [mark for mark, stem in _marks.items() if stem in stems and mark in joined]
    forms = [form for form in _forms if form.search(joined)]
    if not marks and not forms:
        _known.update(dict.fromkeys(lines, ()))
        return
    for line in lines:
        held: list[Held] = [mark for mark in marks if mark in line]
        for form in forms:
            held += _first(form, line)
        _known[line] = tuple(held)


def _first(form: re.Pattern[str], line: str) -> list[Held]:
    seen: dict[Held, None] = {}
    for found in form.finditer(line):
        seen[form, found[0]] = None
        if len(seen) == MANY:
            break
    return list(seen)


def has_many(form: re.Pattern[str], found: frozenset[Held]) -> bool:
    """Say whether a page has many different links of a form, by what `marks_in` found."""
    return sum(held[0] is form for held in found if isinstance(held, tuple)) >= MANY
