"""What became of one source, for the summary, the event and JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from archive.records import Event, Issue

OTHERS = "others"
_MOST_HOSTS = 10_000
_MOST_KINDS = 100
_MOST_SAID = 1000


@dataclass(slots=True)
class Taking:
    """What became of one source. `elsewhere` counts records of hosts that are no portal's, by host."""

    name: str
    records: int = 0
    captures: int = 0
    known: int = 0
    damaged: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    issues: Counter[str] = field(default_factory=Counter)
    portals: set[str] = field(default_factory=set)
    error: str = ""

    def leave_out(self, url: str) -> None:
        """Count a record of a host that is no portal's; a stranger's file may name a million of them."""
        try:
            name = urlsplit(url).netloc.rpartition("@")[2][:100]
        except ValueError:
            name = "no URL"
        self.elsewhere[name if name in self.elsewhere or len(self.elsewhere) < _MOST_HOSTS else OTHERS] += 1

    def notes(self, kind: str) -> bool:
        """Count an issue, and say whether it is kept: of one kind the first thousand of a source are."""
        self.issues[kind] += 1
        return self.issues[kind] <= _MOST_SAID

    def pass_over(self, kind: str) -> None:
        """Count a record of a kind that is not taken in; what it calls itself is a stranger's word."""
        name = kind[:40].strip() or "unknown"
        self.other[name if name in self.other or len(self.other) < _MOST_KINDS else OTHERS] += 1

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        counters = {name: dict(getattr(self, name)) for name in ("changes", "elsewhere", "other", "issues")}
        plain = {name: getattr(self, name) for name in ("name", "records", "captures", "known", "damaged")}
        return {**plain, **counters, "portals": sorted(self.portals), "error": self.error}

    def left_out(self) -> list[Issue]:
        """Return an issue for each host that is no portal's, the largest first."""
        return [
            Issue(
                "other_host",
                f"{count} records of {host} were left out: it is no portal's; --portal {host} takes them in",
            )
            for host, count in self.elsewhere.most_common(50)
        ]

    def event(self) -> Event:
        """Return the PREMIS event of the source."""
        detail = (
            f"{self.name}: {self.records} records, {self.captures} captures new, {self.known} known,"
            f" {self.damaged} damaged, {sum(self.elsewhere.values())} of other hosts"
        )
        return Event(
            "ingestion", detail, "failure" if self.error else "partial" if self.damaged else "success"
        )
