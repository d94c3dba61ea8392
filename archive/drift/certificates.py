"""The certificates that a portal's hosts showed, kept as they are met."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.drift.verdicts import Certificate

# A host that has not been asked for so long says nothing of today.
_STALE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Met:
    """A certificate as a connection showed it; times are ISO, UTC. `complaint` "": it was verified."""

    host: str
    fingerprint: str
    issuer: str
    not_before: str | None
    not_after: str
    complaint: str = ""


def keep(conn: sqlite3.Connection, portal: str, met: Iterable[Met], at: str) -> None:
    """Keep certificates met at the time *at*; call it within a transaction."""
    conn.executemany(
        "INSERT INTO certificates (portal_key, host, fingerprint, issuer, not_before, not_after, complaint,"
        " first_met_at, last_met_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (portal_key, host, fingerprint) DO UPDATE SET last_met_at = excluded.last_met_at,"
        " complaint = excluded.complaint",
        [
            (
                portal,
                one.host,
                one.fingerprint,
                one.issuer,
                one.not_before,
                one.not_after,
                one.complaint,
                at,
                at,
            )
            for one in met
        ],
    )


def certificates(conn: sqlite3.Connection, portal: str, now: datetime) -> list[Certificate]:
    """Return the certificate each host of the portal showed last, of those asked lately."""
    since = (now - _STALE).isoformat()
    rows = conn.execute(
        "SELECT host, not_after, max(last_met_at), (SELECT max(k.first_met_at < k.not_after)"
        " FROM certificates k WHERE k.portal_key = c.portal_key AND k.host = c.host)"
        " FROM certificates c WHERE portal_key = ? AND last_met_at >= ? GROUP BY host",
        (portal, since),
    ).fetchall()
    return [Certificate(host, datetime.fromisoformat(end), bool(valid)) for host, end, _, valid in rows]
