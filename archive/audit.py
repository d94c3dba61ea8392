"""How well the archive is preserved, from what it can know of itself: events, checks, copies, NDSA levels.

The levels are those of the NDSA Levels of Digital Preservation 2.0 (2019). Many of their demands are about
people and places, which no program can see: such a level is not claimed, and the reason says what to do.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from archive import fixity, premis
from archive.database import ArchiveDatabase

# A check or a copy older than this says little of today.
FRESH = timedelta(days=90)
_COUNTS = (
    ("captures", "SELECT count(*) FROM captures"),
    ("articles", "SELECT count(*) FROM articles"),
    ("revisions", "SELECT count(*) FROM revisions"),
    ("formats", "SELECT count(DISTINCT mime) FROM captures"),
    ("checked", "SELECT count(*) FROM fixity_checks"),
    ("checked_wrong", "SELECT count(*) FROM fixity_checks WHERE outcome <> ''"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """All events of one type: how many, how many did not succeed, and the last one."""

    event_type: str
    count: int
    not_success: int
    last_at: str
    last_outcome: str
    agent: str


@dataclass(frozen=True, slots=True)
class Level:
    """One functional area: the level reached (0 to 4), why, and what the next one lacks ("" at the top)."""

    area: str
    level: int
    reason: str
    lacks: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What `khocong audit` reports. `sealed` counts the WARC files in the chain of digests."""

    counts: dict[str, int]
    warc_files: int
    sealed: int
    signed: int
    oldest_check: str | None
    events: list[Told]
    levels: list[Level]


def audit(db: ArchiveDatabase, now: datetime | None = None) -> Audit:
    """Return the report on an archive; nothing is read but the database and the chain of digests."""
    counts = {name: int(db.execute(sql).fetchone()[0]) for name, sql in _COUNTS}
    names = {path.name for path in (db.folder / "warc").glob("*.warc*")}
    links = [link for link in fixity.links(db.folder) if link.file in names]
    (oldest,) = db.execute("SELECT min(checked_at) FROM fixity_checks").fetchone()
    events = list(_events(db.conn, db.folder))
    known = _Known(
        {one.event_type: one for one in events}, counts, len(names), len(links),
        sum(bool(link.signature) for link in links), oldest, now or datetime.now(UTC),
    )  # fmt: skip
    levels = [_storage(known), _integrity(known), _control(known), _metadata(known), _content(known)]
    return Audit(counts, known.files, known.sealed, known.signed, oldest, events, levels)


def _events(connection: sqlite3.Connection, folder: Path) -> Iterator[Told]:
    rows = connection.execute(
        "SELECT event_type, at, outcome, agent FROM premis_events ORDER BY at"
    ).fetchall()
    rows += [(one["kind"], one["at"], one["outcome"], one["agent"]) for one in premis.told(folder)]
    for kind in premis.KINDS:
        own = sorted((row for row in rows if row[0] == kind), key=lambda row: str(row[1]))
        if own:
            last = own[-1]
            yield Told(kind, len(own), sum(row[2] != "success" for row in own), last[1], last[2], last[3])


@dataclass(frozen=True, slots=True)
class _Known:
    events: dict[str, Told]
    counts: dict[str, int]
    files: int
    sealed: int
    signed: int
    oldest: str | None
    now: datetime

    def fresh(self, kind: str) -> bool:
        """Say whether an event of this type succeeded lately."""
        told = self.events.get(kind)
        if told is None or told.last_outcome != "success":
            return False
        return self.now - datetime.fromisoformat(told.last_at) < FRESH

    @property
    def all_checked(self) -> bool:
        """Whether every capture was checked, the oldest lately."""
        if not self.counts["captures"] or self.counts["checked"] < self.counts["captures"]:
            return False
        return self.oldest is not None and self.now - datetime.fromisoformat(self.oldest) < FRESH


def _storage(known: _Known) -> Level:
    if not known.fresh("replication"):
        return Level(
            "storage", 0, "no copy of the last 90 days is known",
            "a second complete copy in another place: khocong backup DIR, DIR on another machine",
        )  # fmt: skip
    return Level(
        "storage", 1, "a complete copy was made in the last 90 days",
        "three copies, one of them far away: where copies lie is not known to this program, so no more than"
        " one copy is believed",
    )  # fmt: skip


def _integrity(known: _Known) -> Level:
    if not known.files or known.sealed < known.files:
        return Level(
            "integrity", 0 if not known.sealed else 1,
            f"{known.sealed} of {known.files} WARC files are in the chain; each record has its own",
            "all files in the chain: they are added when a crawl or an ingest ends",
        )  # fmt: skip
    if not known.fresh("replication"):
        return Level("integrity", 1, "every file and record has its digest",
                     "digests kept apart from the content: khocong backup")  # fmt: skip
    if not (known.all_checked or known.fresh("fixity check")):
        return Level("integrity", 2, "every file and record has its digest, and a copy of them",
                     "checks at fixed intervals: khocong verify --sample N by a timer")  # fmt: skip
    wrong = known.counts["checked_wrong"]
    if wrong:
        return Level("integrity", 3, "checked at intervals",
                     f"{wrong} captures are damaged: khocong verify --copy DIR mends them")  # fmt: skip
    signed = "" if known.signed == known.sealed else "; the chain is not signed: KHOCONG_SIGNING_KEY"
    return Level("integrity", 4, f"checked in the last 90 days, and damage is mended from a copy{signed}", "")


def _control(known: _Known) -> Level:
    if not known.events:
        return Level("control", 0, "no event is told yet", "a first crawl or ingest")
    return Level(
        "control", 1, "one writer at a time (a lock); every event names its agent and time",
        "people and their rights written down: the system's users and rights are not known to this program",
    )  # fmt: skip


def _metadata(known: _Known) -> Level:
    if not known.counts["captures"]:
        return Level("metadata", 0, "there is nothing to describe", "a first crawl or ingest")
    if not known.fresh("replication"):
        return Level("metadata", 0, "every capture is listed with its place, in one place only",
                     "the inventory kept apart from the content: khocong backup")  # fmt: skip
    return Level(
        "metadata", 4,
        "every capture is listed with place, digest and origin; standards are WARC 1.1, PREMIS words, Dublin"
        " Core, BagIt; actions are recorded with agent, time and outcome", "",
    )  # fmt: skip


def _content(known: _Known) -> Level:
    if not known.counts["captures"]:
        return Level("content", 0, "there is no content", "a first crawl or ingest")
    return Level(
        "content", 1, f"{known.counts['formats']} media types, as announced and kept with each capture",
        "formats identified by their bytes for every file, and watched for becoming obsolete: only those that"
        " text is read from are",
    )  # fmt: skip
