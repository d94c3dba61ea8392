"""0024: the triggers that index a new article rest while `search_resting` has its row: the writer feeds it.

What a trigger feeds the exact index is made by forty nested replace(), and FTS5 takes the marks off letter by
letter for the folded one: half of what storing an article cost. The archive's own writer has both forms made
in Python and says so by this row, which it puts and takes within one transaction; whoever else writes has the
triggers, as before.
"""

from sqlite_utils import Database

from archive.schema.m0019_headings import INDEXES, feed_sql
from archive.schema.registry import migrations

TABLE = """CREATE TABLE search_resting (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1)
) STRICT"""


def trigger_sql(table: str) -> str:
    """Return the trigger that puts a new article into the index *table*."""
    return (
        f"CREATE TRIGGER {table}_ai AFTER INSERT ON articles WHEN NOT EXISTS (SELECT 1 FROM search_resting)"
        f" BEGIN INSERT INTO {table}(rowid, {', '.join(INDEXES[table])}) {feed_sql(table, 'new')}; END"
    )


@migrations(name="0024_fed_by_writer")
def fed_by_writer(db: Database) -> None:
    """Add the table, empty, and make the triggers anew; the indexes stay as they are."""
    db.execute(TABLE)
    for table in INDEXES:
        db.execute(f"DROP TRIGGER {table}_ai")
        db.execute(trigger_sql(table))
