"""When nobody answers, it is us: an archivist whose line is cut is not told that all portals died at once."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from archive.drift.facts import from_json
from archive.drift.verdicts import DOORS, Verdict
from archive.ledger import utc

# What does not answer for want of a line.
_UNREACHED = ("down", "dns_gone")
_SPAN = timedelta(minutes=20)
# So many other portals in a row, and not one that answered.
_LEAST_OTHERS = 3
ENDING = "own network"


def without_ours(
    conn: sqlite3.Connection, portal: str, crawl_id: int, verdict: Verdict, now: datetime
) -> Verdict:
    """Return the verdict without "down" and "dns_gone" where no other portal answers either.

    Those that were raised on the way to knowing it are taken back, and an issue says so. Call it within a
    transaction.
    """
    if not any(one.kind in _UNREACHED for one in verdict.findings):
        return verdict
    since = utc(now - _SPAN)
    others = [
        from_json(stored).reached
        for (stored,) in conn.execute(
            "SELECT facts FROM crawl_facts WHERE at >= ? AND portal_key <> ? AND crawl_id IN"
            " (SELECT max(crawl_id) FROM crawl_facts GROUP BY portal_key)",
            (since, portal),
        )
    ]
    if len(others) < _LEAST_OTHERS or any(reached is not False for reached in others):
        return verdict
    conn.execute(
        "INSERT INTO issues (at, kind, detail, portal_key, crawl_id) VALUES (?, 'own_network', ?, ?, ?)",
        (utc(now), f"nor did {len(others)} other portals answer: the line may be ours", portal, crawl_id),
    )
    conn.execute(
        "UPDATE alarms SET closed_at = ?, ending = ? WHERE closed_at IS NULL AND kind IN (?, ?)"
        " AND opened_at >= ?",
        (utc(now), ENDING, *_UNREACHED, since),
    )
    judged = {kind: one for kind, one in verdict.judged.items() if kind not in DOORS}
    return replace(verdict, judged=judged, sound=False)
