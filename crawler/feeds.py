"""Sitemaps and feeds: the URLs a portal itself lists, read without trusting the XML.

Entities are never expanded and nothing outside the document is ever fetched; a broken sitemap gives the
URLs that can still be read.
"""

import gzip
import re
import zlib
from dataclasses import dataclass

from lxml import etree

from archive.vietnamese.dates import from_iso

_MAX_BYTES = 60_000_000
_MAX_URLS = 60_000
_LOC = re.compile(
    rb"<(?:\w++:)?loc>\s*+(?:<!\[CDATA\[)?([^<\]]++)(?:\]\]>)?\s*+</(?:\w++:)?loc>", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A URL a sitemap or feed names. `lastmod` is a sitemap's own word, as a date or time, or None.

    `said` is what a feed says of the item: title, summary, and an Atom entry's time of change.
    """

    url: str
    lastmod: str | None = None
    is_sitemap: bool = False
    said: str = ""


def unzip(body: bytes) -> bytes:
    """Undo gzip where the bytes say so (sitemap.xml.gz), never beyond the size a sitemap may have."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(body, _MAX_BYTES)
    except (zlib.error, gzip.BadGzipFile):
        return b""


def looks_like_sitemap(body: bytes) -> bool:
    """Say whether the document's root is `urlset` or `sitemapindex`."""
    head = body[:2000].lower()
    return b"<urlset" in head or b"<sitemapindex" in head


def looks_like_feed(body: bytes) -> bool:
    """Say whether the document's root is RSS, Atom or RDF."""
    head = body[:1500].lower()
    return b"<rss" in head or b"<feed" in head or b"<rdf:rdf" in head


def read_sitemap(body: bytes) -> list[Listed]:
    """Return what a sitemap or sitemap index lists, at most 60,000 URLs, in its order."""
    data = unzip(body)
    root = _root(data)
    if root is None:
        return [
            Listed(url.strip().decode("utf-8", "replace"))
            for url in _LOC.findall(data[:_MAX_BYTES])[:_MAX_URLS]
        ]
    index = _local(root) == "sitemapindex"
    found = []
    for entry in root:
        loc = lastmod = None
        for child in entry:
            name = _local(child)
            if name == "loc" and child.text:
                loc = child.text.strip()
            elif name == "lastmod" and child.text:
                lastmod = child.text.strip()
        if loc:
            when = from_iso(lastmod) if lastmod else None
            found.append(Listed(loc, when.iso if when else None, index or _local(entry) == "sitemap"))
        if len(found) >= _MAX_URLS:
            break
    return found


def read_feed(body: bytes) -> list[Listed]:
    """Return the item links of an RSS or Atom feed. Its dates are not taken: NukeViet's are wrong."""
    root = _root(unzip(body))
    if root is None:
        return []
    found = []
    for item in root.iter():
        name = _local(item)
        if name == "item":
            link = next((child.text for child in item if _local(child) == "link" and child.text), None)
            if link:
                found.append(Listed(link.strip(), said=_said(item)))
        elif name == "entry":
            href = next(
                (
                    child.get("href")
                    for child in item
                    if _local(child) == "link" and child.get("rel", "alternate") == "alternate"
                ),
                None,
            )
            if href:
                found.append(Listed(href.strip(), said=_said(item)))
        if len(found) >= _MAX_URLS:
            break
    return found


def _said(item: etree._Element) -> str:
    words = [
        child.text or "" for child in item if _local(child) in ("title", "description", "summary", "updated")
    ]
    return " ".join(" ".join(words).split())


def _root(data: bytes) -> etree._Element | None:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, huge_tree=False, load_dtd=False
    )
    try:
        return etree.fromstring(data[:_MAX_BYTES].lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
