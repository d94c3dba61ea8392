"""The one parse of a page: a tree everything shares, and cheap ways to ask it things."""

import re
import unicodedata
from functools import lru_cache
from itertools import chain

from lxml import etree
from lxml.html import HtmlElement, HTMLParser

from crawler.selecting import index_of

# Nothing inside these is ever words of an article.
SILENT_TAGS = frozenset(
    [
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "math",
        "canvas",
        "iframe",
        "object",
        "embed",
        "applet",
        "audio",
        "video",
        "map",
        "head",
        "select",
        "option",
        "textarea",
        "button",
        "input",
        "datalist",
    ]
)
BLOCK_TAGS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
        "caption",
    ]
)
_HIDDEN_CLASSES = frozenset(
    [
        "hidden",
        "hide",
        "d-none",
        "sr-only",
        "visually-hidden",
        "screen-reader-text",
        "element-invisible",
        "element-hidden",
    ]
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_ZERO_WIDTH = dict.fromkeys([0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_SHORT = 80
_DIGITS = re.compile(r"\d+")
_SUBJECT_CLASS = re.compile(r"(?:category|tag|term|author)-")
_SCRIPT_MARKS = re.compile(r"[\u200b-\u200d\u2060\ufeff]")


class EmptyPage(ValueError):
    """The body holds no markup at all."""


def parse(text: str) -> HtmlElement:
    """Parse decoded HTML into its tree, without comments and processing instructions.

    Raises EmptyPage when there is nothing to parse. libxml2 cuts what nests deeper than its own limit;
    nothing of ours recurses into a page.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError:  # lone surrogates, from a page that escapes half a pair
        data = text.encode("utf-8", "surrogatepass")
    if not data.strip():
        raise EmptyPage("the page is empty")
    try:
        tree = etree.fromstring(data, _parser())
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError) as error:
        # libxml2 calls it an unknown error in line 0.
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError("no memory for the tree") from error
        raise EmptyPage(f"nothing that can be read as HTML: {error}") from error
    if tree is None:
        raise EmptyPage("nothing that can be read as HTML")
    assert isinstance(tree, HtmlElement)
    return tree


@lru_cache(maxsize=1)
def _parser() -> HTMLParser:
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    # lxml.html asks a Python function for the class of each element; one class for all is looked up in C.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=HtmlElement))
    return parser


def find_all(tree: HtmlElement, xpaths: tuple[str, ...]) -> list[HtmlElement]:
    """Return the elements of the first XPath that matches anything, in document order."""
    index = index_of(tree)
    for xpath in xpaths:
        elements = [node for node in index.select(xpath) if isinstance(node, HtmlElement)]
        if elements:
            return elements
    return []


def find_value(tree: HtmlElement, xpaths: tuple[str, ...]) -> str:
    """Return the first non-empty text of the XPaths: an element's words, or an attribute's value."""
    index = index_of(tree)
    for xpath in xpaths:
        for node in index.select(xpath):
            text = words_of(node) if isinstance(node, HtmlElement) else squeeze(node)
            if text:
                return text
    return ""


def squeeze(text: str) -> str:
    """Fold white space (NBSP too), drop zero-width characters, make NFC."""
    # The words of a portal's menus are the same on each of its pages.
    return _squeeze_short(text) if len(text) < _SHORT else _squeeze(text)


def _squeeze(text: str) -> str:
    if not text.isascii():
        if _SCRIPT_MARKS.search(text):
            text = text.translate(_ZERO_WIDTH)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


_squeeze_short = lru_cache(maxsize=8192)(_squeeze)


def words_of(element: HtmlElement, most: int | None = None) -> str:
    """Return the words under *element*, squeezed, with a space wherever a block or `<br>` ends.

    Of a large element the first *most* characters are enough where nobody reads on.
    """
    if not len(element):
        text = element.text
        return squeeze(text)[:most] if text and element.tag not in SILENT_TAGS else ""
    parts: list[str] = []
    for node in element.iter():
        tag = node.tag
        apart = (tag in BLOCK_TAGS or tag == "br") and node is not element
        if apart:
            parts.append(" ")
        text = node.text
        if text and tag not in SILENT_TAGS:
            parts.append(text)
        text = node.tail
        if text and node is not element:
            if apart:
                parts.append(" ")
            parts.append(text)
        if most is not None and len(parts) > most:
            break
    words = squeeze("".join(parts))
    return words if most is None else words[:most]


def has_words(element: HtmlElement) -> bool:
    """Say whether `words_of` would return any, without reading on behind the first."""
    for node in element.iter():
        text = node.text
        if text and node.tag not in SILENT_TAGS and squeeze(text):
            return True
        text = node.tail
        if text and node is not element and squeeze(text):
            return True
    return False


def hidden_in(root: HtmlElement) -> frozenset[HtmlElement]:
    """Return the elements that a page itself hides: by class, `hidden`, or inline style."""
    index = index_of(root)
    if index.hidden is None:
        found = [
            *index.with_attribute("hidden"),
            *chain.from_iterable(map(index.with_class, _HIDDEN_CLASSES)),
        ]
        found += [node for node in index.with_attribute("style") if _hides(node.get("style", ""))]
        index.hidden = frozenset(found)
    return index.hidden


@lru_cache(maxsize=8192)
def _hides(style: str) -> bool:
    return _HIDDEN_STYLE.search(style) is not None


@lru_cache(maxsize=8192)
def _step(tag: str, ident: str | None, classes: str | None) -> str:
    step = tag
    if ident:
        step += "#" + _DIGITS.sub("0", ident)
    if classes:
        names = set(_DIGITS.sub("0", classes).split())
        if len(names) > 4:
            # WordPress writes an article's sections and tags into its classes: no part of the template.
            names = {name for name in names if not _SUBJECT_CLASS.match(name)}
        step += "." + ".".join(sorted(names))
    return step


def step_of(element: HtmlElement) -> str:
    """Return one step of a structural path: tag, id and classes, digits masked."""
    return _step(str(element.tag), element.get("id"), element.get("class"))


def path_of(element: HtmlElement) -> str:
    """Return the structural path from the document's root down to *element*."""
    known = index_of(element.getroottree().getroot()).paths
    chain = []
    node: HtmlElement | None = element
    while node is not None and node not in known:
        chain.append(node)
        node = node.getparent()
    path = known[node] if node is not None else ""
    for node in reversed(chain):
        path = f"{path}/{step_of(node)}" if path else step_of(node)
        known[node] = path
    return path


def with_class(name: str, tag: str = "*") -> str:
    """Return the XPath of elements that carry the class *name*."""
    return f"//{tag}[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
