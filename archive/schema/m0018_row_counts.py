"""0018: how many rows each table must have, so that a row that is deleted behind our back is missed.

Triggers in the database count what anyone inserts. What is taken out is counted by the writer's own
connection alone (`archive.counting`): a row deleted by another program, or lost with a page of the file,
leaves a count that is too high, and `khocong verify` says so. A migration that makes one of these tables
anew has to make its trigger anew too.
"""

from sqlite_utils import Database

from archive.schema.registry import migrations

# What was captured, read and told; not what indexes and lists of copies can be made from again.
COUNTED = (
    "portals", "crawls", "urls", "captures", "files", "revisions", "articles", "sightings", "aliases",
    "attachments", "images", "documents", "citations", "chrome_models", "chrome_evidence", "events", "issues",
    "fixity_checks", "removed_paths",
)  # fmt: skip

TABLE = """CREATE TABLE row_counts (
    table_name TEXT PRIMARY KEY,
    row_count INTEGER NOT NULL                 -- inserted, less those the archive's own writer took out
) STRICT, WITHOUT ROWID"""


def trigger_sql(table: str) -> str:
    """Return the trigger that counts what comes into *table*."""
    return (
        f"CREATE TRIGGER row_counts_{table} AFTER INSERT ON {table} BEGIN"
        f" UPDATE row_counts SET row_count = row_count + 1 WHERE table_name = '{table}'; END"
    )


@migrations(name="0018_row_counts")
def row_counts(db: Database) -> None:
    """Make the table and its triggers; what stands now is what there must be."""
    db.execute(TABLE)
    for table in COUNTED:
        db.execute(f"INSERT INTO row_counts SELECT '{table}', count(*) FROM {table}")
        db.execute(trigger_sql(table))
