"""Whether an article still stands, by what its URL answers over time, and when to look again.

One missing answer proves little: servers lose pages for a day and find them again. What was read stays
the article's text whatever comes after it (I5).
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from archive.ledger import utc
from archive.records import Outcome

# An article is gone when every answer of so many days said that nothing stands there any more.
GONE_AFTER = timedelta(days=14)
# (so long without a change, look again after): an article is looked at 1, 8, 38, 218, 398 … days after it
# was first seen or last changed.
DECAY = (
    (timedelta(days=1), timedelta(days=1)),
    (timedelta(days=8), timedelta(days=7)),
    (timedelta(days=38), timedelta(days=30)),
    (timedelta.max, timedelta(days=180)),
)
# The same for an article that does not answer: at 0, 1, 8 and 15 days, then as one that may come back.
DECAY_MISSING = (
    (timedelta(days=1), timedelta(days=1)),
    (timedelta(days=15), timedelta(days=7)),
    (timedelta(days=75), timedelta(days=30)),
    (timedelta.max, timedelta(days=180)),
)
_MISSING_STATUS = (404, 410)
# Words of crawler.judging for answers that say "nothing here" with another status.
_MISSING_REASONS = ("redirected_home", "not_found")

_ROW = "SELECT article_id, missing_since, fetched_at FROM urls WHERE url_id = ?"
_BY_URLKEY = (
    "SELECT a.article_id FROM urls u JOIN articles a ON a.portal_key = u.portal_key AND a.urlkey = u.urlkey"
    " WHERE u.url_id = ?"
)
_STANDS_ELSEWHERE = (
    "SELECT 1 FROM urls WHERE article_id = ? AND url_id != ? AND state = 'done' AND missing_since IS NULL"
)

Told = tuple[str, str, str]  # kind, outcome, detail of an event


@dataclass(frozen=True, slots=True)
class Standing:
    """What an outcome says of the article at its URL: which one, and the events to be written."""

    article_id: int | None = None
    events: tuple[Told, ...] = ()


def next_look(since: str, at: str, *, missing: bool = False) -> str:
    """Return when (ISO, UTC) to look again at what is unchanged, or *missing*, *since* then, as seen *at*."""
    moment = datetime.fromisoformat(at)
    stood = moment - datetime.fromisoformat(since)
    # An hour less: a check that comes a little early for its day still counts for it.
    step = next(
        step for upto, step in (DECAY_MISSING if missing else DECAY) if stood + timedelta(hours=1) < upto
    )
    return utc(moment + step)


def note_standing(
    connection: sqlite3.Connection, url_id: int, outcome: Outcome, article_id: int | None, at: str
) -> Standing:
    """Write what this answer says of the article at a URL, and when to look again.

    *article_id* is set where the answer was an article. To be called before the ledger's own `finish`.
    """
    known, missing_since, seen_at = connection.execute(_ROW, (url_id,)).fetchone()
    if article_id is None and known is None:
        known = next(iter(connection.execute(_BY_URLKEY, (url_id,)).fetchone() or ()), None)
    subject = article_id if article_id is not None else known
    if subject is None or outcome.capture is None:
        return Standing(article_id)
    if seen_at is not None and seen_at > at:
        # An older capture, from elsewhere: it says nothing of today.
        connection.execute("UPDATE urls SET article_id = ? WHERE url_id = ?", (subject, url_id))
        return Standing(subject)
    status = outcome.capture.status
    if article_id is not None or status == 304:
        events = _answers_again(connection, subject, at) if status == 304 else ()
        _schedule(connection, url_id, subject, None, next_look(_changed_at(connection, subject, at), at))
        return Standing(subject, events)
    if status in _MISSING_STATUS or outcome.reason in _MISSING_REASONS:
        since = missing_since or at
        _schedule(connection, url_id, subject, since, next_look(since, at, missing=True))
        return Standing(subject, _absence(connection, url_id, subject, since, at, outcome))
    if outcome.state != "pending":
        # A login page, maintenance, a refusal: no word about the article.
        _schedule(connection, url_id, subject, missing_since, utc(datetime.fromisoformat(at) + DECAY[0][1]))
    return Standing(subject if outcome.events else None)


def _absence(
    connection: sqlite3.Connection, url_id: int, article_id: int, since: str, at: str, outcome: Outcome
) -> tuple[Told, ...]:
    said = f"HTTP {outcome.capture.status}" if outcome.capture else ""
    said = outcome.reason if outcome.reason in _MISSING_REASONS else said
    events: list[Told] = [("absence", "failure", f"{said} where an article stood")]
    lasted = datetime.fromisoformat(at) - datetime.fromisoformat(since)
    (status,) = connection.execute(
        "SELECT status FROM articles WHERE article_id = ?", (article_id,)
    ).fetchone()
    if status == "gone" or lasted < GONE_AFTER:
        return tuple(events)
    if connection.execute(_STANDS_ELSEWHERE, (article_id, url_id)).fetchone():
        return (*events, ("moved", "success", "the article still stands at another address"))
    (asked,) = connection.execute(
        "SELECT count(*) FROM captures WHERE url_id = ? AND captured_at >= ?", (url_id, since)
    ).fetchone()
    connection.execute("UPDATE articles SET status = 'gone' WHERE article_id = ?", (article_id,))
    detail = f"no answer but 404 or 410 since {since}" if said.startswith("HTTP") else f"{said} since {since}"
    events.append(("gone", "success", f"{detail}, asked {asked} times"))
    return tuple(events)


def _answers_again(connection: sqlite3.Connection, article_id: int, at: str) -> tuple[Told, ...]:
    """Note a 304: the server says that the text we have is the one it still shows."""
    status, revisions = connection.execute(
        "SELECT status, (SELECT count(*) FROM revisions r WHERE r.article_id = a.article_id)"
        " FROM articles a WHERE article_id = ?",
        (article_id,),
    ).fetchone()
    back = status == "gone"
    connection.execute(
        "UPDATE articles SET last_captured_at = max(last_captured_at, ?), status = ? WHERE article_id = ?",
        (at, ("changed" if revisions > 1 else "live") if back else status, article_id),
    )
    return (("comeback", "success", "the article answers again, unchanged"),) if back else ()


def _changed_at(connection: sqlite3.Connection, article_id: int, at: str) -> str:
    row = connection.execute(
        "SELECT r.captured_at FROM articles a JOIN revisions r ON r.revision_id = a.revision_id"
        " WHERE a.article_id = ?",
        (article_id,),
    ).fetchone()
    return min(row[0], at) if row else at


def _schedule(
    connection: sqlite3.Connection, url_id: int, article_id: int, missing_since: str | None, due: str
) -> None:
    connection.execute(
        "UPDATE urls SET article_id = ?, missing_since = ?, next_due_at = ? WHERE url_id = ?",
        (article_id, missing_since, due, url_id),
    )
