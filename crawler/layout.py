"""The words of a page in three zones, above the body, the body, and below it: by adapter or by place."""

from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.errors import NotAnArticle
from archive.records import ChromeModel, Image, RemovedBlock
from crawler import body as bodies
from crawler import titles
from crawler.blocks import Line, Lines, read_lines
from crawler.chrome import cut_learned
from crawler.dom import find_all, path_of, words_of
from crawler.platforms import Hints
from crawler.published import is_date_line
from crawler.trim import Trimmed, files_after, is_label_line, trim
from crawler.zones import split_zones

_LEAD_MAX = 1200


@dataclass(slots=True)
class Reading:
    """What is known of a page while its article is taken out of it."""

    tree: HtmlElement
    url: str
    base: str
    platform: str
    hints: Hints
    model: ChromeModel | None
    size: int
    notes: list[str]


@dataclass(slots=True)
class Parts:
    """The lines of a page in three zones: above the body, the body, below it."""

    above: list[Line]
    body: Trimmed
    below: list[Line]
    title: str
    lead: str
    method: str
    confidence: float
    pictures: list[Image]


def lay_out(reading: Reading) -> Parts:
    """Find the body and its surroundings, by the adapter first."""
    hints = reading.hints
    skip = frozenset(find_each(reading.tree, hints.furniture))
    element = (
        next((node for node in find_all(reading.tree, hints.body) if words_of(node)), None)
        if hints.body
        else None
    )
    if element is not None:
        return _by_adapter(reading, element, skip)
    whole = read_lines(
        reading.tree.body if reading.tree.body is not None else reading.tree, reading.base, skip
    )
    _, title_at = titles.choose(reading.tree, whole.lines, None, reading.url)
    place = bodies.learned(reading.tree, whole, reading.model) or bodies.judged(
        reading.tree, whole, reading.size, title_at
    )
    if place is None:
        raise NotAnArticle("empty", "no sentence outside links")
    return _by_place(reading, whole, place)


def find_each(tree: HtmlElement, xpaths: tuple[str, ...]) -> list[HtmlElement]:
    """Return what all the XPaths match together (furniture: every mark counts, not the first)."""
    return [node for xpath in xpaths for node in find_all(tree, (xpath,))]


def _by_adapter(reading: Reading, element: HtmlElement, skip: frozenset[HtmlElement]) -> Parts:
    hints = reading.hints
    inside = read_lines(element, reading.base, skip)
    trimmed = trim(inside.lines, reading.base)
    trimmed.removed.extend(
        RemovedBlock("furniture", path_of(node), words_of(node)[:300]) for node in skip if words_of(node)
    )
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
    return Parts(above, trimmed, [], title, lead, "adapter", hints.confidence, _images(inside))


def _lines_at(reading: Reading, xpaths: tuple[str, ...]) -> list[Line]:
    elements = [
        node
        for xpath in xpaths
        if "/@" not in xpath and "text()" not in xpath
        for node in find_all(reading.tree, (xpath,))
    ]
    return [Line("paragraph", text, node) for node in elements[:6] if (text := words_of(node))]


def _by_place(reading: Reading, whole: Lines, place: bodies.Place) -> Parts:
    """Split the page's lines around the body found, and look above it for title, date and lead."""
    inside = {place.element, *place.element.iterdescendants()}
    flags = [line.element in inside for line in whole.lines]
    start = flags.index(True) if True in flags else 0
    end = len(flags) - flags[::-1].index(True) if True in flags else len(flags)
    title, at = titles.choose(reading.tree, whole.lines, start, reading.url)
    body_lines = whole.lines[start:end]
    if at is not None and start <= at < end:
        above, body_lines = body_lines[: at - start], whole.lines[at + 1 : end]
        near = [*body_lines[:4], *reversed(above)]
    elif at is not None and at < start and start - at <= 15:
        near = whole.lines[at + 1 : start] + list(reversed(whole.lines[max(0, at - 2) : at])) + body_lines[:3]
        above = whole.lines[at + 1 : start]
    else:
        above = whole.lines[max(0, start - 3) : start]
        near = body_lines[:4] + list(reversed(above))
    body_lines, cut = cut_learned(body_lines, place.element, reading.model)
    zones = split_zones(body_lines, place.element)
    trimmed = trim(zones.body, reading.base)
    tail = trim(zones.below, reading.base)
    trimmed.removed.extend([*cut, *tail.removed])
    known = {item.url for item in trimmed.attachments}
    files = [*tail.attachments, *files_after(whole.lines[end:], reading.base)]
    trimmed.attachments.extend(item for item in files if item.url not in known)
    for line in tail.lines:
        if is_label_line(line) or is_date_line(line):
            trimmed.cut(line, "field below the body")
        else:
            trimmed.lines.append(line)
    lead = _lead_above([*above, *zones.above] if at is not None and at < start else zones.above)
    for line in zones.above:
        if line.text != lead:
            trimmed.cut(line, "above the body")
    _drop_title(trimmed, title)
    if not any(is_date_line(line) for line in [*zones.above, *above]):
        _drop_head_lines(trimmed)
    images = _images(read_lines(place.element, reading.base))
    near = [*zones.above, *near]
    return Parts(
        near,
        trimmed,
        [*zones.below, *whole.lines[end : end + 6]],
        title,
        lead,
        place.method,
        place.confidence,
        images,
    )


def _lead_above(lines: list[Line]) -> str:
    """Return the sapo that stands between title and body, if one does."""
    for line in lines:
        if line.kind in ("table_row", "caption") or not 40 <= len(line.text) <= _LEAD_MAX:
            continue
        if not line.only_links and not is_date_line(line) and not is_label_line(line):
            return line.text
    return ""


def _drop_title(trimmed: Trimmed, title: str) -> None:
    for line in trimmed.lines[:3]:
        if titles.same_title(line.text, title):
            trimmed.lines.remove(line)
            trimmed.cut(line, "title repeated")
            return


def _drop_head_lines(trimmed: Trimmed) -> None:
    """Cut date lines and bylines-with-counters that open a body: they are fields, not text."""
    index = 0
    while index < min(4, len(trimmed.lines)):
        line = trimmed.lines[index]
        if is_date_line(line):
            trimmed.lines.pop(index)
            trimmed.cut(line, "date line")
        else:
            index += 1
    while trimmed.lines and is_date_line(trimmed.lines[-1]) and len(trimmed.lines) > 1:
        trimmed.cut(trimmed.lines.pop(), "date line")


def _images(lines: Lines) -> list[Image]:
    seen: dict[str, Image] = {}
    for picture in lines.pictures:
        if picture.url not in seen:
            seen[picture.url] = Image(picture.url, picture.caption, picture.alt)
    return list(seen.values())
