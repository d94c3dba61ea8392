"""The peers extraction is measured beside: one function each, from decoded HTML to words, title and day.

All are permissively licensed: trafilatura, readability-lxml, resiliparse and magic-html Apache-2.0,
newspaper4k MIT. They come with the optional extra `bench`; one that is not installed is named as such.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple

import trafilatura
from lxml.html import document_fromstring

from crawler.dom import words_of


class Found(NamedTuple):
    """What a tool found on a page. `body` is the text without tables and captions where a tool tells them
    apart; title and day are None where it does not look for them."""

    text: str
    title: str | None = None
    published: str | None = None
    body: str | None = None


Tool = Callable[[str, str], Found]


def _words(markup: str) -> str:
    return words_of(document_fromstring(markup)) if markup and markup.strip() else ""


def _text(**options: Any) -> Tool:
    def run(html: str, url: str) -> Found:
        return Found(trafilatura.extract(html, url=url, include_comments=False, **options) or "")

    return run


def with_metadata(html: str, url: str) -> Found:
    """Run trafilatura as a crawler that wants title and day has to: what our CPU time is compared with."""
    found = trafilatura.bare_extraction(html, url=url, include_comments=False, with_metadata=True)
    if found is None or isinstance(found, dict):
        return Found("", "", "")
    return Found(found.text or "", found.title or "", found.date or "")


def _readability() -> Tool:
    document = import_module("readability").Document

    def run(html: str, url: str) -> Found:
        page = document(html, url=url)
        return Found(_words(page.summary()), page.short_title())

    return run


def _newspaper() -> Tool:
    article = import_module("newspaper").Article

    def run(html: str, url: str) -> Found:
        # Without fetch_images=False it would ask the portal for pictures.
        page = article(url, language="vi", fetch_images=False)
        page.download(input_html=html)
        page.parse()
        day = page.publish_date
        return Found(page.text, page.title, day.isoformat() if hasattr(day, "isoformat") else "")

    return run


def _resiliparse() -> Tool:
    plain = import_module("resiliparse.extract.html2text").extract_plain_text

    def run(html: str, url: str) -> Found:
        return Found(plain(html, main_content=True, alt_texts=False, list_bullets=False))

    return run


def _magic() -> Tool:
    extractor = import_module("magic_html").GeneralExtractor()

    def run(html: str, url: str) -> Found:
        found = extractor.extract(html, base_url=url)
        return Found(_words(found.get("html") or ""), found.get("title") or "")

    return run


WITH_METADATA = "trafilatura with metadata"
_ALWAYS: dict[str, Tool] = {
    "trafilatura": _text(),
    "trafilatura fast": _text(fast=True),
    "trafilatura precision": _text(favor_precision=True),
    WITH_METADATA: with_metadata,
}
_OPTIONAL: dict[str, Callable[[], Tool]] = {
    "readability-lxml": _readability,
    "newspaper4k": _newspaper,
    "resiliparse": _resiliparse,
    "magic-html": _magic,
}


def installed() -> tuple[dict[str, Tool], list[str]]:
    """Return the peers that can run here, and the names of those that are not installed."""
    tools, missing = dict(_ALWAYS), []
    for name, make in _OPTIONAL.items():
        try:
            tools[name] = make()
        except ImportError:
            missing.append(name)
    return tools, missing


def versions() -> dict[str, str]:
    """Return the versions of everything measured."""
    found = {}
    for name in ("khocong", "lxml", "trafilatura", *_OPTIONAL):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
