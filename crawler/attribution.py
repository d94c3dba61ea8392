"""Who wrote an article and where it was syndicated from, as printed."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.vietnamese.byline import find_byline, find_source
from crawler.blocks import Line
from crawler.dom import find_all, words_of
from crawler.platforms import Hints
from crawler.registry import portal_of_source

# Signatures and sources stand in the last lines of a body: further up they are people in the story.
_LAST_LINES = 4
_HOST = re.compile(r"(?:https?://)?(?:www\.)?[\w-]+(?:\.[\w-]+)+/?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attribution:
    """`source` is the syndicating source without label or brackets, `byline` who signed; None = not said.

    `source_portal` is the registry's key of the portal that the source means, where one is known.
    """

    source: str | None = None
    source_evidence: str = ""
    source_portal: str | None = None
    byline: str | None = None


def attribution(
    tree: HtmlElement, hints: Hints, lead: str, body: list[Line], below: list[Line], url: str = ""
) -> Attribution:
    """Return the source and byline: fields the page labels first, then the words of the body itself.

    A portal that names its own host is no source of itself: *url* is the page's. *body* is the article's
    lines without captions, *below* the lines of its slot that stand under it.
    """
    labelled = [
        words_of(node) for xpaths in (hints.source, hints.byline) for node in find_all(tree, xpaths)[:3]
    ]
    labelled += [line.text for line in below[:4]]
    labelled = [text for text in dict.fromkeys(labelled) if text and len(text) <= 250]
    last = [line.text for line in body[-_LAST_LINES:]]
    first = lead or (body[0].text if body else "")
    source, evidence = find_source(first, last, labelled=labelled)
    if source and _HOST.fullmatch(source) and _is_own(source, url):
        source, evidence = None, ""
    byline, _ = find_byline(last, labelled=labelled)
    portal = portal_of_source(source) if source else None
    return Attribution(source, evidence, portal, byline)


def _is_own(host: str, url: str) -> bool:
    """Say whether a host named as a source is the page's own, or the one it belongs to."""
    named = re.sub(r"^(?:https?://)?(?:www\.)?|/$", "", host.casefold())
    own = (urlsplit(url).hostname or "").casefold()
    return own == named or own.endswith("." + named)
