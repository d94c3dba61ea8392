"""The outbox: what is to be sent of alarms stands in the archive until it is sent, and is sent once.

A message is claimed before it is handed over. If this process dies in between, nobody knows whether it
arrived: it is then sent again under the same Message-ID or Idempotency-Key, after `_CLAIM`.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from archive.alerts.config import Alerts, Channel, Webhook
from archive.alerts.messages import Message
from archive.alerts.sending import SendFailed, send, takes_many
from archive.database import ArchiveDatabase
from archive.drift.alarms import RECOVERED, Alarm, alarm, alarms
from archive.drift.own_network import ENDING as TAKEN_BACK
from archive.ledger import utc

_CLAIM = timedelta(minutes=10)
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)
# A channel that has been dead for so long will not be mended by the next try.
GIVE_UP_AFTER = timedelta(days=7)
_MOST_AT_ONCE = 500


@dataclass(slots=True)
class Delivery:
    """What a delivery did: messages sent, those that failed and wait, those given up; `errors` by channel."""

    sent: int = 0
    failed: int = 0
    given_up: int = 0
    errors: dict[str, str] = field(default_factory=dict)


def deliver(
    db: ArchiveDatabase,
    alerts: Alerts,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    budget_s: float = 60.0,
) -> Delivery:
    """Enter what is to be told into the outbox, and send what waits there and is due.

    A channel that fails is not asked again in this delivery; its messages wait, in order. *db* is open for
    writing. Channels that are new get every alarm that is open.
    """
    done = Delivery()
    begun = time.monotonic()
    own_hosts = _hosts(db)
    for channel in alerts.channels:
        enqueue(db, channel, clock())
        _mend_claims(db, channel.name, clock())
        if isinstance(channel.way, Webhook) and (urlsplit(channel.way.url).netloc.lower() in own_hosts):
            done.errors[channel.name] = f"{channel.way.url} is on a host of a portal; nothing is sent there"
            continue
        while time.monotonic() - begun < budget_s:
            most = _MOST_AT_ONCE if takes_many(channel) else 1
            if not (batch := _claim(db, channel.name, clock(), most)):
                break
            try:
                send(channel, batch, alerts.language)
            except SendFailed as error:
                _put_back(db, channel.name, batch, str(error), clock(), done)
                break
            _note_sent(db, channel.name, batch, clock())
            done.sent += len(batch)
    return done


def enqueue(db: ArchiveDatabase, channel: Channel, now: datetime) -> None:
    """Enter the open alarms a channel takes, and the recoveries of those it was told of; twice is once."""
    at = utc(now)
    with db.transaction() as connection:
        for one in alarms(connection):
            if channel.takes(one):
                connection.execute(_ENTER, (one.alarm_id, "raised", channel.name, at, at))
        # What was taken back before it could be sent is not sent any more.
        connection.execute(
            "UPDATE alert_messages SET state = 'given_up', error = ?1 WHERE channel = ?2"
            " AND state = 'waiting' AND alarm_id IN (SELECT alarm_id FROM alarms WHERE ending = ?1)",
            (TAKEN_BACK, channel.name),
        )
        if channel.recoveries:
            connection.execute(
                "INSERT INTO alert_messages (alarm_id, event, channel, made_at, not_before)"
                " SELECT a.alarm_id, 'recovered', m.channel, ?, ? FROM alert_messages m JOIN alarms a"
                " USING (alarm_id) WHERE m.channel = ? AND m.event = 'raised' AND a.closed_at IS NOT NULL"
                " AND a.ending = ? AND NOT EXISTS (SELECT 1 FROM alert_messages k WHERE"
                " k.alarm_id = a.alarm_id AND k.channel = m.channel AND k.event = 'recovered')"
                " ORDER BY a.closed_at",
                (at, at, channel.name, RECOVERED),
            )


_ENTER = (
    "INSERT INTO alert_messages (alarm_id, event, channel, made_at, not_before) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (alarm_id, event, channel) DO NOTHING"
)


def _mend_claims(db: ArchiveDatabase, channel: str, now: datetime) -> None:
    with db.transaction() as connection:
        connection.execute(
            "UPDATE alert_messages SET state = 'waiting' WHERE channel = ? AND state = 'sending'"
            " AND not_before <= ?",
            (channel, utc(now)),
        )


def _claim(db: ArchiveDatabase, channel: str, now: datetime, most: int) -> list[Message]:
    """Take the next messages that are due; none while an earlier one waits for its turn: order is kept."""
    with db.transaction() as connection:
        rows = connection.execute(
            "SELECT message_id, alarm_id, event, not_before FROM alert_messages WHERE channel = ?"
            " AND state IN ('waiting', 'sending') ORDER BY message_id LIMIT ?",
            (channel, most),
        ).fetchall()
        due = []
        for message_id, alarm_id, event, not_before in rows:
            if not_before > utc(now):
                break
            found = alarm(connection, alarm_id)
            if found is not None:
                due.append((message_id, Message(f"{alarm_id}-{event}-{_mark(found)}", event, found)))
        connection.executemany(
            "UPDATE alert_messages SET state = 'sending', attempts = attempts + 1, not_before = ?"
            " WHERE message_id = ?",
            [(utc(now + _CLAIM), message_id) for message_id, _ in due],
        )
    return [message for _, message in due]


def _mark(found: Alarm) -> str:
    # Alarms of two archives have the same numbers; their moments differ.
    return "".join(char for char in found.opened_at if char.isdigit())[:20]


def _note_sent(db: ArchiveDatabase, channel: str, batch: Sequence[Message], now: datetime) -> None:
    with db.transaction() as connection:
        connection.executemany(
            "UPDATE alert_messages SET state = 'sent', sent_at = ?, error = ''"
            " WHERE alarm_id = ? AND event = ? AND channel = ?",
            [(utc(now), one.alarm.alarm_id, one.event, channel) for one in batch],
        )


def _put_back(
    db: ArchiveDatabase, channel: str, batch: Sequence[Message], error: str, now: datetime, done: Delivery
) -> None:
    done.errors[channel] = error
    with db.transaction() as connection:
        for one in batch:
            key = (one.alarm.alarm_id, one.event, channel)
            attempts, made = connection.execute(
                "SELECT attempts, made_at FROM alert_messages"
                " WHERE alarm_id = ? AND event = ? AND channel = ?",
                key,
            ).fetchone()
            over = now - datetime.fromisoformat(made) >= GIVE_UP_AFTER
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 3 ** min(attempts - 1, 8))
            connection.execute(
                "UPDATE alert_messages SET state = ?, not_before = ?, error = ?"
                " WHERE alarm_id = ? AND event = ? AND channel = ?",
                ("given_up" if over else "waiting", utc(now + wait), error[:500], *key),
            )
            done.given_up += over
            done.failed += not over


def _hosts(db: ArchiveDatabase) -> set[str]:
    """Return the hosts of all portals: a crawl may ask there, so no alert is ever sent there."""
    return {
        host.lower() for (stored,) in db.execute("SELECT hosts FROM portals") for host in json.loads(stored)
    }
