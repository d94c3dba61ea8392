"""A made-up month of portals with a truth of its own: what a crawl of each would see at any moment.

The interface, for whoever judges runs or decides when they happen:

- ``Month(seed)``: 60 portals and what happens to each of them in 30 days. Everything follows from the seed.
- ``month.portals``: the `PortalTruth` of each by key: how it publishes, and its `incidents`.
- ``month.crawl(key, at, since)``: the `Seen` of a crawl begun at *at* (aware, UTC); *since* is when the
  last crawl that read articles was begun (None for a first one). Pure: the same words, the same answer.
- ``month.daily()``: plain runs, every portal once a day, for judges that need no scheduler.
- ``month.expected(runs)``: what must be told of a list of `Seen` in order, one `Telling` each: the incident,
  and the FIRST run that can show it, or that shows its end. What began and ended unseen is not in it.

A portal without an incident is quiet: nothing may be told of it, though it has the small troubles of a
healthy one (a page that times out now and then, a slow week, a holiday, an article edited or taken away).
A history of `WARM_UP` healthy crawls comes before the month: a judge may learn from it.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 30
PORTALS = 60
WARM_UP = 10
DELAY_S = 1.0

Kind = Literal["outage", "redesign", "death"]
# How each kind shows. Of an outage: every request fails so. Of a redesign: what extraction still finds.
# Of a death: what stands where the portal stood.
HOW: dict[Kind, tuple[str, ...]] = {
    "outage": ("refused", "timeout", "503", "maintenance"),
    "redesign": ("bodies gone", "dates gone", "titles gone", "listings gone"),
    "death": ("dns", "parked", "redirect", "closed"),
}


@dataclass(frozen=True, slots=True)
class Incident:
    """What happens to a portal from `begins_at` until `ends_at` (None: for good), and how it shows."""

    portal: str
    kind: Kind
    how: str
    begins_at: datetime
    ends_at: datetime | None = None

    def stands(self, at: datetime) -> bool:
        """Say whether it can be seen at a moment."""
        return self.begins_at <= at and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class PortalTruth:
    """How a portal lives. `per_day` articles on a working day, a quarter of it at weekends.

    `stock` is how many articles it had before the month; `body_chars` the median length of a body;
    `dated` and `with_lead` the shares of its articles that show a date and a lead.
    """

    key: str
    per_day: float
    stock: int
    body_chars: int
    dated: float
    with_lead: float
    has_sitemap: bool
    incidents: tuple[Incident, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Nothing happens to it that anybody should be told of."""
        return not self.incidents


