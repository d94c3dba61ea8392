"""0022: certificates as met, what each crawl showed of its portal, the alarms that rose and what was sent."""

from sqlite_utils import Database

from archive.schema.registry import migrations

STATEMENTS = (
    """CREATE TABLE certificates (
        certificate_id INTEGER PRIMARY KEY,
        portal_key TEXT NOT NULL REFERENCES portals(portal_key),
        host TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        issuer TEXT NOT NULL DEFAULT '',
        not_before TEXT,
        not_after TEXT NOT NULL,
        complaint TEXT NOT NULL DEFAULT '',
        first_met_at TEXT NOT NULL,
        last_met_at TEXT NOT NULL,
        UNIQUE (portal_key, host, fingerprint)
    ) STRICT""",
    # `last_capture_id` is the newest capture of the archive when the crawl ended: the captures of a later
    # crawl stand behind it, and are found without an index over millions of rows.
    """CREATE TABLE crawl_facts (
        crawl_id INTEGER PRIMARY KEY REFERENCES crawls(crawl_id),
        portal_key TEXT NOT NULL REFERENCES portals(portal_key),
        at TEXT NOT NULL,
        sound INTEGER NOT NULL,
        last_capture_id INTEGER NOT NULL DEFAULT 0,
        facts TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX crawl_facts_by_portal ON crawl_facts (portal_key, crawl_id)",
    "CREATE INDEX crawl_facts_by_time ON crawl_facts (at)",
    """CREATE TABLE alarms (
        alarm_id INTEGER PRIMARY KEY,
        portal_key TEXT NOT NULL REFERENCES portals(portal_key),
        kind TEXT NOT NULL,
        severity TEXT NOT NULL CHECK (severity IN ('warning', 'critical')),
        summary TEXT NOT NULL,
        detail TEXT NOT NULL DEFAULT '{}',
        opened_at TEXT NOT NULL,
        opened_by INTEGER REFERENCES crawls(crawl_id),
        seen_at TEXT NOT NULL,
        closed_at TEXT,
        closed_by INTEGER REFERENCES crawls(crawl_id),
        ending TEXT NOT NULL DEFAULT ''
    ) STRICT""",
    # One alarm a portal and kind while it is open: what is known is not told again.
    "CREATE UNIQUE INDEX alarms_open ON alarms (portal_key, kind) WHERE closed_at IS NULL",
    "CREATE INDEX alarms_by_time ON alarms (opened_at)",
    """CREATE TABLE alert_messages (
        message_id INTEGER PRIMARY KEY,
        alarm_id INTEGER NOT NULL REFERENCES alarms(alarm_id),
        event TEXT NOT NULL CHECK (event IN ('raised', 'recovered')),
        channel TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'sent', 'given_up')),
        made_at TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        not_before TEXT NOT NULL,
        sent_at TEXT,
        error TEXT NOT NULL DEFAULT '',
        UNIQUE (alarm_id, event, channel)
    ) STRICT""",
    "CREATE INDEX alert_messages_waiting ON alert_messages (not_before)"
    " WHERE state IN ('waiting', 'sending')",
)


@migrations(name="0022_health")
def health(db: Database) -> None:
    """Add the tables; what earlier crawls showed is not known."""
    for statement in STATEMENTS:
        db.execute(statement)
