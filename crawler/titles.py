"""The article's own title: never the site's fixed `<title>`, never the section's name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from archive.vietnamese.fold import fold
from crawler.blocks import Line
from crawler.dom import find_value, words_of
from crawler.published import is_date_line

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
_SITE_SEPARATOR = re.compile(r" [-–—|»:]+ | ?[|»] ?")
_META_TITLES = (
    "//meta[@property='og:title']/@content",
    "//meta[@name='twitter:title']/@content",
    "//meta[@name='title' or @itemprop='headline']/@content",
)


@lru_cache(maxsize=1024)
def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, for comparing titles whatever their quotes and dashes."""
    return tuple(_WORD.findall(fold(text)))


def same_title(left: str, right: str) -> bool:
    """Say whether two titles are one but for case, marks, quotes and punctuation."""
    first, second = _begins(left), _begins(right)
    if first and second and first != second:
        # A body's paragraphs are compared with its title: folding them whole takes longer than all titles.
        return False
    return words(left) == words(right)


def _begins(text: str) -> str:
    """Return the first folded word of a text; "" where more than its beginning would have to be read."""
    found = _WORD.findall(fold(text[:48]))
    return found[0] if len(found) > 2 else ""


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


@lru_cache(maxsize=64)
def slug_words(url: str) -> tuple[str, ...]:
    """Return the words of the URL's slug, without ids: weak evidence, but on nearly every CMS."""
    segment = next((part for part in reversed(unquote(urlsplit(url).path).split("/")) if part), "")
    segment = re.sub(r"\.\w{2,5}$", "", segment)
    found = _WORD.findall(fold(segment.replace("-", " ").replace("_", " ")))
    return tuple(word for word in found if not word.isdigit())


def candidates(lines: list[Line]) -> Iterator[tuple[int, str, float]]:
    """Yield (line index, text, prior) of lines set like a title: headings, title classes, bold lines."""
    marked: dict[HtmlElement, bool] = {}
    for index, line in enumerate(lines):
        if not 8 <= len(line.text) <= 400 or line.kind in ("table_row", "caption"):
            continue
        prior = 0.0
        if line.kind == "heading":
            prior = {1: 1.0, 2: 0.7, 3: 0.5}.get(line.level, 0.3)
        if prior < 0.6 and _stands_marked(line.element, marked):
            prior = 0.6
        if line.only_links:
            if prior >= 0.9:
                yield index, line.text, prior
            continue
        if prior := prior or _loudness(line) or _position(lines, index):
            yield index, line.text, prior


def _stands_marked(element: HtmlElement, known: dict[HtmlElement, bool]) -> bool:
    """Say whether an element, or one of the two around it, calls itself a title."""
    node: HtmlElement | None = element
    for _ in range(3):
        if node is None:
            return False
        mark = known.get(node)
        if mark is None:
            mark = known[node] = _is_title_mark(node.get("class"), node.get("id"))
        if mark:
            return True
        node = node.getparent()
    return False


@lru_cache(maxsize=8192)
def _is_title_mark(classes: str | None, ident: str | None) -> bool:
    marks = f"{classes or ''} {ident or ''}"
    return bool(_TITLE_CLASS.search(marks)) and not _NOT_TITLE.search(marks)


def _position(lines: list[Line], index: int) -> float:
    """Return how much the lines that follow say that a line set like any other is a title: its date does."""
    line = lines[index]
    below = lines[index + 1] if index + 1 < len(lines) else None
    set_apart = line.element.tag == "dt" or (below is not None and is_date_line(below))
    if not set_apart or line.links or len(words(line.text)) < 5 or is_date_line(line):
        return 0.0
    return 0.3


@lru_cache(maxsize=1024)
def _is_site(text: str) -> bool:
    """Say whether words are a portal's own name or its greeting."""
    return bool(_SITE.match(fold(text)))


def _loudness(line: Line) -> float:
    """Return how a line without a heading's tag is set apart: large letters, bold ones, or not at all.

    `<font size="1" color="#666">` is how layout tables set dates and tools: small is never a title.
    """
    loud = 0.0
    for node in islice(line.element.iter("b", "strong", "font", "span"), 4):
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


@dataclass(slots=True)
class Titles:
    """What may be a page's title: its lines that are set like one, and what its head and its slug say."""

    offered: list[tuple[tuple[str, ...], str]]
    slug: tuple[str, ...]
    # (index of the line, its text, its prior, whether the head or the slug vouches for it)
    scored: list[tuple[int, str, float, bool]]

    @classmethod
    def of(cls, tree: HtmlElement, lines: list[Line], url: str) -> "Titles":
        """Score the lines of a page."""
        offered = [(words(text), text) for text in head_titles(tree)]
        joined = [" ".join(theirs) for theirs, _ in offered if theirs]
        slug = slug_words(url)
        linked = {line.text for line in lines if line.only_links}
        scored = []
        for index, text, prior in candidates(lines):
            mine = words(text)
            if len(mine) < 2:
                continue
            score = prior
            if text.endswith((".", ";", ":")) and not text.endswith("..."):
                # A sentence set in bold is a sapo.
                score -= 0.3
            if _is_site(text) or (len(mine) <= 5 and text in linked):
                # The portal's greeting, or the section's name as the menu has it.
                score -= 1.0
            whole = " ".join(mine)
            if whole in joined:
                score += 1.0
            elif any(whole in theirs for theirs in joined):
                score += 0.6
            if slug and len(mine) >= 3:
                score += _overlap(mine, slug)
            scored.append((index, text, score, score >= prior + 0.5))
        return cls(offered, slug, scored)

    def choose(self, body_start: int | None) -> tuple[str, int | None]:
        """Return the title and the index of its line (None when only the head knows it).

        A line set like a title wins by agreeing with the head or the slug, and by standing close above the
        body (*body_start* is the index of the body's first line, None while that is not known: then only
        the head and the slug can vouch for a line).
        """
        best: tuple[float, str, int | None] = (0.0, "", None)
        for index, text, score, vouched in self.scored:
            distance = 0 if body_start is None else body_start - index
            if body_start is None:
                if not vouched:
                    continue
                score += 0.8
            elif 0 < distance <= 12:
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
        for theirs, text in self.offered:
            if self.slug and len(theirs) >= 3 and _overlap(theirs, self.slug) >= 0.6:
                return text, None
        if best[1]:
            return best[1], best[2]
        own = [text for _, text in self.offered if not _is_site(text)]
        return (own[0] if own else self.offered[0][1] if self.offered else ""), None


def choose(tree: HtmlElement, lines: list[Line], body_start: int | None, url: str) -> tuple[str, int | None]:
    """Return the title and the index of its line, as `Titles.choose` does, of a page asked once."""
    return Titles.of(tree, lines, url).choose(body_start)


def _overlap(left: tuple[str, ...], slug: tuple[str, ...]) -> float:
    """Share of the slug's words the title has, in the title's first words (slugs are cut)."""
    if not slug or not left:
        return 0.0
    mine = set(left)
    return sum(word in mine for word in slug) / len(slug)
