"""Where the article stands in a page: by the adapter, by what the portal taught us, or by judgement.

The judgement of a page nobody has described joins two voices: trafilatura's text, and the weight of
sentences that stand outside links. Neither is good enough alone (measured: trafilatura loses line breaks
in table layouts; weight alone takes long sidebars with it).
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.records import ChromeModel
from crawler.blocks import Line, Lines
from crawler.dom import path_of, squeeze, step_of

# The share of the page's sentence weight a child must hold for the search to go down into it.
_DESCEND = 0.72
_SENTENCE = re.compile(r"[.,;:!?…”)]")
_LINE_TAGS = frozenset(
    ["p", "li", "tr", "tbody", "b", "strong", "span", "font", "h1", "h2", "h3", "em", "i", "u", "a"]
)
_MARKED = re.compile("[ăđơưĂĐƠƯ\u1ea0-\u1ef9]")
# About one sentence: less is a label or a byline.
_LEAST_WEIGHT = 45.0
_MUCH_MORE = 2.5
# The share of a page's sentences in the title's own container from which nobody else is asked.
_CLEAR = 0.3
# Pages over this are not given to trafilatura: its readability fallback is quadratic on some of them.
JUDGED_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """The container of an article's words, how it was found, and how sure that is (0 to 1)."""

    element: HtmlElement
    method: str
    confidence: float


def weigh(line: Line) -> float:
    """Return how much a line speaks for being an article's: its words outside links, if sentences."""
    if line.weight is None:
        line.weight = _weight(line)
    return line.weight


