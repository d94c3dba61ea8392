"""0012: when each capture's record was last held against its row: the oldest check comes first."""

from sqlite_utils import Database

from archive.schema.registry import migrations

STATEMENTS = (
    """CREATE TABLE fixity_checks (
        capture_id INTEGER PRIMARY KEY REFERENCES captures(capture_id),
        checked_at TEXT NOT NULL,
        outcome TEXT NOT NULL                      -- "" is sound; else the kind of what was found
    ) STRICT""",
    "CREATE INDEX fixity_checks_by_time ON fixity_checks (checked_at)",
)


@migrations(name="0012_fixity")
def fixity(db: Database) -> None:
    """Add the table; no capture counts as checked."""
    for statement in STATEMENTS:
        db.execute(statement)
