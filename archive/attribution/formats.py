"""Dublin Core (JSON-LD) and CSL-JSON: citations as data."""

import json
from typing import Any

from archive.attribution.facts import Attribution
from archive.vietnamese.fold import fold

_CONTEXT = {"dc": "http://purl.org/dc/elements/1.1/", "dcterms": "http://purl.org/dc/terms/"}


def dublin_core(one: Attribution) -> str:
    """Return the article in Dublin Core's terms, as JSON-LD; what is not known is left out."""
    fields: dict[str, Any] = {
        "@context": _CONTEXT,
        "@id": one.url,
        "dc:title": one.title,
        "dc:creator": one.byline or one.organ,
        "dc:publisher": one.portal_name,
        "dc:contributor": one.organ if one.byline else None,
        "dc:source": one.source,
        "dc:language": "vi",
        "dc:type": "Text",
        "dc:format": "text/html",
        "dc:identifier": [one.url, one.text_digest],
        "dc:subject": [text for text in (one.section, *one.tags) if text],
        "dcterms:abstract": one.lead,
        "dcterms:issued": iso_date(one.published_on),
        "dcterms:modified": one.updated_at,
        "dcterms:spatial": list(dict.fromkeys(text for text in (one.place, one.place_now) if text)),
        "dcterms:isVersionOf": one.fetched_url if one.fetched_url != one.url else None,
        "dcterms:references": list(one.documents),
        "dcterms:relation": one.rests_on,
        "dcterms:provenance": provenance(one),
    }
    kept = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return json.dumps(kept, ensure_ascii=False, indent=2)


def csl_json(one: Attribution) -> str:
    """Return the article as a CSL-JSON list of one item, which Zotero, pandoc and citeproc read."""
    fields: dict[str, Any] = {
        "id": key_of(one),
        "type": "webpage",
        "title": one.title,
        "container-title": one.portal_name,
        "publisher": one.organ,
        "publisher-place": one.place,
        "author": [{"literal": one.byline or one.organ or one.portal_name}],
        "issued": {"date-parts": [list(one.published_on)]} if one.published_on else None,
        "accessed": {"date-parts": [list(one.captured_on)]},
        "URL": one.url,
        "abstract": one.lead,
        "language": "vi",
        "section": one.section,
        "source": one.source,
        "references": ", ".join(one.documents),
        "keyword": ", ".join(one.tags),
        "archive": "Kho Cổng",
        "archive_location": f"{one.warc_file}:{one.warc_offset}",
        "note": provenance(one),
    }
    kept = {name: value for name, value in fields.items() if value not in (None, "", [])}
    return json.dumps([kept], ensure_ascii=False, indent=2)


def iso_date(parts: tuple[int, ...]) -> str:
    """Return year, month and day as ISO 8601, as far as they are known."""
    return "-".join(f"{number:02}" if place else f"{number:04}" for place, number in enumerate(parts))


def provenance(one: Attribution) -> str:
    """Return how this copy can be proved, in one line: when, from where, digests, record, extractor."""
    bodies = "" if one.body_digest == one.payload_digest else f"; body {one.body_digest}"
    return (
        f"captured {one.captured_at} from {one.fetched_url}; payload {one.payload_digest}{bodies};"
        f" text {one.text_digest}; WARC {one.warc_file}:{one.warc_offset}; extractor {one.extractor}"
    )


def key_of(one: Attribution) -> str:
    """Return a citation key of letters and digits: portal, year, first words of the title.

    The end of the text's digest keeps two articles of one title apart.
    """
    words = "".join(char if char.isalnum() and char.isascii() else " " for char in fold(one.title)).split()
    portal = "".join(char for char in fold(one.portal) if char.isalnum() and char.isascii())
    year = str(one.published_on[0]) if one.published_on else "nd"
    return f"{portal or 'portal'}{year}{''.join(words[:3])[:30]}{one.text_digest[-6:]}"
