"""The words of a page in three zones, above the body, the body, and below it: by adapter or by place."""

from lxml.html import HtmlElement

from archive.errors import NotAnArticle
from archive.records import RemovedBlock
from crawler import body as bodies
from crawler import titles
from crawler.blocks import Line, read_lines
from crawler.body import weigh
from crawler.chrome import cut_learned
from crawler.dom import find_all, has_words, path_of, squeeze, words_of
from crawler.placing import Parts, Reading, by_place, cut_labels, images_of, title_of
from crawler.platforms.generic import GENERIC, is_later_part
from crawler.trim import trim

# A reading of trafilatura shorter than this is none.
_LEAST_TAKEN = 120


def lay_out(reading: Reading) -> Parts:
    """Find the body and its surroundings, by the adapter first."""
    hints = reading.hints
    skip = frozenset(find_each(reading.tree, hints.furniture))
    element = (
        next((node for node in find_all(reading.tree, hints.body) if has_words(node)), None)
        if hints.body
        else None
    )
    parts = _by_adapter(reading, element, skip) if element is not None else None
    if parts is not None and (parts.body.attachments or any(map(weigh, parts.body.lines))):
        return parts
    skip |= frozenset(find_each(reading.tree, GENERIC.hints.furniture))
    whole = read_lines(
        reading.tree.body if reading.tree.body is not None else reading.tree, reading.base, skip
    )
    if parts is not None and bodies.is_vietnamese(whole):
        return parts
    # News sites on the same CMS use its names for other boxes: one without a sentence is not their body.
    offers = titles.Titles.of(reading.tree, whole.lines, reading.url)
    _, title_at = title_of(reading, whole.lines, offers, None)
    place = bodies.learned(reading.tree, whole, reading.model)
    foreign = place is None and not bodies.is_vietnamese(whole)
    place = place or bodies.judged(reading.tree, whole, reading.size, title_at, ask=not foreign)
    if place is None and title_at is not None and is_later_part(reading.tree, reading.url):
        place = bodies.below_title(whole, title_at)
    if place is None:
        raise NotAnArticle("empty", "no sentence outside links")
    parts = by_place(reading, whole, place, offers)
    if foreign:
        _leave_to_trafilatura(reading, parts)
    return parts


def _leave_to_trafilatura(reading: Reading, parts: Parts) -> None:
    """Take the body as trafilatura reads it: it was made on pages of other languages."""
    if reading.size > bodies.JUDGED_BYTES:
        return
    read = bodies.trafilatura_text(reading.tree, fast=False)
    texts = [said for raw in read.splitlines() if (said := squeeze(raw))]
    if sum(map(len, texts)) < _LEAST_TAKEN:
        return
    root = reading.tree.body if reading.tree.body is not None else reading.tree
    lines = []
    for said in texts:
        if said.startswith("|") and said.endswith("|"):
            cells = tuple(cell.strip() for cell in said.strip("|").split("|"))
            if any(cell.strip("-: ") for cell in cells):
                lines.append(Line("table_row", " | ".join(cells), root, 0, cells))
        elif said.startswith("- "):
            lines.append(Line("list_item", said[2:], root, 1))
        elif not titles.same_title(said, parts.title):
            lines.append(Line("paragraph", said, root))
    known = {line.text for line in lines}
    for line in parts.body.lines:
        if line.text not in known:
            parts.body.cut(line, "not in trafilatura's reading")
    parts.body.lines[:] = lines
    parts.lead = ""
    parts.method = "trafilatura"


def find_each(tree: HtmlElement, xpaths: tuple[str, ...]) -> list[HtmlElement]:
    """Return what all the XPaths match together (furniture: every mark counts, not the first)."""
    return [node for xpath in xpaths for node in find_all(tree, (xpath,))]


def _by_adapter(reading: Reading, element: HtmlElement, skip: frozenset[HtmlElement]) -> Parts:
    hints = reading.hints
    inside = read_lines(element, reading.base, skip)
    lines, cut = cut_learned(inside.lines, reading.model, labels=False)
    trimmed = trim(lines, reading.base)
    cut_labels(trimmed, reading.model)
    trimmed.removed.extend(cut)
    # Two readings of one page are the same to the letter: a set has no order of its own.
    told = sorted((path_of(node), words) for node in skip if (words := words_of(node, 300)))
    trimmed.removed.extend(RemovedBlock("furniture", path, words) for path, words in told)
    title_node = next((node for node in find_all(reading.tree, hints.title) if words_of(node)), None)
    lead = ""
    for node in find_all(reading.tree, hints.lead):
        if element not in node.iterancestors() and (said := words_of(node)):
            lead = said
            break
    title = (
        words_of(title_node)
        if title_node is not None
        else titles.choose(reading.tree, inside.lines, 0, reading.url)[0]
    )
    for node in find_each(reading.tree, hints.attachments):
        trimmed_files = trim(read_lines(node, reading.base).lines, reading.base)
        known = {item.url for item in trimmed.attachments}
        trimmed.attachments.extend(item for item in trimmed_files.attachments if item.url not in known)
    above = [
        line
        for xpaths in (hints.published, hints.byline, hints.source)
        for line in _lines_at(reading, xpaths)
    ]
    return Parts(above, trimmed, [], title, lead, "adapter", hints.confidence, images_of(inside.pictures))


def _lines_at(reading: Reading, xpaths: tuple[str, ...]) -> list[Line]:
    elements = [
        node
        for xpath in xpaths
        if "/@" not in xpath and "text()" not in xpath
        for node in find_all(reading.tree, (xpath,))
    ]
    return [Line("paragraph", text, node) for node in elements[:6] if (text := words_of(node))]
