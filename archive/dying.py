"""Which portals are dying, by the evidence of the archive, and how likely: who is to be crawled first.

Each piece of evidence has a weight, the chance that a portal of which nothing else is known is gone within
months. They are judgements, not measurements: nobody has counted enough deaths. Together they are what is
left when each has had its chance (1 - the product of 1 - weight).
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import prod

from archive import jurisdictions
from archive.drift.certificates import certificates
from archive.drift.facts import from_json
from archive.drift.rhythm import rhythm

# Alarms that stand: (weight at once, weight after `_LONG`).
_OF_ALARM: Mapping[str, tuple[float, float]] = {
    "dns_gone": (0.85, 0.97), "parked": (0.9, 0.97), "moved": (0.8, 0.9), "closing": (0.75, 0.75),
    "down": (0.25, 0.7), "maintenance": (0.15, 0.5), "not_found": (0.4, 0.6), "sitemap_shrunk": (0.4, 0.5),
    "silent": (0.3, 0.5), "tls": (0.15, 0.25), "errors": (0.2, 0.4),
}  # fmt: skip
_LONG = timedelta(days=7)
_OF_STATUS = {"redirecting": 0.7, "frozen": 0.5, "dead": 1.0}
_ABOLISHED, _TLS_EXPIRED, _FAILING = 0.3, 0.1, 0.2
# From here on a portal is listed, and a last-chance crawl is due.
LIKELY = 0.5
# How the purpose of such a crawl begins.
LAST_CHANCE = "last chance"
_LISTED = 0.2
_RECENT = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to think that a portal ends: what was seen, since when (ISO, "" unknown), and its weight."""

    kind: str
    weight: float
    what: str
    since: str = ""


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How likely a portal is dying, 0 to 1, and why; the heaviest reason first.

    `reached` says whether its last crawl still got an answer: what answers can still be saved.
    """

    portal: str
    name: str
    value: float
    evidence: tuple[Evidence, ...]
    articles: int = 0
    last_crawl_at: str | None = None
    last_chance_at: str | None = None
    reached: bool = True

    @property
    def is_last_chance(self) -> bool:
        """Whether a whole crawl is due before it is too late: likely to end, answering, not had one yet."""
        return self.value >= LIKELY and self.reached and self.last_chance_at is None


def likelihood(conn: sqlite3.Connection, portal: str, now: datetime) -> Likelihood:
    """Return how likely a portal is dying. Costs a few lookups; an unknown portal is not dying."""
    row = conn.execute(
        "SELECT name, status, jurisdiction FROM portals WHERE portal_key = ?", (portal,)
    ).fetchone()
    if row is None:
        return Likelihood(portal, "", 0.0, ())
    name, status, jurisdiction = row
    found = [*_alarms(conn, portal, now), *_place(jurisdiction, now), *_history(conn, portal, now)]
    if status in _OF_STATUS and not (status == "redirecting" and any(one.kind == "moved" for one in found)):
        found.append(Evidence("status", _OF_STATUS[status], f"marked {status}"))
    found.sort(key=lambda one: (-one.weight, one.kind))
    (articles,) = conn.execute("SELECT count(*) FROM articles WHERE portal_key = ?", (portal,)).fetchone()
    last = conn.execute(
        "SELECT coalesce(ended_at, started_at) FROM crawls WHERE portal_key = ?"
        " ORDER BY crawl_id DESC LIMIT 1",
        (portal,),
    ).fetchone()
    chance = conn.execute(
        "SELECT max(ended_at) FROM crawls WHERE portal_key = ? AND purpose LIKE ? || '%'"
        " AND reason = 'finished' AND ended_at >= ?",
        (portal, LAST_CHANCE, min((one.since for one in found if one.since), default="")),
    ).fetchone()
    kinds = {one.kind for one in found}
    return Likelihood(
        portal=portal,
        name=name,
        value=round(1 - prod(1 - one.weight for one in found), 3),
        evidence=tuple(found),
        articles=articles,
        last_crawl_at=last[0] if last else None,
        last_chance_at=chance[0],
        reached=not kinds & {"dns_gone", "down", "parked", "moved"},
    )


def dying(conn: sqlite3.Connection, now: datetime, least: float = _LISTED) -> list[Likelihood]:
    """Return the portals that are dying with a likelihood of *least* or more, the likeliest first."""
    keys = [key for (key,) in conn.execute("SELECT portal_key FROM portals")]
    found = (likelihood(conn, key, now) for key in keys)
    return sorted((one for one in found if one.value >= least), key=lambda one: (-one.value, one.portal))


def _alarms(conn: sqlite3.Connection, portal: str, now: datetime) -> Iterator[Evidence]:
    for kind, summary, opened_at in conn.execute(
        "SELECT kind, summary, opened_at FROM alarms WHERE portal_key = ? AND closed_at IS NULL", (portal,)
    ):
        if kind in _OF_ALARM:
            lasts = now - datetime.fromisoformat(opened_at) >= _LONG
            yield Evidence(kind, _OF_ALARM[kind][lasts], summary, opened_at)


def _place(jurisdiction: str | None, now: datetime) -> Iterator[Evidence]:
    """A unit that was abolished takes its portal with it, sooner or later."""
    unit = jurisdictions.load().get(jurisdiction or "")
    if unit is not None and unit.valid_to is not None and unit.valid_to < now.date():
        what = f"{unit.name} was abolished on {unit.valid_to.isoformat()}"
        yield Evidence("abolished", _ABOLISHED, what, unit.valid_to.isoformat())


def _history(conn: sqlite3.Connection, portal: str, now: datetime) -> Iterator[Evidence]:
    """What stands in no alarm: certificates long expired, crawls that fail, silence before any alarm."""
    expired = [one for one in certificates(conn, portal, now) if one.not_after < now and not one.was_valid]
    for one in expired[:1]:
        day = one.not_after.date().isoformat()
        yield Evidence("tls_expired", _TLS_EXPIRED, f"the certificate of {one.host} expired on {day}", day)
    recent = [
        from_json(stored)
        for (stored,) in conn.execute(
            "SELECT facts FROM crawl_facts WHERE portal_key = ? ORDER BY crawl_id DESC LIMIT ?",
            (portal, _RECENT),
        )
    ]
    failed = sum(one.reached is False for one in recent)
    if len(recent) >= 3 and 2 * failed > len(recent):
        yield Evidence("failing", _FAILING, f"{failed} of the last {len(recent)} crawls got no answer")
    told = conn.execute(
        "SELECT 1 FROM alarms WHERE portal_key = ? AND kind = 'silent' AND closed_at IS NULL", (portal,)
    ).fetchone()
    beat = rhythm(conn, portal, now)
    if told is None and beat is not None and (silent := (now.date() - beat.last).days) > beat.silence_days:
        yield Evidence(
            "silent", _OF_ALARM["silent"][0], f"no new article for {silent} days", beat.last.isoformat()
        )


COLUMNS = ("portal", "name", "likelihood", "articles", "last_crawl_at", "last_chance_at", "evidence")


def as_row(one: Likelihood) -> tuple[object, ...]:
    """Return a portal of the list as a row under COLUMNS, for a table or a CSV file."""
    evidence = "; ".join(reason.what for reason in one.evidence)
    return (
        one.portal, one.name, f"{one.value:.2f}", one.articles, one.last_crawl_at or "",
        one.last_chance_at or "", evidence,
    )  # fmt: skip


def as_data(one: Likelihood) -> dict[str, object]:
    """Return a portal of the list as plain data."""
    return {
        "portal": one.portal,
        "name": one.name,
        "likelihood": one.value,
        "articles": one.articles,
        "last_crawl_at": one.last_crawl_at,
        "last_chance_at": one.last_chance_at,
        "last_chance_due": one.is_last_chance,
        "evidence": [
            {"kind": x.kind, "weight": x.weight, "what": x.what, "since": x.since or None}
            for x in one.evidence
        ],
    }
