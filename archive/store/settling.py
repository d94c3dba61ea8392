"""Captures that come from elsewhere find their URLs in any state: what they may change of the ledger."""

import sqlite3
from collections.abc import Sequence
from dataclasses import replace

from archive.ledger import ALLOWED
from archive.records import Outcome


def settled(connection: sqlite3.Connection, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes with moves the ledger allows: a capture of old never undoes a newer one's.

    What a crawl would try again stays as it stands; an excluded URL stays excluded.
    """
    rows: dict[int, tuple[str, str, str]] = {}
    made = []
    for outcome in outcomes:
        if outcome.url_id not in rows:
            rows[outcome.url_id] = connection.execute(
                "SELECT state, reason, coalesce(fetched_at, '') FROM urls WHERE url_id = ?", (outcome.url_id,)
            ).fetchone()
        state, reason, fetched_at = rows[outcome.url_id]
        at = outcome.capture.captured_at if outcome.capture else ""
        older = at < fetched_at and not (state == "failed" and outcome.state == "done")
        if outcome.state == "pending" or older or outcome.state not in ALLOWED[state]:
            outcome = replace(outcome, state=state, reason=reason)  # type: ignore[arg-type]  # of the table
        rows[outcome.url_id] = (outcome.state, outcome.reason, max(at, fetched_at))
        made.append(outcome)
    return made
