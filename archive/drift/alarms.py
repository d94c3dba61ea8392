"""Alarms in the archive: one a portal and kind while it stands, closed when a crawl finds it over."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archive.drift.verdicts import DOORS, READING, Finding, Verdict
from archive.ledger import utc
from archive.records import Json

RECOVERED = "recovered"
ACCEPTED = "accepted"
# Signs of one thing: what was told as one of them and turns out to be another is not told again.
_GROUPS = (frozenset(READING), frozenset({"down", "maintenance"}))
_COLUMNS = (
    "a.alarm_id, a.portal_key, p.name, a.kind, a.severity, a.summary, a.detail, a.opened_at, a.opened_by,"
    " a.seen_at, a.closed_at, a.ending"
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as it stands. `closed_at` None: it is open. `ending` says how it ended."""

    alarm_id: int
    portal: str
    name: str
    kind: str
    severity: str
    summary: str
    detail: Json
    opened_at: str
    opened_by: int | None
    seen_at: str
    closed_at: str | None
    ending: str

    @property
    def is_open(self) -> bool:
        """Whether it still stands."""
        return self.closed_at is None


def alarms(
    conn: sqlite3.Connection, *, portal: str | None = None, closed: bool = False, limit: int = 1000
) -> list[Alarm]:
    """Return the open alarms, the worst and oldest first; with *closed* those that are over, newest first."""
    order = (
        "a.closed_at DESC, a.alarm_id DESC" if closed else "a.severity = 'warning', a.opened_at, a.alarm_id"
    )
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM alarms a JOIN portals p USING (portal_key) WHERE a.closed_at IS"
        f" {'NOT ' if closed else ''}NULL AND ? IN (a.portal_key, '') ORDER BY {order} LIMIT ?",
        (portal or "", limit),
    )
    return [_alarm(row) for row in rows]


def alarm(conn: sqlite3.Connection, alarm_id: int) -> Alarm | None:
    """Return one alarm, open or not, or None."""
    row = conn.execute(
        f"SELECT {_COLUMNS} FROM alarms a JOIN portals p USING (portal_key) WHERE a.alarm_id = ?", (alarm_id,)
    ).fetchone()
    return _alarm(row) if row else None


def _alarm(row: tuple[Any, ...]) -> Alarm:
    values = list(row)
    values[6] = json.loads(str(values[6]))
    return Alarm(*values)


def open_kinds(conn: sqlite3.Connection, portal: str) -> frozenset[str]:
    """Return the kinds of the portal's open alarms."""
    rows = conn.execute("SELECT kind FROM alarms WHERE portal_key = ? AND closed_at IS NULL", (portal,))
    return frozenset(kind for (kind,) in rows)


@dataclass(frozen=True, slots=True)
class Settled:
    """What a verdict changed: the numbers of alarms that were raised, and of those that recovered."""

    raised: tuple[int, ...] = ()
    recovered: tuple[int, ...] = ()


def settle(
    conn: sqlite3.Connection, portal: str, verdict: Verdict, crawl_id: int | None, now: datetime
) -> Settled:
    """Raise, keep up and close the portal's alarms by a verdict; call it within a transaction."""
    at = utc(now)
    known: dict[str, int] = dict(
        conn.execute(
            "SELECT kind, alarm_id FROM alarms WHERE portal_key = ? AND closed_at IS NULL", (portal,)
        )
    )
    raised = []
    for finding in verdict.findings:
        number = known.pop(finding.kind, None)
        if number is None and (kin := _kin(finding.kind, known, verdict)):
            number = known.pop(kin)
        if number is not None:
            _keep_up(conn, number, finding, at)
        else:
            raised.append(_raise(conn, portal, finding, crawl_id, at))
    doors = [one.kind for one in verdict.findings if one.kind in DOORS]
    recovered = []
    for kind, number in known.items():
        if kind not in verdict.judged or verdict.judged[kind] is not None:
            continue
        ending = f"became {doors[0]}" if doors and kind in DOORS else RECOVERED
        conn.execute(
            "UPDATE alarms SET closed_at = ?, closed_by = ?, ending = ? WHERE alarm_id = ?",
            (at, crawl_id, ending, number),
        )
        if ending == RECOVERED:
            recovered.append(number)
    _note_status(conn, portal, verdict)
    return Settled(tuple(raised), tuple(recovered))


def _kin(kind: str, known: dict[str, int], verdict: Verdict) -> str | None:
    """Return the open alarm that this finding is another sign of: one that was not found to be over."""
    for group in _GROUPS:
        if kind in group:
            kin = (one for one in known if one in group)
            return next((one for one in kin if one not in verdict.judged or one in DOORS), None)
    return None


def _raise(conn: sqlite3.Connection, portal: str, finding: Finding, crawl_id: int | None, at: str) -> int:
    cursor = conn.execute(
        "INSERT INTO alarms (portal_key, kind, severity, summary, detail, opened_at, opened_by, seen_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (portal, finding.kind, finding.severity, finding.summary, _json(finding), at, crawl_id, at),
    )
    return int(cursor.lastrowid or 0)


def _keep_up(conn: sqlite3.Connection, number: int, finding: Finding, at: str) -> None:
    """Bring an open alarm up to date; the samples of the crawl that raised it stay, they show the change."""
    (stored,) = conn.execute("SELECT detail FROM alarms WHERE alarm_id = ?", (number,)).fetchone()
    samples = json.loads(stored).get("samples")
    detail = {**finding.detail, "samples": samples} if samples else finding.detail
    conn.execute(
        "UPDATE alarms SET kind = ?, severity = ?, summary = ?, detail = ?, seen_at = ? WHERE alarm_id = ?",
        (finding.kind, finding.severity, finding.summary, json.dumps(detail, ensure_ascii=False), at, number),
    )


def _json(finding: Finding) -> str:
    return json.dumps(finding.detail, ensure_ascii=False, default=str)


def _note_status(conn: sqlite3.Connection, portal: str, verdict: Verdict) -> None:
    """A portal that sends its readers elsewhere says so in its row, and is live again when it does not."""
    if "moved" in verdict.judged:
        gone = verdict.judged["moved"] is not None
        conn.execute(
            "UPDATE portals SET status = ? WHERE portal_key = ? AND status = ?",
            ("redirecting", portal, "live") if gone else ("live", portal, "redirecting"),
        )


def accept(conn: sqlite3.Connection, alarm_id: int, now: datetime) -> bool:
    """Close an alarm by hand: what it found is the portal's new way. False where none is open by that number.

    What was usual before it is forgotten; the crawls since are what later ones are held against.
    """
    found = alarm(conn, alarm_id)
    if found is None or not found.is_open:
        return False
    conn.execute(
        "UPDATE alarms SET closed_at = ?, ending = ? WHERE alarm_id = ?", (utc(now), ACCEPTED, alarm_id)
    )
    if found.kind in READING or found.kind in ("not_found", "sitemap_shrunk", "errors"):
        conn.execute(
            "UPDATE crawl_facts SET sound = crawl_id >= ? WHERE portal_key = ?",
            (found.opened_by or 0, found.portal),
        )
    return True
