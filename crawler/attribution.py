"""Who wrote an article and where it was syndicated from, as printed."""

from dataclasses import dataclass

from lxml.html import HtmlElement

from archive.vietnamese.byline import find_byline, find_source
from crawler.blocks import Line
from crawler.dom import find_all, words_of
from crawler.platforms import Hints
from crawler.registry import portal_of_source

# Signatures and sources stand in the last lines of a body: further up they are people in the story.
_LAST_LINES = 4


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
    tree: HtmlElement, hints: Hints, lead: str, body: list[Line], below: list[Line]
) -> Attribution:
    """Return the source and byline: fields the page labels first, then the words of the body itself.

    *body* is the article's lines without captions, *below* the lines of its slot that stand under it.
    """
    labelled = [
        words_of(node) for xpaths in (hints.source, hints.byline) for node in find_all(tree, xpaths)[:3]
    ]
    labelled += [line.text for line in below[:4]]
    labelled = [text for text in dict.fromkeys(labelled) if text and len(text) <= 250]
    last = [line.text for line in body[-_LAST_LINES:]]
    first = lead or (body[0].text if body else "")
    source, evidence = find_source(first, last, labelled=labelled)
    byline, _ = find_byline(last, labelled=labelled)
    portal = portal_of_source(source) if source else None
    return Attribution(source, evidence, portal, byline)
