"""The one parse of a page: a tree everything shares, and cheap ways to ask it things."""

import re
import unicodedata
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement, HTMLParser, document_fromstring

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
_DIGITS = re.compile(r"\d+")
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
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        return document_fromstring(data, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError) as error:
        raise EmptyPage(f"nothing that can be read as HTML: {error}") from error


@lru_cache(maxsize=2048)
def _compiled(xpath: str) -> etree.XPath:
    return etree.XPath(xpath)


def find_all(tree: HtmlElement, xpaths: tuple[str, ...]) -> list[HtmlElement]:
    """Return the elements of the first XPath that matches anything, in document order."""
    for xpath in xpaths:
        found = _compiled(xpath)(tree)
        if isinstance(found, list):
            elements = [node for node in found if isinstance(node, HtmlElement)]
            if elements:
                return elements
    return []


def find_value(tree: HtmlElement, xpaths: tuple[str, ...]) -> str:
    """Return the first non-empty text of the XPaths: an element's words, or an attribute's value."""
    for xpath in xpaths:
        found = _compiled(xpath)(tree)
        for node in found if isinstance(found, list) else [found]:
            text = words_of(node) if isinstance(node, HtmlElement) else squeeze(str(node))
            if text:
                return text
    return ""


def squeeze(text: str) -> str:
    """Fold white space (NBSP too), drop zero-width characters, make NFC."""
    if not text.isascii():
        if _SCRIPT_MARKS.search(text):
            text = text.translate(_ZERO_WIDTH)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split())


def words_of(element: HtmlElement) -> str:
    """Return the words under *element*, squeezed, with a space wherever a block or `<br>` ends."""
    parts: list[str] = []
    for node in element.iter():
        tag = node.tag
        if node is not element and (tag in BLOCK_TAGS or tag == "br"):
            parts.append(" ")
        if tag not in SILENT_TAGS and node.text:
            parts.append(node.text)
        if node is not element and node.tail:
            if tag in BLOCK_TAGS:
                parts.append(" ")
            parts.append(node.tail)
    return squeeze("".join(parts))


def is_hidden(element: HtmlElement) -> bool:
    """Say whether the page itself hides the element: by class, `hidden`, or inline style."""
    attributes = element.attrib
    if "hidden" in attributes:
        return True
    classes = attributes.get("class")
    if classes and not _HIDDEN_CLASSES.isdisjoint(classes.split()):
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN_STYLE.search(style))


def step_of(element: HtmlElement) -> str:
    """Return one step of a structural path: tag, id and classes, digits masked."""
    step = str(element.tag)
    ident = element.get("id")
    if ident:
        step += "#" + _DIGITS.sub("0", ident)
    classes = element.get("class")
    if classes:
        step += "." + ".".join(sorted(set(_DIGITS.sub("0", classes).split())))
    return step


def path_of(element: HtmlElement, root: HtmlElement | None = None) -> str:
    """Return the structural path from *root* (or the document) down to *element*."""
    steps = [step_of(element)]
    node = element
    while node is not root and (parent := node.getparent()) is not None:
        node = parent
        steps.append(step_of(node))
    return "/".join(reversed(steps))


def with_class(name: str, tag: str = "*") -> str:
    """Return the XPath of elements that carry the class *name*."""
    return f"//{tag}[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
