"""The article's own title: never the site's fixed `<title>`, never the section's name."""

import re
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from archive.vietnamese.fold import fold
from crawler.blocks import Line
from crawler.dom import find_value, words_of
from crawler.published import is_date_line, is_labelled_date

_WORD = re.compile(r"\w+")
_TITLE_CLASS = re.compile(r"title|tieu-?de|headline|heading|ten-?bai|subject|tenbai", re.IGNORECASE)
_NOT_TITLE = re.compile(
    r"site|widget|block|box|module|menu|sidebar|related|logo|banner|footer|page-?title-?bar", re.IGNORECASE
)
# A portal by its kind and place, nothing said of it: "Cổng TTĐT tỉnh … đạt giải" is a title.
_SITE = re.compile(
    r"(?:chao mung\b.{0,30}\b(?:den voi|ghe tham)\b|welcome to\b"
    r"|(?:trang|cong)(?: thanh phan)? (?:thong tin(?: dien tu)?|ttdt)(?: tong hop)?"
    r"(?: (?:cua )?(?:ubnd|uy ban nhan dan|so|ban|tinh|thanh pho|tp|thi xa|huyen|quan|xa|phuong|thi tran)\b"
    r"(?:\W+\w+){0,6})?\W*$)"
)
_SIZE = re.compile(r"^[+-]?(\d)$")
_SIZE_STYLE = re.compile(r"font-size\s*:\s*([\d.]+)\s*(?:px|pt)", re.IGNORECASE)
_SITE_SEPARATOR = re.compile(r"\s+[-–—|»:]+\s+|\s*[|»]\s*")
_META_TITLES = (
    "//meta[@property='og:title']/@content",
    "//meta[@name='twitter:title']/@content",
    "//meta[@name='title' or @itemprop='headline']/@content",
)


def words(text: str) -> list[str]:
    """Return the folded words of a text, for comparing titles whatever their quotes and dashes."""
    return _WORD.findall(fold(text))


def same_title(left: str, right: str) -> bool:
    """Say whether two titles are one but for case, marks, quotes and punctuation."""
    return words(left) == words(right)


