"""What the judge is given and what it says: kinds of alarm, findings, what is known of a portal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from archive.drift.facts import Facts
from archive.drift.rhythm import Rhythm
from archive.records import Json

Severity: TypeAlias = Literal["warning", "critical"]

# Every kind of alarm there is: what counts them, in metrics and in pages, has no other.
DOORS = ("dns_gone", "down", "moved", "parked", "maintenance")
READING = ("redesign", "yield_low", "titles_missing", "dates_missing", "bodies_short", "chrome_lost")
KINDS = (
    *DOORS, *READING, "not_found", "errors", "silent", "sitemap_shrunk", "closing", "tls",
    "below_expectation", "above_expectation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to be told of a portal: its kind (one of KINDS), how bad it is, in words, and the figures."""

    kind: str
    severity: Severity
    summary: str
    detail: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate a host showed last. `was_valid`: it, or one before it, was met while it was valid."""

    host: str
    not_after: datetime
    was_valid: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """What the judge knows beside the crawl: the portal's sound crawls, the crawl before, its rhythm.

    `open_kinds` are the kinds of its open alarms. `past` are all crawls that were sound, the oldest first;
    `before` is the last crawl of any kind.
    """

    past: Sequence[Facts] = ()
    before: Facts | None = None
    rhythm: Rhythm | None = None
    certificates: Sequence[Certificate] = ()
    open_kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was judged: kind → Finding, or None where it was looked for and is not so.

    A kind that is not there could not be judged: an open alarm of it stays as it is. `sound` says that
    later crawls may be held against this one.
    """

    judged: Mapping[str, Finding | None]
    sound: bool

    @property
    def findings(self) -> list[Finding]:
        """What is to be told."""
        return [one for one in self.judged.values() if one is not None]
