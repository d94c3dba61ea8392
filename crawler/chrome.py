"""Chrome learned from a portal's own pages: where content stands, and what recurs inside it.

Block frequency alone is wrong: a legal clause recurs on 40 % of a portal's pages and is content
(measured). What tells furniture from a clause is the structure it stands in: a furniture place says the
same on every page (digits masked), a body place says something new each time.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.records import ChromeModel, RemovedBlock
from crawler.blocks import Line
from crawler.body import weigh
from crawler.dom import path_of

# Fewer pages than this teach nothing reliable (measured: 3 to 5 pages are wrong, 10 are right).
MATURE_PAGES = 10
# Pages beyond this add little and cost memory.
MOST_PAGES = 60
_STATIC_SHARE = 0.3
_STATIC_VARIETY = 0.34
# In a place whose words vary, only what nearly every page says is furniture.
_EVERYWHERE = 0.8
_COVER = 0.9
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one article page says of its template: (path, fingerprint of masked text, weight) a line."""

    url: str
    lines: tuple[tuple[str, str, float], ...]


def fingerprint(path: str, text: str) -> str:
    """Return the fingerprint of a line: its structural path and its text with digits masked."""
    masked = _DIGITS.sub("0", text)
    return hashlib.blake2b(f"{path}\x1f{masked}".encode("utf-8", "replace"), digest_size=8).hexdigest()


def evidence_of(url: str, lines: Sequence[Line]) -> Evidence:
    """Return what a page's lines teach; paths run from the document's root."""
    rows = []
    paths: dict[HtmlElement, str] = {}
    for line in lines[:600]:
        path = paths.get(line.element)
        if path is None:
            path = paths[line.element] = path_of(line.element)
        rows.append((path, fingerprint(path, line.text), round(weigh(line), 1)))
    return Evidence(url, tuple(rows))


def learn(portal_key: str, pages: Sequence[Evidence]) -> ChromeModel:
    """Return the model that *pages* (distinct article pages of one portal) teach."""
    pages = pages[-MOST_PAGES:]
    total = len(pages)
    seen: Counter[str] = Counter()
    variety: dict[str, set[str]] = defaultdict(set)
    occurrences: Counter[str] = Counter()
    where: dict[str, str] = {}
    for page in pages:
        for mark in {mark: path for path, mark, _ in page.lines}:
            seen[mark] += 1
        for path, mark in {(path, mark) for path, mark, _ in page.lines}:
            variety[path].add(mark)
            occurrences[path] += 1
            where[mark] = path
    chrome = {}
    for mark, count in seen.items():
        share = count / total
        path = where[mark]
        static = len(variety[path]) <= max(1, _STATIC_VARIETY * occurrences[path])
        if count >= 3 and (share >= _EVERYWHERE or (static and share >= _STATIC_SHARE)):
            chrome[mark] = round(share, 3)
    return ChromeModel(portal_key, total, _slots(pages, chrome), chrome)


def _slots(pages: Sequence[Evidence], chrome: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Return the containers that hold the pages' own words, one for each template of the portal."""
    left = list(pages)
    slots: list[tuple[str, float]] = []
    while left and len(slots) < 6:
        path = _common_container([_own_words(page, chrome) for page in left])
        if not path:
            break
        held = [page for page in left if _coverage(_own_words(page, chrome), path) >= 0.6]
        if len(held) < max(2, 0.05 * len(pages)):
            break
        slots.append((path, round(len(held) / len(pages), 3)))
        left = [page for page in left if page not in held]
    return tuple(slots)


def _own_words(page: Evidence, chrome: dict[str, float]) -> list[tuple[str, float]]:
    return [(path, weight) for path, mark, weight in page.lines if weight and mark not in chrome]


def _coverage(lines: Iterable[tuple[str, float]], slot: str) -> float:
    inside = total = 0.0
    for path, weight in lines:
        total += weight
        if path == slot or path.startswith(slot + "/"):
            inside += weight
    return inside / total if total else 0.0


def _common_container(pages: list[list[tuple[str, float]]]) -> str:
    """Return the deepest path that holds nearly all own words of most pages, each page counting alike."""
    weights: defaultdict[str, float] = defaultdict(float)
    for lines in pages:
        total = sum(weight for _, weight in lines) or 1.0
        for path, weight in lines:
            steps = path.split("/")
            for depth in range(1, len(steps) + 1):
                weights["/".join(steps[:depth])] += weight / total
    best = ""
    whole = max(weights.values(), default=0.0)
    for path, weight in weights.items():
        if weight >= _COVER * whole and path.count("/") > best.count("/") and not _is_line(path):
            best = path
    return best


def _is_line(path: str) -> bool:
    last = path.rsplit("/", 1)[-1]
    return last.split("#")[0].split(".")[0] in (
        "p",
        "li",
        "tr",
        "b",
        "strong",
        "span",
        "font",
        "em",
        "i",
        "a",
        "ul",
        "ol",
        "tbody",
    )


def cut_learned(
    lines: list[Line], container: HtmlElement, model: ChromeModel | None
) -> tuple[list[Line], list[RemovedBlock]]:
    """Drop the lines the model knows as furniture; return what is left and what was cut, with shares."""
    if model is None or model.pages < MATURE_PAGES or not model.chrome:
        return lines, []
    kept, cut = [], []
    for line in lines:
        path = path_of(line.element)
        share = model.chrome.get(fingerprint(path, line.text))
        if share is None:
            kept.append(line)
        else:
            cut.append(RemovedBlock(f"recurs on {share:.0%} of pages", path, line.text))
    return kept, cut