def _weight(line: Line) -> float:
    own = len(line.text) - line.link_chars
    if line.kind == "table_row":
        return 0.5 * max(0, own)
    if own < 25:
        return 0.0
    return own * (1.0 if len(_SENTENCE.findall(line.text)) >= 1 + own // 200 else 0.4)


def judged(
    tree: HtmlElement, lines: Lines, html_size: int, title_at: int | None, *, ask: bool = True
) -> Place | None:
    """Find the container by the weight of sentences and trafilatura's judgement; None on a page without any.

    *title_at* is the index of the title's line, where one stands in the page: the body is then looked for
    outwards from the title, which no sidebar can outweigh. Trafilatura, which costs as much as all else
    four times over, is asked where that is not clear, unless *ask* is False.
    """
    weights, total = _weights(lines, title_at, None)[:2]
    if (
        title_at is not None
        and (node := _around_title(lines.lines[title_at].element, weights, total)) is not None
    ):
        share = weights[node] / total
        if share >= _CLEAR or not ask:
            return Place(node, "weight+title", min(0.9, 0.4 + 0.5 * share))
    kept = _probes(trafilatura_text(tree)) if ask and html_size <= JUDGED_BYTES else None
    weights, total, agreed = _weights(lines, title_at, kept)
    method = "trafilatura" if kept else "weight"
    if (
        title_at is not None
        and (node := _around_title(lines.lines[title_at].element, weights, total)) is not None
    ):
        return Place(node, f"{method}+title", min(0.9, 0.4 + 0.5 * weights[node] / total))
    if total < 40:
        return None
    node = _heaviest(tree.body if tree.body is not None else tree, weights)
    share = weights[node] / total
    return Place(node, method, min(0.85, 0.25 + 0.5 * share * (agreed / total if kept else 0.6)))


def below_title(lines: Lines, title_at: int) -> Place | None:
    """Find the container of the last part of an article, which may hold no more than a signature."""
    around = list(lines.lines[title_at].element.iterancestors())
    for line in lines.lines[title_at + 1 : title_at + 8]:
        if line.only_links or line.kind == "caption":
            continue
        node: HtmlElement | None = line.element
        while node is not None and node not in around:
            node = node.getparent()
        return Place(node, "part", 0.5) if node is not None and node.tag not in ("body", "html") else None
    return None


def _weights(
    lines: Lines, title_at: int | None, kept: set[str] | None
) -> tuple[defaultdict[HtmlElement, float], float, float]:
    """Return the weight of each element, that of the page, and how much of it trafilatura *kept* too."""
    weights: defaultdict[HtmlElement, float] = defaultdict(float)
    total = agreed = 0.0
    for index, line in enumerate(lines.lines):
        weight = weigh(line)
        if not weight or index == title_at:
            continue
        if kept is not None and line.kind != "table_row":
            if _probe(line.text) in kept:
                agreed += weight
            else:
                weight *= 0.25
        total += weight
        node: HtmlElement | None = line.element
        while node is not None:
            weights[node] += weight
            node = node.getparent()
    return weights, total, agreed


def _around_title(
    title: HtmlElement, weights: defaultdict[HtmlElement, float], total: float
) -> HtmlElement | None:
    """Go up from the title to the smallest element that holds the body too."""
    node: HtmlElement | None = title
    while node is not None and weights[node] < _LEAST_WEIGHT:
        node = node.getparent()
    if node is None or node.tag in ("body", "html"):
        return None
    # A header box may hold title and sapo, a box beside it the body, any number of wrappers further out.
    outer = node
    while (parent := outer.getparent()) is not None and parent.tag not in ("body", "html"):
        if weights[node] > 0.5 * total:
            break
        outer = parent
        if weights[outer] >= _MUCH_MORE * weights[node]:
            node = outer
    return node


def _heaviest(node: HtmlElement, weights: defaultdict[HtmlElement, float]) -> HtmlElement:
    while True:
        best = max(node, key=lambda child: weights.get(child, 0.0), default=None)
        if best is None or weights.get(best, 0.0) < _DESCEND * weights.get(node, 1.0):
            break
        if best.tag in _LINE_TAGS and not any(weights.get(child, 0.0) for child in best):
            # Never settle on one paragraph: the container is what holds its siblings too.
            break
        node = best
    while node.tag in _LINE_TAGS and (parent := node.getparent()) is not None:
        node = parent
    return node


def trafilatura_text(tree: HtmlElement, *, fast: bool = True) -> str:
    """Return what trafilatura reads in a tree, a line a paragraph; "" when it finds nothing."""
    # 0.15 s to import: for the processes that read, not for the one that crawls (crawler.reading.main).
    from trafilatura import extract

    text = extract(tree, fast=fast, include_comments=False, include_tables=True, output_format="txt")
    return text or ""


def is_vietnamese(lines: Lines) -> bool:
    """Say whether a page is written in Vietnamese with its marks: they are a fifth of its letters."""
    text = "".join(line.text for line in lines.lines[:400])
    # Fewer marks than a 25th of all characters decide; a third of a Vietnamese page has more than that.
    if len(_MARKED.findall(text, len(text) // 3, len(text) * 2 // 3)) >= 0.04 * len(text):
        return True
    letters = sum(map(str.isalpha, text))
    return letters < 200 or len(_MARKED.findall(text)) >= 0.04 * letters


def _probes(text: str) -> set[str] | None:
    """Return the beginnings of a text's lines, or None when it has none."""
    if not text:
        return None
    return {_probe(line) for line in text.splitlines() if line.strip()} | {_probe(squeeze(text))}


def _probe(text: str) -> str:
    return re.sub(r"\W+", "", text)[:32]


def learned(tree: HtmlElement, lines: Lines, model: ChromeModel | None) -> Place | None:
    """Find the container by the slots the portal's own pages taught; None when none holds sentences.

    Templates reuse one class for many boxes, so of all elements at a slot's path the one with the most
    sentence weight is taken.
    """
    if model is None or not model.slots:
        return None
    weights, total, _ = _weights(lines, None, None)
    if not total:
        return None
    for slot, share in model.slots:
        step = slot.rsplit("/", 1)[-1]
        found = [element for element in weights if step_of(element) == step and path_of(element) == slot]
        if not found:
            continue
        best = max(found, key=lambda element: weights[element])
        if weights[best] >= 40:
            return Place(best, "learned", min(0.95, 0.55 + 0.4 * share))
    return None
