"""0003: what a recrawl needs of the ledger, and its counts kept as it changes."""

from sqlite_utils import Database

from archive.schema.registry import migrations

STATEMENTS = (
    # The article this URL was last seen to be; NULL for all else.
    "ALTER TABLE urls ADD COLUMN article_id INTEGER REFERENCES articles(article_id)",
    # Since when every answer said that nothing stands here any more (404, 410, home page, "not found").
    "ALTER TABLE urls ADD COLUMN missing_since TEXT",
    """UPDATE urls SET article_id = (SELECT r.article_id FROM captures c
            JOIN revisions r ON r.capture_id = c.capture_id WHERE c.url_id = urls.url_id LIMIT 1)
       WHERE state IN ('done', 'gone') AND kind IN ('article', 'page', 'seed', 'listing')""",
    # Archives made before are looked at again with the next run.
    "UPDATE urls SET next_due_at = fetched_at WHERE article_id IS NOT NULL AND next_due_at IS NULL",
    "CREATE INDEX urls_due ON urls (portal_key, next_due_at) WHERE next_due_at IS NOT NULL",
    "CREATE INDEX urls_by_article ON urls (article_id) WHERE article_id IS NOT NULL",
    # Counting a million rows takes 0.1 s; a crawl asks twice a second.
    """CREATE TABLE url_counts (
        portal_key TEXT NOT NULL,
        state TEXT NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (portal_key, state)
    ) STRICT, WITHOUT ROWID""",
    "INSERT INTO url_counts SELECT portal_key, state, count(*) FROM urls GROUP BY portal_key, state",
    """CREATE TRIGGER url_counts_insert AFTER INSERT ON urls BEGIN
        INSERT INTO url_counts VALUES (new.portal_key, new.state, 1)
            ON CONFLICT (portal_key, state) DO UPDATE SET count = count + 1;
    END""",
    """CREATE TRIGGER url_counts_update AFTER UPDATE OF state, portal_key ON urls
        WHEN old.state != new.state OR old.portal_key != new.portal_key BEGIN
        UPDATE url_counts SET count = count - 1 WHERE portal_key = old.portal_key AND state = old.state;
        INSERT INTO url_counts VALUES (new.portal_key, new.state, 1)
            ON CONFLICT (portal_key, state) DO UPDATE SET count = count + 1;
    END""",
    """CREATE TRIGGER url_counts_delete AFTER DELETE ON urls BEGIN
        UPDATE url_counts SET count = count - 1 WHERE portal_key = old.portal_key AND state = old.state;
    END""",
)


@migrations(name="0003_rechecks")
def rechecks(db: Database) -> None:
    """Add the columns, the indexes and the counts."""
    for statement in STATEMENTS:
        db.execute(statement)
