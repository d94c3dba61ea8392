"""What an adapter answers about one CMS family: who it is, what a URL means, where things stand.

An adapter is data first: XPaths and patterns as class attributes. Methods are overridden only where
a CMS cannot be described by data. Adapters are stateless; `PLATFORMS` holds one instance of each.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archive.records import UrlKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from urllib.parse import SplitResult

    from lxml.html import HtmlElement


@dataclass(frozen=True, slots=True)
class Identity:
    """What one URL means on a platform, without fetching it.

    `canonical_url` identifies: two URLs of one article share it. `excluded` is a reason when the URL
    must not be fetched (a print twin, a login, a calendar month); the ledger keeps it with that
    reason. `content_id` is the CMS's own id where the URL carries one. `fetch_url` is what to ask for
    when the canonical form does not answer by itself (WebSphere's W1).
    """

    kind: UrlKind
    canonical_url: str
    content_id: str | None = None
    excluded: str = ""
    fetch_url: str | None = None


@dataclass(frozen=True, slots=True)
class Hints:
    """XPaths of the parts of an article page, best first; each may be empty.

    `body` and `lead` name containers, the rest the smallest element that holds the words.
    `furniture` names what is never content, inside the body or around it.
    """

    title: tuple[str, ...] = ()
    lead: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    byline: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    section: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    furniture: tuple[str, ...] = ()


class Platform:
    """The generic adapter, and the base of all others."""

    name = "generic"
    # Entry points tried once per portal beside the home page; missing ones cost one request each.
    entry_points: tuple[str, ...] = ("/sitemap.xml",)
    hints = Hints()

    def recognises(self, tree: "HtmlElement", url: str, text: str) -> float:
        """Return how sure the adapter is (0 to 1) that it knows the CMS of this page.

        *text* is the decoded source (only its first 200,000 characters), for cheap `in` tests.
        """
        return 0.0

    def identify(self, parts: "SplitResult") -> Identity:
        """Return what the URL means. Idempotent on its own canonical URL; never raises."""
        raise NotImplementedError  # generic.py and every adapter answer it

    def next_listings(self, tree: "HtmlElement", url: str) -> "Sequence[str]":
        """Return absolute URLs of the next page of a listing, if the page is one."""
        return ()