def head_titles(tree: HtmlElement) -> list[str]:
    """Return what the page's head offers as a title: og:title, then `<title>` and its parts."""
    offered = [value for xpath in _META_TITLES if (value := find_value(tree, (xpath,)))]
    whole = find_value(tree, ("//head/title", "//title"))
    if whole:
        offered.append(whole)
        parts = [part for part in _SITE_SEPARATOR.split(whole) if part]
        offered.extend(" - ".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
        offered.extend(part for part in parts[1:] if len(part) > 12)
    return offered


def slug_words(url: str) -> list[str]:
    """Return the words of the URL's slug, without ids: weak evidence, but on nearly every CMS."""
    segment = next((part for part in reversed(unquote(urlsplit(url).path).split("/")) if part), "")
    segment = re.sub(r"\.\w{2,5}$", "", segment)
    return [
        word
        for word in _WORD.findall(fold(segment.replace("-", " ").replace("_", " ")))
        if not word.isdigit()
    ]


def candidates(lines: list[Line]) -> list[tuple[int, str, float]]:
    """Return (line index, text, prior) of lines set like a title: headings, title classes, bold lines."""
    found = []
    for index, line in enumerate(lines):
        if not 8 <= len(line.text) <= 400 or line.kind in ("table_row", "caption"):
            continue
        prior = 0.0
        if line.kind == "heading":
            prior = {1: 1.0, 2: 0.7, 3: 0.5}.get(line.level, 0.3)
        node: HtmlElement | None = line.element
        for _ in range(3):
            if node is None:
                break
            marks = f"{node.get('class') or ''} {node.get('id') or ''}"
            if _TITLE_CLASS.search(marks) and not _NOT_TITLE.search(marks):
                prior = max(prior, 0.6)
            node = node.getparent()
        if not prior:
            prior = _loudness(line) or _position(lines, index)
        if prior and not (line.only_links and prior < 0.9):
            found.append((index, line.text, prior))
    return found


def _position(lines: list[Line], index: int) -> float:
    """Return how much the lines that follow say that a line set like any other is a title: its date does."""
    line = lines[index]
    if line.links or len(words(line.text)) < 5 or is_date_line(line):
        return 0.0
    if line.element.tag == "dt":
        return 0.3
    return 0.3 if any(is_labelled_date(after) for after in lines[index + 1 : index + 2]) else 0.0


def _is_site(text: str) -> bool:
    """Say whether words are a portal's own name or its greeting."""
    return bool(_SITE.match(fold(text)))


def _loudness(line: Line) -> float:
    """Return how a line without a heading's tag is set apart: large letters, bold ones, or not at all.

    `<font size="1" color="#666">` is how layout tables set dates and tools: small is never a title.
    """
    loud = 0.0
    for node in [node for node in line.element.iter("b", "strong", "font", "span")][:4]:
        # The node that sets this line, not one that holds the whole text around its breaks.
        if not 0.9 <= len(words_of(node)) / len(line.text) <= 1.1:
            continue
        size = _SIZE.search(node.get("size") or "") or _SIZE_STYLE.search(node.get("style") or "")
        if size is not None:
            large = size[0].startswith("+") or float(size[1]) >= {"px": 20, "pt": 15}.get(size[0][-2:], 4)
            small = size[0].startswith("-") or float(size[1]) <= {"px": 12, "pt": 9}.get(size[0][-2:], 2)
            if small:
                return 0.0
            loud = max(loud, 0.6 if large else 0.0)
        if node.tag in ("b", "strong") or node.get("color"):
            loud = max(loud, 0.3)
    return loud


def choose(tree: HtmlElement, lines: list[Line], body_start: int | None, url: str) -> tuple[str, int | None]:
    """Return the title and the index of its line (None when only the head knows it).

    A line set like a title wins by agreeing with the head or the slug, and by standing close above the
    body (*body_start* is the index of the body's first line, None while that is not known: then only the
    head and the slug can vouch for a line).
    """
    offered = [(words(text), text) for text in head_titles(tree)]
    slug = slug_words(url)
    linked = {line.text for line in lines if line.only_links}
    best: tuple[float, str, int | None] = (0.0, "", None)
    for index, text, prior in candidates(lines):
        mine = words(text)
        if len(mine) < 2:
            continue
        score = prior
        if _is_site(text) or (len(mine) <= 5 and text in linked):
            # The portal's greeting, or the section's name as the menu has it.
            score -= 1.0
        if any(mine == theirs for theirs, _ in offered):
            score += 1.0
        elif any(theirs and " ".join(mine) in " ".join(theirs) for theirs, _ in offered):
            score += 0.6
        if slug and len(mine) >= 3:
            score += _overlap(mine, slug)
        if body_start is None:
            if score < prior + 0.5:
                continue
            distance = 0
        else:
            distance = body_start - index
        if body_start is None or 0 < distance <= 12:
            score += 0.8 - 0.05 * distance
        elif -3 <= distance <= 0:
            # The container found holds the section's name and the title too: its first line has no merit.
            score += 0.5
        else:
            score -= 0.4
        if score > best[0]:
            best = (score, text, index)
    if best[0] >= 0.9 or (body_start is None and best[2] is None):
        return best[1], best[2]
    for theirs, text in offered:
        if slug and len(theirs) >= 3 and _overlap(theirs, slug) >= 0.6:
            return text, None
    if best[1]:
        return best[1], best[2]
    own = [text for _, text in offered if not _is_site(text)]
    return (own[0] if own else offered[0][1] if offered else ""), None


def _overlap(left: list[str], slug: list[str]) -> float:
    """Share of the slug's words the title has, in the title's first words (slugs are cut)."""
    if not slug or not left:
        return 0.0
    mine = set(left)
    return sum(word in mine for word in slug) / len(slug)
