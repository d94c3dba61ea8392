"""A crawl has ended: what it showed is kept, held against what is usual, and alarms rise or end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.database import WARC_FOLDER, ArchiveDatabase
from archive.drift.alarms import Alarm, Settled, alarm, open_kinds, settle
from archive.drift.certificates import Met, certificates, keep
from archive.drift.facts import Facts, from_json
from archive.drift.judging import judge, with_samples
from archive.drift.observing import Observer, crawls_of
from archive.drift.own_network import without_ours
from archive.drift.rhythm import rhythm
from archive.drift.samples import samples
from archive.drift.usual import MOST_CRAWLS
from archive.drift.verdicts import READING, Known
from archive.ledger import utc


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one crawl: alarms that were raised with it, and those that it found over."""

    raised: tuple[Alarm, ...] = ()
    recovered: tuple[Alarm, ...] = ()


def watch(
    db: ArchiveDatabase,
    crawl_id: int,
    now: datetime,
    *,
    low: list[str] | None = None,
    high: list[str] | None = None,
    met: Sequence[Met] = (),
) -> Told:
    """Judge a crawl that has ended, and keep what it showed; judging it twice raises nothing twice.

    *low* and *high* are the complaints of the registry's `expect:` (None: not asked), *met* the certificates
    that its connections showed. *db* is open for writing; raises ValueError for an unknown crawl.
    """
    observer = Observer(db.conn, db.folder / WARC_FOLDER, crawl_id)
    facts = observer.facts(low, high)
    with db.transaction() as connection:
        keep(connection, observer.portal, met, utc(now))
        known = known_of(db, observer.portal, crawl_id, now)
        verdict = without_ours(connection, observer.portal, crawl_id, judge(known, facts, now), now)
        if any(one.kind in (*READING, "below_expectation") for one in verdict.findings):
            shown = samples(connection, observer.portal, crawl_id, observer.after)
            verdict = with_samples(verdict, shown)
        settled = settle(connection, observer.portal, verdict, crawl_id, now)
        (last,) = connection.execute("SELECT coalesce(max(capture_id), 0) FROM captures").fetchone()
        connection.execute(
            "INSERT INTO crawl_facts (crawl_id, portal_key, at, sound, last_capture_id, facts)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (crawl_id) DO UPDATE SET sound = excluded.sound,"
            " facts = excluded.facts",
            (crawl_id, observer.portal, facts.at, int(verdict.sound), last, facts.as_json()),
        )
    return told(db, settled)


def known_of(db: ArchiveDatabase, portal: str, crawl_id: int, now: datetime) -> Known:
    """Return what is known of a portal beside the crawl *crawl_id*."""
    past = _facts(db, portal, crawl_id, "AND sound")
    before = _facts(db, portal, crawl_id, "", 1)
    return Known(
        past=past,
        before=before[-1] if before else None,
        rhythm=rhythm(db.conn, portal, now),
        certificates=certificates(db.conn, portal, now),
        open_kinds=open_kinds(db.conn, portal),
    )


def _facts(
    db: ArchiveDatabase, portal: str, crawl_id: int, which: str, most: int = MOST_CRAWLS
) -> list[Facts]:
    rows = db.execute(
        f"SELECT facts FROM crawl_facts WHERE portal_key = ? AND crawl_id < ? {which}"
        " ORDER BY crawl_id DESC LIMIT ?",
        [portal, crawl_id, most],
    ).fetchall()
    return [from_json(stored) for (stored,) in reversed(rows)]


def told(db: ArchiveDatabase, settled: Settled) -> Told:
    """Return the alarms behind their numbers."""

    def of(numbers: Sequence[int]) -> tuple[Alarm, ...]:
        return tuple(one for number in numbers if (one := alarm(db.conn, number)) is not None)

    return Told(of(settled.raised), of(settled.recovered))


def check(db: ArchiveDatabase, now: datetime, portal: str | None = None) -> Told:
    """Judge each portal's last crawl again: after `khocong reextract`, and as days go by without one."""
    raised: list[Alarm] = []
    recovered: list[Alarm] = []
    for last in crawls_of(db.conn, portal):
        for crawl_id in _to_judge(db, last):
            row = db.execute("SELECT facts FROM crawl_facts WHERE crawl_id = ?", [crawl_id]).fetchone()
            before = from_json(row[0]) if row else None
            low, high = (before.low, before.high) if before else (None, None)
            found = watch(db, crawl_id, now, low=low, high=high)
            raised += found.raised
            recovered += found.recovered
    return Told(tuple(raised), tuple(recovered))


def _to_judge(db: ArchiveDatabase, last: int) -> list[int]:
    """Return the crawls to judge again: those whose pages raised alarms that stand, and the last one."""
    marks = ", ".join("?" * len(READING))
    opened = db.execute(
        "SELECT DISTINCT opened_by FROM alarms WHERE closed_at IS NULL AND opened_by IS NOT NULL"
        f" AND kind IN ({marks}) AND portal_key = (SELECT portal_key FROM crawls WHERE crawl_id = ?)",
        [*READING, last],
    ).fetchall()
    return sorted({last, *(crawl_id for (crawl_id,) in opened)})
