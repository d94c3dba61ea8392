"""What became of one source, for the summary, the event and JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from archive.records import Event, Issue


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
