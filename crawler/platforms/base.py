"""What an adapter answers about one CMS family: who it is, what a URL means, where things stand.

An adapter is data first: XPaths and patterns as class attributes. Methods are overridden only where
a CMS cannot be described by data. Adapters are stateless; `PLATFORMS` holds one instance of each.
"""

import re
from abc import ABC, abstractmethod
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

    `key` is a URL-like string set where a CMS answers one article at any number of paths and none of
    them is the right one (Joomla's category paths, Liferay's sections): then `canonical_url` is the
    path as linked, which is what a reader can open, and the ledger compares `compared` instead.
    """

    kind: UrlKind
    canonical_url: str
    content_id: str | None = None
    excluded: str = ""
    fetch_url: str | None = None
    key: str = ""

    @property
    def compared(self) -> str:
        """The URL whose urlkey says whether two links mean one thing."""
        return self.key or self.canonical_url


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
    # How sure what `body` names is the whole text; below 0.5 the article is marked low-confidence.
    confidence: float = 0.98


_SIMPLE = re.compile(r"([\w-]*)((?:[.#][\w-]+)*)(?:\[([\w-]+)(?:([*^]?)=([^\]]+))?\])?")


def css(selector: str) -> str:
    """Return the XPath of a CSS selector made of `tag`, `.class`, `#id`, `[a=v]`, `[a*=v]`, `[a^=v]`.

    >>> css("#news .hometext")
    "//*[@id='news']//*[contains(concat(' ', normalize-space(@class), ' '), ' hometext ')]"
    """
    path = ""
    for step in selector.split():
        found = _SIMPLE.fullmatch(step)
        if found is None:
            raise ValueError(f"not a plain CSS selector: {selector!r}")
        tag, marks, attribute, operator, value = found.groups()
        tests = []
        for mark in re.findall(r"[.#][\w-]+", marks):
            name = mark[1:]
            tests.append(
                f"[@id='{name}']"
                if mark[0] == "#"
                else f"[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"
            )
        if attribute and value is None:
            tests.append(f"[@{attribute}]")
        elif attribute:
            form = {"": "[@{0}='{1}']", "*": "[contains(@{0}, '{1}')]", "^": "[starts-with(@{0}, '{1}')]"}[
                operator
            ]
            tests.append(form.format(attribute, value))
        path += f"//{tag or '*'}{''.join(tests)}"
    return path


class Platform(ABC):
    """The base of all adapters: what is not overridden says that the CMS tells nothing."""

    name = "generic"
    # Entry points tried once per portal beside the home page; missing ones cost one request each.
    entry_points: tuple[str, ...] = ("/sitemap.xml",)
    hints = Hints()

    def recognises(self, tree: "HtmlElement", url: str, text: str) -> float:
        """Return how sure the adapter is (0 to 1) that it knows the CMS of this page.

        *text* is the decoded source (only its first 200,000 characters), for cheap `in` tests.
        """
        return 0.0

    @abstractmethod
    def identify(self, parts: "SplitResult") -> Identity:
        """Return what the URL means. Idempotent on its own canonical URL; never raises."""

    def page_content_id(self, tree: "HtmlElement", url: str) -> str | None:
        """Return the CMS's id as the page itself states it, where its URL may not (Drupal's alias)."""
        return None

    def page_kind(self, tree: "HtmlElement", url: str) -> UrlKind | None:
        """Return "article", "listing" or "page" where the page's own marks say so, else None."""
        return None

    def hints_for(self, tree: "HtmlElement", url: str) -> Hints:
        """Return the hints of one page, where they depend on the page; the class's own elsewhere."""
        return self.hints

    def next_listings(self, tree: "HtmlElement", url: str) -> "Sequence[str]":
        """Return absolute URLs of the next page of a listing, if the page is one."""
        return ()

    def next_part(self, tree: "HtmlElement", url: str) -> str | None:
        """Return the absolute URL of the next part of a multi-page article, if there is one."""
        return None
