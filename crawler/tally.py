"""What a user asks of a crawl, and what the crawl did."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """What a user may ask of a crawl. `since` (ISO date) leaves articles known to be older for later.

    In `quiet_hours` ("07:00-11:30", time of Hanoi) nothing is asked. `insecure_tls` has a host with a broken
    certificate, or without https, archived all the same, and each capture say so.
    `browser` has pages rendered in Chromium; `wait_for` is a CSS selector that says when one is ready.
    """

    delay_s: float = 1.0
    max_requests: int | None = None
    since: str | None = None
    allow_private: bool = False
    workers: int = 1
    images: bool = False
    attachments: bool = True
    first_pause_s: float = 5.0
    quiet_hours: str | None = None
    insecure_tls: bool = True
    browser: bool = False
    wait_for: str = ""


@dataclass(slots=True)
class Tally:
    """What a crawl did, for its summary. `by_kind` counts requests, `changes` articles by what they are."""

    by_kind: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    issues: Counter[str] = field(default_factory=Counter)
    bytes: int = 0
    adopted: int = 0
    followed: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain data; dataclasses.asdict would turn a Counter's items into its keys."""
        return {
            "by_kind": dict(self.by_kind), "articles": dict(self.changes), "issues": dict(self.issues),
            "bytes": self.bytes, "adopted": self.adopted, "followed": self.followed,
        }  # fmt: skip

    @property
    def requests(self) -> int:
        """All requests that were answered or failed."""
        return sum(self.by_kind.values())

    @property
    def articles(self) -> int:
        """Articles met in this run: new, changed and unchanged ones."""
        return sum(self.changes.values())
