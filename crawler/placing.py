"""Around a body found by its place: the title, the lead and the date that stand above it, what follows it."""

import re
from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.records import ChromeModel, Image
from archive.vietnamese.byline import find_byline
from archive.vietnamese.dates import FoundDate
from crawler import titles
from crawler.blocks import Line, Lines, Picture
from crawler.body import Place, weigh
from crawler.chrome import cut_learned, is_learned_date, is_mature, is_site_head, learned_title, share_of
from crawler.platforms import Hints
from crawler.published import is_bare_date, is_date_line, is_foreign_stamp, is_labelled_date, machine_dates
from crawler.trim import Trimmed, files_after, is_label_line, is_tool_line, trim
from crawler.zones import split_zones

# Digits in a word of a sentence are few; "2025-04-22T10:27:00+07:00" and "http://…" are no words.
_NO_WORD = re.compile(r"\d.*\d.*\d|://|^\W*$")
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


def by_place(reading: Reading, whole: Lines, place: Place, offers: titles.Titles) -> Parts:
    """Split the page's lines around the body found, and look above it for title, date and lead."""
    inside = {place.element, *place.element.iterdescendants()}
    flags = [line.element in inside for line in whole.lines]
    start = flags.index(True) if True in flags else 0
    end = len(flags) - flags[::-1].index(True) if True in flags else len(flags)
    title, at = title_of(reading, whole.lines, offers, start)
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
    cut_labels(trimmed, reading.model)
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
        _drop_date_lines(trimmed, reading.model, machine_dates(reading.tree), prose=bool(lead))
    pictures = [picture for picture in whole.pictures if picture.element in inside]
    near = [*zones.above, *near]
    return Parts(
        near,
        trimmed,
        [*zones.below, *whole.lines[end : end + 6]],
        title,
        lead,
        place.method,
        place.confidence,
        images_of(pictures),
    )


def title_of(
    reading: Reading, lines: list[Line], offers: titles.Titles, start: int | None
) -> tuple[str, int | None]:
    """Return the title and its line: where the portal sets its titles, once that is known.

    What only this page's head says as well is believed before that.
    """
    said, at = offers.choose(start)
    if reading.model is None:
        return said, at
    heads = [head for head in titles.head_titles(reading.tree) if not is_site_head(head, reading.model)]
    if said and any(titles.same_title(said, head) for head in heads):
        return said, at
    if at is not None and share_of(lines[at], reading.model) is not None:
        own = [index for index, line in enumerate(lines) if share_of(line, reading.model) is None]
        begin = None if start is None else sum(index < start for index in own)
        said, at = titles.choose(reading.tree, [lines[index] for index in own], begin, reading.url)
        at = own[at] if at is not None else None
    learned = learned_title(lines, reading.model)
    if learned is None or learned == at:
        return said, at
    return lines[learned].text, learned


def cut_labels(trimmed: Trimmed, model: ChromeModel | None) -> None:
    """Cut what recurs and was left for the sake of a list below it."""
    trimmed.lines[:], cut = cut_learned(trimmed.lines, model)
    trimmed.removed.extend(cut)


def _lead_above(lines: list[Line]) -> str:
    """Return the sapo that stands between title and body, if one does: a sentence before a few words."""
    offered = [
        line
        for line in lines
        if line.kind not in ("table_row", "caption")
        and 25 <= len(line.text) <= _LEAD_MAX
        and not (line.only_links or is_tool_line(line) or is_date_line(line) or is_label_line(line))
        and _is_said(line.text)
    ]
    for line in offered:
        if len(line.text) >= 60 and weigh(line) > 0.5 * len(line.text):
            return line.text
    for least in (40, 25):
        for line in offered:
            if len(line.text) >= least and not (least < 40 and line.links):
                return line.text
    return ""


def _is_said(text: str) -> bool:
    """Say whether a line is made of words: hidden machine data is made of stamps, addresses and names."""
    words = text.split()
    return "://" not in text and sum(not _NO_WORD.search(word) for word in words) >= max(4, 0.6 * len(words))


def _drop_title(trimmed: Trimmed, title: str) -> None:
    for line in trimmed.lines[:3]:
        if titles.same_title(line.text, title):
            trimmed.lines.remove(line)
            trimmed.cut(line, "title repeated")
            return


def _drop_date_lines(
    trimmed: Trimmed, model: ChromeModel | None, stated: list[FoundDate], *, prose: bool
) -> None:
    """Cut the publication's own line at the head or the foot of a body: it is a field, not text.

    *stated* is what the page states of its date in a machine's form, *prose* says that a lead went before.
    Unlabelled dates are cut only where one stands alone: a week's schedule has one for each day.
    """
    stamps = sum(is_date_line(line) for line in trimmed.lines)
    for line in trimmed.lines[:4]:
        if is_date_line(line) and (is_labelled_date(line) or (stamps == 1 and is_bare_date(line))):
            if is_foreign_stamp(line, stated) or (
                stated and (prose or (is_mature(model) and not is_learned_date(line, model)))
            ):
                # Text taken over with its own stamp, under a page that states its date elsewhere.
                break
            trimmed.lines.remove(line)
            trimmed.cut(line, "date line")
        prose = prose or weigh(line) > 0
    while len(trimmed.lines) > 1 and is_labelled_date(last := trimmed.lines[-1]):
        unlearned = is_mature(model) and not is_learned_date(last, model)
        if is_foreign_stamp(last, stated) or (stated and unlearned):
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


def images_of(pictures: list[Picture]) -> list[Image]:
    """Return pictures as images of an article, each once."""
    seen: dict[str, Image] = {}
    for picture in pictures:
        if picture.url not in seen:
            seen[picture.url] = Image(picture.url, picture.caption, picture.alt)
    return list(seen.values())
