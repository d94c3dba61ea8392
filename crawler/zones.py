"""Inside a content slot: what stands above the body, the body itself, what stands below it."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from lxml.html import HtmlElement

from crawler.blocks import Line
from crawler.body import weigh
from crawler.trim import is_label_line

# The body's own container holds at least this share of the slot's sentences.
_MAIN = 0.7
_TABLE_TAGS = ("table", "thead", "tbody", "tr")
# A line that weighs less is a date, a label or a byline, not a sapo.
_SENTENCE_WEIGHT = 30.0


@dataclass(frozen=True, slots=True)
class Zones:
    """The lines of a slot, in reading order, in three runs."""

    above: list[Line]
    body: list[Line]
    below: list[Line]


def split_zones(lines: list[Line], slot: HtmlElement) -> Zones:
    """Split a slot's lines around the container that holds its body.

    A sapo in a box of its own, the date line and the byline stand beside that container; paragraphs that
    share it with the rest of the text do not. Without such a container everything is body.
    """
    main = _main_container(lines, slot)
    if main is None:
        return Zones([], lines, [])
    inside = [line.element is main or main in line.element.iterancestors() for line in lines]
    start = inside.index(True)
    end = len(inside) - inside[::-1].index(True)
    return Zones(lines[:start], lines[start:end], lines[end:])


def _main_container(lines: list[Line], slot: HtmlElement) -> HtmlElement | None:
    weights: defaultdict[HtmlElement, float] = defaultdict(float)
    held: Counter[HtmlElement] = Counter()
    rows: Counter[HtmlElement] = Counter()
    own = Counter(line.element for line in lines)
    sapo_passed = False
    for line in lines:
        # The caption of a picture beside the sapo says nothing of either.
        weight = 0.0 if line.kind == "caption" or is_label_line(line) else weigh(line)
        if weight >= _SENTENCE_WEIGHT and not sapo_passed and line.kind != "table_row":
            # A short notice's sapo may outweigh its body: the first sentence has no vote on where that is.
            sapo_passed = True
            weight = 0.0
        is_row = line.kind == "table_row"
        node: HtmlElement | None = line.element
        weights[node] += weight
        while node is not None and node is not slot:
            node = node.getparent()
            if node is not None:
                weights[node] += weight
                held[node] += 1
                rows[node] += is_row
    total = weights[slot]
    node, found = slot, None
    while total:
        best = max(node, key=lambda child: weights.get(child, 0.0), default=None)
        if best is None or weights.get(best, 0.0) < _MAIN * total:
            break
        node = best
        if node.tag in _TABLE_TAGS and held[node] == rows[node]:
            # A table of data is a part of the text around it.
            break
        # One paragraph is a line, not a container; two or more lines make a body, or one broken by `<br>`.
        if held[node] >= 2 or own[node] >= 2:
            found = node
    return found