@dataclass(frozen=True, slots=True)
class Seen:
    """What one crawl saw. Counts are of this run alone; shares are of the `read` article pages.

    `statuses` counts answers by HTTP status, `faults` requests without one ("dns", "refused", "timeout").
    `outcome` is the word of `crawls.reason`: "finished", or "failed: …" when the host answered nothing.
    `listed` counts the article links that listings gave, `chrome_known` is the share of pages whose
    template the chrome model knew. `notice` is what a page says of itself where it is no portal any more.
    """

    portal: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    requests: int
    statuses: dict[int, int]
    faults: dict[str, int]
    new: int = 0
    changed: int = 0
    same: int = 0
    gone: int = 0
    with_title: int = 0
    with_date: int = 0
    with_lead: int = 0
    with_body: int = 0
    body_chars: int = 0
    chrome_known: float = 1.0
    listed: int = 0
    sitemap_urls: int | None = None
    redirected_to: str | None = None
    parked: bool = False
    notice: str | None = None
    newest_published_at: datetime | None = None
    tls_expires_at: datetime | None = None
    shortest_gap_s: float = DELAY_S
    delay_s: float = DELAY_S

    @property
    def read(self) -> int:
        """Article pages that were read: new, changed and unchanged."""
        return self.new + self.changed + self.same


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that must be told: that *incident* began, or (`recovery`) that it ended; after run `run`."""

    incident: Incident
    recovery: bool
    run: int  # index into the runs that were given


@dataclass
class Month:
    """The whole month, from a seed. See the module's words for how to use it."""

    seed: int
    portals: dict[str, PortalTruth] = field(init=False)

    def __post_init__(self) -> None:
        chance = random.Random(f"month {self.seed}")
        keys = [f"p{number:02}" for number in range(PORTALS)]
        fates: list[Kind | None] = ["outage"] * 10 + ["redesign"] * 8 + ["death"] * 6
        fates += [None] * (PORTALS - len(fates))
        chance.shuffle(fates)
        self.portals = {key: _portal(key, fate, chance) for key, fate in zip(keys, fates, strict=True)}

    @property
    def incidents(self) -> list[Incident]:
        """Everything that happens to anyone, in order of time."""
        every = [one for portal in self.portals.values() for one in portal.incidents]
        return sorted(every, key=lambda one: (one.begins_at, one.portal))

    def crawl(self, key: str, at: datetime, since: datetime | None) -> Seen:
        """Return what a crawl begun at *at* sees; *since* is the begin of the last one that read articles."""
        portal = self.portals[key]
        chance = random.Random(f"{self.seed} {key} {at.isoformat()}")
        incident = next((one for one in portal.incidents if one.stands(at)), None)
        if incident is None:
            return _healthy(portal, at, since, chance)
        if incident.kind == "redesign":
            return _redesigned(_healthy(portal, at, since, chance), incident)
        if incident.kind == "death":
            return _dead(portal, incident, at, chance)
        return _away(portal, incident, at, chance)

    def history(self, key: str, every: timedelta = timedelta(days=1)) -> list[Seen]:
        """Return the healthy crawls before the month, the oldest first."""
        runs: list[Seen] = []
        for number in range(WARM_UP, 0, -1):
            since = runs[-1].started_at if runs else None
            runs.append(self.crawl(key, BEGIN - number * every, since))
        return runs

    def daily(self) -> Iterator[Seen]:
        """Yield the runs of a month in which every portal is crawled once a day, in order of time."""
        since = {key: BEGIN - timedelta(days=1) for key in self.portals}
        for day in range(DAYS):
            for number, key in enumerate(self.portals):
                at = BEGIN + timedelta(days=day, minutes=20 * number)
                seen = self.crawl(key, at, since[key])
                if seen.read:
                    since[key] = at
                yield seen

    def expected(self, runs: Sequence[Seen]) -> list[Telling]:
        """Return what must be told of *runs* (in order of time), each with the run that shows it first."""
        told: list[Telling] = []
        standing: dict[str, Incident] = {}
        for number, run in enumerate(runs):
            key = run.portal
            now = next((one for one in self.portals[key].incidents if one.stands(run.started_at)), None)
            before = standing.pop(key, None)
            if before is not None and before is not now:
                told.append(Telling(before, recovery=True, run=number))
            if now is not None:
                standing[key] = now
                if before is not now:
                    told.append(Telling(now, recovery=False, run=number))
        return told


def _portal(key: str, fate: Kind | None, chance: random.Random) -> PortalTruth:
    portal = PortalTruth(
        key=key,
        per_day=chance.choice((0.1, 0.3, 0.8, 2.0, 4.0, 8.0)),
        stock=chance.choice((40, 120, 400, 2_000)),
        body_chars=chance.randrange(900, 4_000),
        dated=chance.choice((1.0, 1.0, 0.97, 0.9)),
        with_lead=chance.choice((0.2, 0.6, 0.95)),
        has_sitemap=chance.random() < 0.6,
    )
    if fate is None:
        return portal
    begins = BEGIN + timedelta(minutes=chance.randrange(2 * 1440, 24 * 1440))
    how = chance.choice(HOW[fate])
    if fate == "death":
        return replace(portal, incidents=(Incident(key, fate, how, begins),))
    longest = 4 * 1440 if fate == "outage" else 10 * 1440
    ends = begins + timedelta(minutes=chance.randrange(120, longest))
    first = Incident(key, fate, how, begins, ends if fate == "outage" or chance.random() < 0.6 else None)
    later = BEGIN + timedelta(days=27)
    if fate == "outage" and ends + timedelta(days=2) < later and chance.random() < 0.4:
        again = ends + timedelta(minutes=chance.randrange(2 * 1440, 3 * 1440))
        second = Incident(key, fate, chance.choice(HOW[fate]), again, again + timedelta(hours=30))
        return replace(portal, incidents=(first, second))
    return replace(portal, incidents=(first,))


