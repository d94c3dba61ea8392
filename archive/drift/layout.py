"""The layout of a page as a set of marks: names its template gives to the parts, whatever they hold."""

import re
from collections.abc import Collection
from zlib import crc32

# Names of classes and ids stand for the template; a page's own words do not come into it. A page of 8 MB
# has them in its first part too.
_MOST_CHARS = 600_000
_NAMED = re.compile(r"""\b(?:class|id)\s{0,5}=\s{0,5}["']([^"'<>]{1,300})["']""", re.IGNORECASE)
_PARTS = re.compile(
    r"<(article|section|main|header|footer|nav|aside|form|table|h1|h2|h3|dl|ul|ol|iframe|time|figure)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")
# Names that carry the page's own id or a hash say nothing of the template.
_LONGEST_NAME = 40
MOST_MARKS = 400
# Fewer marks are no layout to compare.
LEAST_MARKS = 4


def marks(html: str) -> list[str]:
    """Return the marks of a page, sorted: eight hex digits each, numbers in names masked.

    >>> marks('<div class="news item-12"><h1>') == marks('<div class="item-7 news"><H1>')
    True
    """
    text = html[:_MOST_CHARS]
    found = {f"<{name.lower()}" for name in _PARTS.findall(text)}
    for value in _NAMED.findall(text):
        found.update(_NUMBER.sub("0", name) for name in value.split() if len(name) <= _LONGEST_NAME)
        if len(found) > 4 * MOST_MARKS:
            break
    return sorted(f"{crc32(name.encode()):08x}" for name in found)[:MOST_MARKS]


def similarity(one: Collection[str], other: Collection[str]) -> float | None:
    """Return the share of marks two pages have in common; None where one has too few to tell.

    Sets cut at MOST_MARKS are cut alike: marks are sorted by what is as good as chance.
    """
    if len(one) < LEAST_MARKS or len(other) < LEAST_MARKS:
        return None
    first, second = set(one), set(other)
    if min(len(first), len(second)) >= MOST_MARKS:
        end = min(max(first), max(second))
        first, second = {x for x in first if x <= end}, {x for x in second if x <= end}
    return len(first & second) / len(first | second)


def common(pages: Collection[Collection[str]]) -> list[str]:
    """Return the marks that at least half of the pages carry: those of their template."""
    counts: dict[str, int] = {}
    for page in pages:
        for mark in set(page):
            counts[mark] = counts.get(mark, 0) + 1
    return sorted(mark for mark, count in counts.items() if 2 * count >= len(pages))
