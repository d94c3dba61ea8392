"""The words of a page in three zones, above the body, the body, and below it: by adapter or by place."""

from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.errors import NotAnArticle
from archive.records import ChromeModel, Image, RemovedBlock
from archive.vietnamese.byline import find_byline
from crawler import body as bodies
from crawler import titles
from crawler.blocks import Line, Lines, read_lines
from crawler.body import weigh
from crawler.chrome import cut_learned, is_learned_date, is_mature, is_site_head, learned_title
from crawler.dom import find_all, path_of, squeeze, words_of
from crawler.platforms import Hints
from crawler.platforms.generic import GENERIC
from crawler.published import has_machine_date, is_bare_date, is_date_line, is_labelled_date
from crawler.trim import Trimmed, files_after, is_label_line, is_tool_line, trim
from crawler.zones import split_zones

_LEAD_MAX = 1200
# A reading of trafilatura shorter than this is none.
_LEAST_TAKEN = 120


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
    skip |= frozenset(find_each(reading.tree, GENERIC.hints.furniture))
    whole = read_lines(
        reading.tree.body if reading.tree.body is not None else reading.tree, reading.base, skip
    )
    _, title_at = _title(reading, whole.lines, None)
    place = bodies.learned(reading.tree, whole, reading.model) or bodies.judged(
        reading.tree, whole, reading.size, title_at
    )
    if place is None:
        raise NotAnArticle("empty", "no sentence outside links")
    parts = _by_place(reading, whole, place)
    if place.method != "learned" and not bodies.is_vietnamese(whole):
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
    _cut_labels(trimmed, reading.model)
    trimmed.removed.extend(cut)
    trimmed.removed.extend(
        RemovedBlock("furniture", path_of(node), words[:300]) for node in skip if (words := words_of(node))
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
    title, at = _title(reading, whole.lines, start)
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
    body_lines, cut = cut_learned(body_lines, reading.model, labels=False)
    zones = split_zones(body_lines, place.element)
    trimmed = trim(zones.body, reading.base)
    tail = trim(zones.below, reading.base)
    _cut_labels(trimmed, reading.model)
    trimmed.removed.extend([*cut, *tail.removed])
    known = {item.url for item in trimmed.attachments}
    files = [*tail.attachments, *files_after(whole.lines[end:], reading.base)]
    trimmed.attachments.extend(item for item in files if item.url not in known)
    _add_tail(trimmed, tail.lines)
    lead = _lead_above([*above, *zones.above] if at is not None and at < start else zones.above)
    for line in zones.above:
        if line.text != lead:
            trimmed.cut(line, "above the body")
    _drop_title(trimmed, title)
    if not any(is_date_line(line) for line in [*zones.above, *above]):
        _drop_date_lines(trimmed, reading.model, known=has_machine_date(reading.tree), prose=bool(lead))
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


def _title(reading: Reading, lines: list[Line], start: int | None) -> tuple[str, int | None]:
    """Return the title and its line: where the portal sets its titles, once that is known.

    What only this page's head says as well is believed before that.
    """
    said, at = titles.choose(reading.tree, lines, start, reading.url)
    learned = learned_title(lines, reading.model)
    if learned is None or learned == at:
        return said, at
    heads = [head for head in titles.head_titles(reading.tree) if not is_site_head(head, reading.model)]
    if said and any(titles.same_title(said, head) for head in heads):
        return said, at
    return lines[learned].text, learned


def _cut_labels(trimmed: Trimmed, model: ChromeModel | None) -> None:
    """Cut what recurs and was left for the sake of a list below it."""
    trimmed.lines[:], cut = cut_learned(trimmed.lines, model)
    trimmed.removed.extend(cut)


def _lead_above(lines: list[Line]) -> str:
    """Return the sapo that stands between title and body, if one does: a sentence before a few words."""
    for least in (40, 25):
        for line in lines:
            if line.kind in ("table_row", "caption") or not least <= len(line.text) <= _LEAD_MAX:
                continue
            if line.only_links or (least < 40 and line.links) or is_tool_line(line):
                continue
            if not is_date_line(line) and not is_label_line(line):
                return line.text
    return ""


def _drop_title(trimmed: Trimmed, title: str) -> None:
    for line in trimmed.lines[:3]:
        if titles.same_title(line.text, title):
            trimmed.lines.remove(line)
            trimmed.cut(line, "title repeated")
            return


def _drop_date_lines(trimmed: Trimmed, model: ChromeModel | None, *, known: bool, prose: bool) -> None:
    """Cut the publication's own line at the head or the foot of a body: it is a field, not text.

    *known* says that the page states its date in a machine's form too, *prose* that a lead went before.
    Unlabelled dates are cut only where one stands alone: a week's schedule has one for each day.
    """
    stamps = sum(is_date_line(line) for line in trimmed.lines)
    for line in trimmed.lines[:4]:
        if is_date_line(line) and (is_labelled_date(line) or (stamps == 1 and is_bare_date(line))):
            if known and (prose or (is_mature(model) and not is_learned_date(line, model))):
                # Text taken over with its own stamp, under a page that states its date elsewhere.
                break
            trimmed.lines.remove(line)
            trimmed.cut(line, "date line")
        prose = prose or weigh(line) > 0
    while len(trimmed.lines) > 1 and is_labelled_date(last := trimmed.lines[-1]):
        if known and is_mature(model) and not is_learned_date(last, model):
            break
        trimmed.cut(trimmed.lines.pop(), "date line")


def _add_tail(trimmed: Trimmed, tail: list[Line]) -> None:
    """Take what goes on below the container of a body: its rows, sentences and signature.

    The first line that is none of these opens another box (a gallery's name, the weather), and what
    follows is that box's.
    """
    open_box = False
    for line in tail:
        if is_label_line(line) or is_date_line(line):
            trimmed.cut(line, "field below the body")
            continue
        own = len(line.text) - line.link_chars
        prose = line.kind != "table_row" and own >= 60 and weigh(line) >= 0.9 * own
        signed = line.kind == "paragraph" and bool(find_byline([line.text])[0])
        if not (prose or signed or (line.kind == "table_row" and not line.only_links)):
            open_box = True
        if open_box:
            trimmed.cut(line, "below the body")
        else:
            trimmed.lines.append(line)


def _images(lines: Lines) -> list[Image]:
    seen: dict[str, Image] = {}
    for picture in lines.pictures:
        if picture.url not in seen:
            seen[picture.url] = Image(picture.url, picture.caption, picture.alt)
    return list(seen.values())