def published(portal: PortalTruth, since: datetime, until: datetime) -> int:
    """Return how many articles a portal publishes in a span: the same for the same hours, however cut."""
    first, last = int(since.timestamp() // 3600), int(until.timestamp() // 3600)
    found = 0
    for hour in range(first, last):
        at = datetime.fromtimestamp(hour * 3600, UTC) + timedelta(hours=7)
        share = portal.per_day / 9 if 8 <= at.hour < 17 else 0.0
        share *= 0.25 if at.weekday() >= 5 else 1.0
        chance = random.Random(f"{portal.key} {hour}").random()
        found += int(share) + (chance < share % 1)
    return found


def _healthy(portal: PortalTruth, at: datetime, since: datetime | None, chance: random.Random) -> Seen:
    new = portal.stock if since is None else published(portal, since, at)
    rechecked = 0 if since is None else min(30, portal.stock // 10) + chance.randrange(0, 6)
    changed = sum(chance.random() < 0.02 for _ in range(rechecked))
    gone = int(chance.random() < 0.05)
    read = new + rechecked
    timeouts = int(chance.random() < 0.15)
    not_found = gone + int(chance.random() < 0.1)
    lists = 3 + new // 10
    requests = read + lists + timeouts + not_found
    dated = sum(chance.random() < portal.dated for _ in range(read))
    return Seen(
        portal=portal.key,
        started_at=at,
        ended_at=at + timedelta(seconds=DELAY_S * requests + 20),
        outcome="finished",
        requests=requests,
        statuses={200: read + lists, **({404: not_found} if not_found else {})},
        faults={"timeout": timeouts} if timeouts else {},
        new=new,
        changed=changed,
        same=rechecked - changed,
        gone=gone,
        with_title=read,
        with_date=dated,
        with_lead=sum(chance.random() < portal.with_lead for _ in range(read)),
        with_body=read,
        body_chars=int(portal.body_chars * chance.uniform(0.85, 1.15)) if read else 0,
        chrome_known=1.0,
        listed=40 + chance.randrange(0, 8),
        sitemap_urls=portal.stock + int((at - BEGIN).days * portal.per_day) if portal.has_sitemap else None,
        newest_published_at=at - timedelta(hours=min(400.0, 12 / portal.per_day)),
        tls_expires_at=BEGIN + timedelta(days=200),
        shortest_gap_s=DELAY_S * chance.uniform(1.0, 1.05),
    )


def _redesigned(seen: Seen, incident: Incident) -> Seen:
    """Bytes come as ever; what is found in them does not. Every page wears the new template."""
    changed = replace(seen, chrome_known=0.0)
    if incident.how == "bodies gone":
        return replace(changed, with_body=seen.read // 20, body_chars=seen.body_chars // 12)
    if incident.how == "dates gone":
        return replace(changed, with_date=0, newest_published_at=None)
    if incident.how == "titles gone":
        return replace(changed, with_title=seen.read // 10)
    missing = seen.same + seen.changed
    statuses = {200: 4, 404: missing + 2}
    return replace(
        changed, statuses=statuses, new=0, changed=0, same=0, with_title=0, with_date=0, with_lead=0,
        with_body=0, body_chars=0, listed=0, sitemap_urls=0 if seen.sitemap_urls is not None else None,
        requests=sum(statuses.values()), newest_published_at=None, faults={},
    )  # fmt: skip


def _dead(portal: PortalTruth, incident: Incident, at: datetime, chance: random.Random) -> Seen:
    asked = chance.randrange(4, 12)
    nothing = Seen(
        portal=portal.key, started_at=at, ended_at=at + timedelta(seconds=30 + asked), outcome="finished",
        requests=asked, statuses={}, faults={}, chrome_known=0.0,
        shortest_gap_s=DELAY_S * chance.uniform(1.0, 1.05),
    )  # fmt: skip
    if incident.how == "dns":
        return replace(nothing, outcome=f"failed: {portal.key} failed 10 times in a row", faults={"dns": 10})
    if incident.how == "parked":
        return replace(nothing, statuses={200: asked}, parked=True, notice="This domain is for sale")
    if incident.how == "redirect":
        return replace(
            nothing, statuses={301: asked}, redirected_to="https://successor.gov.example/",
            notice="Cổng đã chuyển sang địa chỉ mới",
        )  # fmt: skip
    return replace(
        nothing, statuses={410: asked - 1, 200: 1},
        notice="Trang thông tin điện tử dừng hoạt động do sắp xếp đơn vị hành chính",
    )  # fmt: skip


def _away(portal: PortalTruth, incident: Incident, at: datetime, chance: random.Random) -> Seen:
    nothing = Seen(
        portal=portal.key, started_at=at, ended_at=at + timedelta(minutes=5), requests=10,
        outcome=f"failed: {portal.key} failed 10 times in a row", statuses={}, faults={}, chrome_known=0.0,
        shortest_gap_s=DELAY_S * chance.uniform(1.0, 1.05),
    )  # fmt: skip
    if incident.how == "maintenance":
        return replace(
            nothing, outcome="finished", statuses={200: 6}, requests=6,
            notice="Hệ thống đang bảo trì, vui lòng quay lại sau",
        )  # fmt: skip
    if incident.how == "503":
        reason = f"failed: {portal.key} asked for patience 10 times in a row"
        return replace(nothing, outcome=reason, statuses={503: 10})
    return replace(nothing, faults={incident.how: 10})
