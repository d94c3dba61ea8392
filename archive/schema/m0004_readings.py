"""0004: a revision says how it was read, and what each page taught of its template is kept."""

from sqlite_utils import Database

from archive.schema.registry import migrations

STATEMENTS = (
    # Beside the extractor's version: the platform the page was read as and the digest of the learned chrome.
    # Old rows stay '': how they were read is not known, so they count as read otherwise than today.
    "ALTER TABLE revisions ADD COLUMN reading TEXT NOT NULL DEFAULT ''",
    # When the capture was read again; NULL: as it was captured.
    "ALTER TABLE revisions ADD COLUMN read_at TEXT",
    # Packed by crawler.chrome; the newest of each portal are kept, and a model is learned from them.
    """CREATE TABLE chrome_evidence (
        evidence_id INTEGER PRIMARY KEY,
        portal_key TEXT NOT NULL REFERENCES portals(portal_key),
        urlkey TEXT NOT NULL,
        page BLOB NOT NULL,
        UNIQUE (portal_key, urlkey)
    ) STRICT""",
)


@migrations(name="0004_readings")
def readings(db: Database) -> None:
    """Add the columns and the table."""
    for statement in STATEMENTS:
        db.execute(statement)
