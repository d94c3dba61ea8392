"""A container of a page as lines in reading order: paragraphs, headings, list items, table rows, captions.

Portals write a paragraph as `<p>`, `<div>`, `<font>…<br>`, a table cell or a `<span>` between breaks; all
of them become one line each. Layout tables are opened, data tables keep every cell.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

from lxml import etree
from lxml.html import HtmlElement

from archive.records import BlockKind
from crawler.dom import BLOCK_TAGS, SILENT_TAGS, hidden_in, squeeze, words_of
from crawler.tables import is_data_table

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
# A caption is short, follows its picture inside the same wrapper, and is set apart (italic, centred).
_CAPTION_MAX = 400
_CAPTION_WORDS = re.compile(
    r"\b(?:ảnh|hình|nguồn ảnh|photo)\s*(?::|minh họa|minh hoạ|tư liệu)|^\(?ảnh\b", re.IGNORECASE
)
_CENTRED = re.compile(r"text-align\s*:\s*center", re.IGNORECASE)
_CAPTION_CLASSES = re.compile(r"caption|chu-?thich|img-?desc|desc-?img|photo-?desc|imgtitle", re.IGNORECASE)

# How Word writes the items of a list: as paragraphs, `MsoListParagraphCxSpFirst` and the like.
_LIST_CLASSES = re.compile(r"\bMsoList(?:Paragraph|Bullet|Number)", re.IGNORECASE)
# What makes more of an element than words, beside blocks.
_NOTED = frozenset(["a", "br", "img"])


@dataclass(slots=True)
class Line:
    """One line as it stands in the page: its words, what it is, and where it came from.

    `links` are (href, words) of the links inside; `link_chars` counts the characters inside links;
    `weight` is what `body.weigh` makes of it, once asked.
    """

    kind: BlockKind
    text: str
    element: HtmlElement
    level: int = 0
    cells: tuple[str, ...] = ()
    links: list[tuple[str, str]] = field(default_factory=list)
    link_chars: int = 0
    weight: float | None = None

    @property
    def only_links(self) -> bool:
        """Whether nearly all its words are inside links: navigation, attachments, related items."""
        return bool(self.links) and self.link_chars >= 0.85 * len(self.text)


@dataclass(slots=True)
class Picture:
    """An image of the body and the words that stand under it."""

    url: str
    alt: str
    element: HtmlElement
    caption: str = ""


@dataclass(slots=True)
class Lines:
    """What a container holds, in reading order."""

    lines: list[Line] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)


class _Reader:
    """Walks one container without recursion; a page may nest as deep as the parser lets it."""

    def __init__(self, root: HtmlElement, base: str, skip: frozenset[HtmlElement]) -> None:
        self.root = root
        self.base = base
        self.skip = skip | hidden_in(root.getroottree().getroot())
        self.out = Lines()
        self.buffer: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.open_link: tuple[str, int] | None = None
        self.link_chars = 0
        self.picture_wrapper: HtmlElement | None = None
        self.wrappers: dict[HtmlElement, bool] = {}
        self.kinds: dict[HtmlElement, tuple[BlockKind, int]] = {root: ("paragraph", 0)}
        self.first: HtmlElement | None = None

    def read(self) -> Lines:
        root, skip, say, flush = self.root, self.skip, self.say, self.flush
        passed: HtmlElement | None = None
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, node in walk:
            tag = node.tag
            if event == "start":
                if node is not root and (tag in SILENT_TAGS or node in skip):
                    walk.skip_subtree()
                    passed = node
                    if tag in BLOCK_TAGS:
                        flush(node)
                    continue
                if (tag in _NOTED or tag in BLOCK_TAGS) and self.start(node, tag):
                    walk.skip_subtree()
                if text := node.text:
                    say(text, node)
                continue
            if node is passed:
                # The tail belongs to the parent: iterwalk gives "end" for a skipped element too.
                passed = None
            elif tag in BLOCK_TAGS:
                flush(node)
            elif tag == "a":
                self.close_link()
            if (text := node.tail) and node is not root:
                say(text, node.getparent())
        flush(root)
        return self.out

    def start(self, node: HtmlElement, tag: str) -> bool:
        """Take the start of an element that is more than words; True when its subtree has been dealt with."""
        if tag == "a":
            if href := node.get("href"):
                self.open_link = (href, len(self.buffer))
        elif tag == "img":
            self.picture(node)
        else:
            if self.buffer:
                self.flush(node.getparent() if node is not self.root else node)
            if tag == "table" and is_data_table(node):
                self.rows(node)
                return True
        return False

    def close_link(self) -> None:
        if self.open_link is None:
            return
        href, begin = self.open_link
        if words := squeeze("".join(self.buffer[begin:])):
            self.links.append((href, words))
            self.link_chars += len(words)
        self.open_link = None

    def say(self, text: str, element: HtmlElement | None) -> None:
        if self.first is None:
            if text.isspace():
                return
            self.first = element
        self.buffer.append(text)

    def flush(self, element: HtmlElement | None) -> None:
        """End the current line; *element* is where it stands."""
        if not self.buffer:
            return
        text = squeeze("".join(self.buffer))
        links, link_chars, first = self.links, self.link_chars, self.first
        if self.open_link is not None:
            href = self.open_link[0]
            if text:
                links = [*links, (href, text)]
                link_chars = max(link_chars, len(text))
            self.open_link = (href, 0)
        self.buffer, self.links, self.link_chars, self.first = [], [], 0, None
        if not text:
            return
        holder = element if element is not None else self.root
        begin = first if first is not None else holder
        kind, level = self.kind_of(begin)
        line = Line(kind, text, holder, level, (), links, link_chars)
        if kind == "caption" or (self.picture_wrapper is not None and self.is_caption(line, begin)):
            line.kind = "caption"
            if self.out.pictures and not self.out.pictures[-1].caption:
                self.out.pictures[-1].caption = text
        else:
            self.picture_wrapper = None
        self.out.lines.append(line)

    def kind_of(self, first: HtmlElement) -> tuple[BlockKind, int]:
        """Say what a line is from what stands around its first word, the nearest mark deciding."""
        chain: list[HtmlElement] = []
        node: HtmlElement | None = first
        found: tuple[BlockKind, int] | None = None
        while node is not None and (found := self.kinds.get(node)) is None:
            chain.append(node)
            if (found := _own_kind(node)) is not None:
                break
            node = node.getparent()
        kind = found or ("paragraph", 0)
        self.kinds.update((node, kind) for node in chain)
        return kind

    def picture(self, node: HtmlElement) -> None:
        source = node.get("data-src") or node.get("src") or ""
        if not source or source.startswith("data:"):
            return
        try:
            url = urljoin(self.base, source.strip())
        except ValueError:
            return
        self.out.pictures.append(Picture(url, squeeze(node.get("alt") or ""), node))
        wrapper = _wrapper_of(node, self.root)
        if wrapper not in self.wrappers:
            # A banner stands in the table that lays out the whole page: that wraps no picture.
            self.wrappers[wrapper] = len(words_of(wrapper)) <= 3 * _CAPTION_MAX
        self.picture_wrapper = wrapper if self.wrappers[wrapper] else None

    def is_caption(self, line: Line, first: HtmlElement) -> bool:
        if self.picture_wrapper is None or len(line.text) > _CAPTION_MAX or not self.out.pictures:
            return False
        inside = first is self.picture_wrapper or self.picture_wrapper in first.iterancestors()
        if not inside:
            return False
        if self.out.pictures[-1].alt == line.text or _CAPTION_WORDS.search(line.text):
            return True
        return _set_apart(first, self.picture_wrapper)

    def rows(self, table: HtmlElement) -> None:
        """Write a data table: one line a row, its cells in order; no cell is lost."""
        for row in table.iter("tr"):
            cells = [cell for cell in row if cell.tag in ("td", "th")]
            texts = tuple(words_of(cell) for cell in cells)
            if not any(texts):
                continue
            line = Line("table_row", " | ".join(texts), row, 0, texts)
            for link in row.iter("a"):
                words = words_of(link)
                if link.get("href") and words:
                    line.links.append((link.get("href", ""), words))
                    line.link_chars += len(words)
            self.out.lines.append(line)


def _own_kind(node: HtmlElement) -> tuple[BlockKind, int] | None:
    """Return what an element makes of the lines that begin in it; None where that is for those around it."""
    tag = node.tag
    if tag in HEADINGS:
        return "heading", HEADINGS[tag]
    if tag in ("li", "dd"):
        return "list_item", 1
    if tag == "blockquote":
        return "quote", 0
    if tag in ("figcaption", "caption"):
        return "caption", 0
    classes = node.get("class")
    if classes:
        if _CAPTION_CLASSES.search(classes):
            return "caption", 0
        if tag == "p" and _LIST_CLASSES.search(classes):
            return "list_item", 1
    return ("paragraph", 0) if tag in ("td", "table", "div") else None


def _wrapper_of(image: HtmlElement, root: HtmlElement) -> HtmlElement:
    """Return the element that wraps one picture and its caption: a figure, a cell's table, a `<p>`."""
    node = image
    while (parent := node.getparent()) is not None and parent is not root:
        node = parent
        if node.tag == "figure":
            return node
        if node.tag == "table":
            return node
        if node.tag in ("p", "div", "center", "td"):
            if node.tag == "td":
                continue
            above = node.getparent()
            # Images stand alone in their <p> or <div> inside a table cell or figure: look further out.
            if above is not None and above.tag in ("td", "figure"):
                continue
            return node
    return node


def _set_apart(first: HtmlElement, wrapper: HtmlElement) -> bool:
    node: HtmlElement | None = first
    while node is not None:
        if node.tag in ("em", "i", "center", "small", "figcaption", "caption"):
            return True
        if node.get("align") == "center" or _CENTRED.search(node.get("style") or ""):
            return True
        if node is wrapper:
            break
        node = node.getparent()
    # A table that holds nothing but one picture and one short text is a captioned picture.
    return wrapper.tag == "table" and len(words_of(wrapper)) <= _CAPTION_MAX


def read_lines(root: HtmlElement, base: str, skip: frozenset[HtmlElement] = frozenset()) -> Lines:
    """Return what *root* holds as lines; elements in *skip* are passed over with all they hold."""
    return _Reader(root, base, skip).read()
