"""Atom and RSS of a selection, newest first. Text is escaped, never markup (I9)."""

from typing import IO
from xml.etree import ElementTree as ET

from archive.export.selection import Selection
from archive.export.times import rfc822, rfc3339
from archive.records import Json
from archive.urls import is_web

MOST = 100
_ATOM = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot carry at all, not even by its number.
_NOT_XML = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])


def newest(selection: Selection, most: int = MOST) -> list[Json]:
    """Return the *most* articles published last."""
    rows = sorted(selection.rows(), key=lambda row: (row["published_at"] or "", row["url"]), reverse=True)
    return rows[:most]


def write_atom(selection: Selection, out: IO[bytes], title: str = "Kho Cổng") -> int:
    """Write an Atom feed (RFC 4287); return how many entries."""
    rows = newest(selection)
    name = f"{title}: {selection.query}" if selection.query else title
    out.write(atom(rows, name, f"urn:khocong:{selection.query or 'all'}", selection.latest()))
    return len(rows)


def atom(rows: list[Json], title: str, identifier: str, updated: str, self_url: str | None = None) -> bytes:
    """Return a feed of *rows* (as `Selection.rows` yields them)."""
    ET.register_namespace("", _ATOM)
    feed = ET.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", _uri(identifier))
    _add(feed, "title", title)
    _add(feed, "updated", rfc3339(updated))
    if self_url:
        ET.SubElement(feed, f"{{{_ATOM}}}link", {"rel": "self", "href": self_url})
    for row in rows:
        entry = ET.SubElement(feed, f"{{{_ATOM}}}entry")
        _add(entry, "id", _uri(row["url"]))
        _add(entry, "title", row["title"])
        if is_web(row["url"]):
            # A feed reader opens what stands here: a stranger's archive may say `javascript:`.
            ET.SubElement(entry, f"{{{_ATOM}}}link", {"rel": "alternate", "href": _uri(row["url"])})
        _add(entry, "updated", rfc3339(row["updated_at"] or row["published_at"] or row["captured_at"]))
        if row["published_at"]:
            _add(entry, "published", rfc3339(row["published_at"]))
        author = ET.SubElement(entry, f"{{{_ATOM}}}author")
        _add(author, "name", row["byline"] or row["portal_name"] or row["portal"])
        _add(entry, "summary", row["lead"] or row["text"][:500])
        if not is_web(row["url"]):
            _add(entry, "content", row["text"])  # RFC 4287, 4.1.2: an entry has a link, or its content
    return _document(feed)


def write_rss(selection: Selection, out: IO[bytes], title: str = "Kho Cổng") -> int:
    """Write an RSS 2.0 feed; return how many items."""
    rows = newest(selection)
    rss = ET.Element("rss", {"version": "2.0"})
    channel = ET.SubElement(rss, "channel")
    for name, value in (
        ("title", f"{title}: {selection.query}" if selection.query else title),
        ("link", next((row["url"] for row in rows if is_web(row["url"])), "https://example.org/")),
        ("description", "Bài viết của các cổng thông tin điện tử"),
        ("language", "vi"),
        ("lastBuildDate", rfc822(selection.latest())),
    ):
        ET.SubElement(channel, name).text = _clean(value)
    for row in rows:
        item = ET.SubElement(channel, "item")
        ET.SubElement(item, "title").text = _clean(row["title"])
        address = _uri(row["url"])
        if is_web(row["url"]):
            ET.SubElement(item, "link").text = _clean(address)
        ET.SubElement(item, "guid", {} if is_web(row["url"]) else {"isPermaLink": "false"}).text = _clean(
            address
        )
        ET.SubElement(item, "description").text = _clean(row["lead"] or row["text"][:500])
        if row["published_at"]:
            ET.SubElement(item, "pubDate").text = rfc822(row["published_at"])
    out.write(_document(rss))
    return len(rows)


def _document(root: ET.Element) -> bytes:
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return made + b"\n"


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}").text = _clean(text)


def _clean(text: str) -> str:
    return text.translate(_NOT_XML)


def _uri(url: str) -> str:
    from archive.warc.records import safe_uri

    return safe_uri(url)
