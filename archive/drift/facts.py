"""What one crawl showed of a portal's health: plain counts, kept as JSON, judged without the archive."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

# What the front page did. Beside these: "HTTP 503" and the like, and the words of a failed fetch.
OK = "ok"
NOT_ASKED = ""
NO_NAME = "unknown host"
MOVED = "moved"
PARKED = ("parked", "injected_spam")
MAINTENANCE = "maintenance"
_ANSWERS = (OK, NOT_ASKED, MOVED, MAINTENANCE, *PARKED)


@dataclass(frozen=True, slots=True)
class Facts:
    """One crawl of one portal, as far as its health goes. Counts of 0 mean: this crawl says nothing of it.

    `home` is what the front page did, `home_detail` where it leads or what it says. `pages` counts URLs that
    answered like article pages, `articles` those that gave one. Of the texts that are new or changed: `read`
    counts them, `titled` those with a title of their own, `dated` those with a date, `bodied` those with a
    body worth the name; `body_chars` is the median length. `reread` counts changed texts of known articles,
    `shrunk` those that lost most of their length. `slotted` of `slottable` bodies stood where the learned
    chrome model says. `missing` of `known` articles asked for were not there. `layout` holds the marks of
    the front page and of article pages (see `archive.drift.layout`), `sitemaps` the URLs each one names.
    `low` and `high` are what the registry's `expect:` complains of, None where it could not be asked.
    """

    portal: str
    at: str
    crawl_id: int | None = None
    reason: str = "finished"
    requests: int = 0
    answers: int = 0
    home: str = NOT_ASKED
    home_detail: str = ""
    pages: int = 0
    articles: int = 0
    read: int = 0
    titled: int = 0
    dated: int = 0
    bodied: int = 0
    body_chars: int = 0
    reread: int = 0
    shrunk: int = 0
    slottable: int = 0
    slotted: int = 0
    known: int = 0
    missing: int = 0
    layout: dict[str, list[str]] = field(default_factory=dict)
    sitemaps: dict[str, int] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    low: list[str] | None = None
    high: list[str] | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the portal answered as a server that is there; None where its front page was not asked."""
        if self.home == NOT_ASKED:
            return True if self.answers else None
        return self.home in _ANSWERS or self.home.startswith(("HTTP 2", "HTTP 3", "HTTP 4"))

    @property
    def whole(self) -> bool:
        """Whether the crawl ran its course, so that what it did not find is not there."""
        return self.reason == "finished"

    def as_json(self) -> str:
        """Return the facts for the table."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


_NAMES = frozenset(one.name for one in fields(Facts))


def from_mapping(data: Mapping[str, Any]) -> Facts:
    """Return facts from plain data; names of a newer version are left out."""
    return Facts(**{name: value for name, value in data.items() if name in _NAMES})


def from_json(text: str) -> Facts:
    """Return facts from the table."""
    return from_mapping(json.loads(text))
