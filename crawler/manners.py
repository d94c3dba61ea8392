"""How politely a run behaved, as measured at each gate: the shortest gap to every host, Retry-After kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Two readings of one clock may differ by their rounding.
_ROUNDING_S = 0.001
_HOSTS_SHOWN = 20


@dataclass(slots=True)
class Manners:
    """What was measured at one host's gate. Gaps in seconds, from an answer's first byte to the next request.

    The server sees at least that gap: it met the earlier request before it answered. A gap that ended
    before its delay is in `hurried`; a request within the time of a Retry-After in `retry_after_broken`.
    """

    turns: int = 0
    delay_s: float | None = None
    shortest_gap_s: float | None = None
    hurried: int = 0
    retry_after: int = 0
    retry_after_broken: int = 0
    _not_before: float = 0.0

    def go(self, now: float, last_at: float, delay_s: float) -> None:
        """Note that a request leaves at *now*; *last_at* is 0.0 where none came before it in this run."""
        self.turns += 1
        self.delay_s = delay_s if self.delay_s is None else min(self.delay_s, delay_s)
        if self._not_before > now + _ROUNDING_S:
            self.retry_after_broken += 1
        self._not_before = 0.0
        if last_at:
            gap = now - last_at
            self.shortest_gap_s = gap if self.shortest_gap_s is None else min(self.shortest_gap_s, gap)
            self.hurried += gap < delay_s - _ROUNDING_S

    def asked_to_wait(self, now: float, seconds: float | None) -> None:
        """Note a Retry-After, given in seconds as we mean to keep it; None is an answer without one."""
        if seconds:
            self.retry_after += 1
            self._not_before = max(self._not_before, now + seconds)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for `crawls.counts`."""
        gap = self.shortest_gap_s
        return {
            "delay_s": self.delay_s, "shortest_gap_s": None if gap is None else round(gap, 3),
            "kept": not (self.hurried or self.retry_after_broken), "hurried": self.hurried,
            "retry_after": self.retry_after, "retry_after_kept": self.retry_after - self.retry_after_broken,
        }  # fmt: skip


def together(hosts: Mapping[str, Manners]) -> dict[str, Any]:
    """Return the manners of a whole run: of the host with the shortest gap beyond its delay, and each host's.

    `hosts` names the first twenty by how little they had to spare; the counts are those of all.
    """
    asked = {host: one for host, one in hosts.items() if one.turns}
    order = sorted(asked, key=lambda host: (_to_spare(asked[host]), host))
    tightest = asked[order[0]].as_dict() if order else Manners().as_dict()
    every = [one.as_dict() for one in asked.values()]
    return {
        "delay_s": tightest["delay_s"],
        "shortest_gap_s": tightest["shortest_gap_s"],
        "kept": all(one["kept"] for one in every),
        **{name: sum(one[name] for one in every) for name in ("hurried", "retry_after", "retry_after_kept")},
        "hosts": {host: asked[host].as_dict() for host in order[:_HOSTS_SHOWN]},
    }


def _to_spare(one: Manners) -> float:
    if one.hurried or one.retry_after_broken:
        return -1.0
    return float("inf") if one.shortest_gap_s is None else one.shortest_gap_s - (one.delay_s or 0.0)
