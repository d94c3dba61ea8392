"""What became of one source, for the summary, the event and JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


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
