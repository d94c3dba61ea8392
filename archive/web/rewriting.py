"""A captured page made fit for replay: what it loads comes from the archive, what could act is taken out.

This is for fidelity. That nothing runs and nothing leaves is held by the sandbox and the policy that
every answer of the replay server carries, whatever stands in the page.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

Rewrite = Callable[[str], str]

_CSS_URL = re.compile(r"""url\(\s{0,9}(?:"([^"]*)"|'([^']*)'|([^()'"\s]{0,4000}))\s{0,9}\)""", re.IGNORECASE)
_CSS_IMPORT = re.compile(r"""@import\s+(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,300}?charset\s{0,3}=\s{0,3}[\"']?\s{0,3}([\w-]{2,40})", re.IGNORECASE
)
# Nothing here can run under the policy; without them a page does not flicker with refused requests.
_DROPPED = frozenset(
    {"script", "iframe", "frame", "object", "embed", "applet", "base", "portal", "fencedframe"}
)
_URLS = frozenset(
    {"href", "src", "poster", "background", "data", "{http://www.w3.org/1999/xlink}href", "xlink:href"}
)
_GONE = frozenset(
    {"action", "formaction", "ping", "target", "integrity", "crossorigin", "nonce", "srcdoc", "manifest"}
)
# Where lazy loaders keep the picture that their script would put in.
_LAZY = ("data-src", "data-original", "data-lazy-src")
_SAFE = "%/:=&?~#+!$,;'@()*[]-._"


def rewriter(base: str, timestamp: str) -> Rewrite:
    """Return what turns a reference within the page *base* into its address on the replay server.

    "" for what cannot be archived (`javascript:`, `mailto:`, …); pictures in `data:` stay.
    """

    def rewrite(reference: str) -> str:
        reference = reference.strip()
        if reference.startswith("#"):
            return reference
        if reference[:11].lower() == "data:image/":
            return reference
        try:
            url = urljoin(base, reference)
            parts = urlsplit(url)
        except ValueError:
            return ""
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return ""
        return f"/replay/{timestamp}/{quote(url, safe=_SAFE)}"

    return rewrite


def css(text: str, rewrite: Rewrite) -> str:
    """Return a style sheet whose references lead to the archive."""

    def address(found: re.Match[str]) -> str:
        made = rewrite(next((part for part in found.groups() if part is not None), ""))
        return f'url("{_in_css(made)}")'

    def imported(found: re.Match[str]) -> str:
        return f'@import "{_in_css(rewrite(found[1] or found[2] or ""))}"'

    return _CSS_IMPORT.sub(imported, _CSS_URL.sub(address, text))


def decode(body: bytes, charset: str | None) -> str:
    """Return the text of a page or style sheet: as declared, else as its meta says, else UTF-8 or 1258."""
    declared = _META_CHARSET.search(body[:4096])
    for name in (charset, declared[1].decode("ascii") if declared else None, "utf-8"):
        try:
            if name:
                return body.decode(name)
        except (LookupError, UnicodeDecodeError, ValueError):
            continue
    return body.decode("utf-8" if charset or declared else "cp1258", "replace")


def html(text: str, url: str, timestamp: str) -> bytes:
    """Return the page at *url* in UTF-8, its references leading to the archive at *timestamp*."""
    from lxml import etree
    from lxml.html import HTMLParser, document_fromstring

    try:
        tree: Any = document_fromstring(
            text.encode("utf-8", "replace") or b" ", parser=HTMLParser(encoding="utf-8", remove_comments=True)
        )
    except (etree.ParserError, ValueError):
        return b""
    bases = tree.xpath("//base/@href")
    rewrite = rewriter(urljoin(url, bases[0]) if bases else url, timestamp)
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in _DROPPED or _refused(element):
            if element.getparent() is not None:
                element.drop_tree()
            continue
        _attributes(element, rewrite)
        if element.tag == "style" and element.text:
            element.text = css(element.text, rewrite)
    head = tree.find("head")
    if head is not None:
        head.insert(0, etree.fromstring('<meta charset="utf-8"/>'))
    doctype: Any = tree.getroottree().docinfo.doctype or None
    made: Any = etree.tostring(tree, encoding="utf-8", method="html", doctype=doctype)
    return bytes(made)


def _refused(element: Any) -> bool:
    if element.tag == "meta":
        return element.get("http-equiv") is not None or element.get("charset") is not None
    # Prefetching asks the network past every policy.
    return element.tag == "link" and "stylesheet" not in (element.get("rel") or "").lower().split()


def _attributes(element: Any, rewrite: Rewrite) -> None:
    lazy = next((element.get(name) for name in _LAZY if element.get(name)), None)
    if element.tag in ("img", "source") and lazy and (element.get("src") or "data:").startswith("data:"):
        element.set("src", lazy)
    for name, value in list(element.attrib.items()):
        lower = name.lower()
        if lower.startswith("on") or lower in _GONE:
            del element.attrib[name]
        elif lower in _URLS:
            made = rewrite(value)
            if made:
                element.set(name, made)
            else:
                del element.attrib[name]
        elif lower == "srcset":
            element.set(name, _srcset(value, rewrite))
        elif lower == "style":
            element.set(name, css(value, rewrite))


def _srcset(value: str, rewrite: Rewrite) -> str:
    made = []
    for part in value.split(","):
        words = part.split()
        if words and (address := rewrite(words[0])):
            made.append(" ".join([address.replace(",", "%2C"), *words[1:2]]))
    return ", ".join(made)


def _in_css(address: str) -> str:
    return address.replace("\\", "%5C").replace('"', "%22").replace("\n", "")
