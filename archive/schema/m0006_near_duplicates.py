"""0006: the same text on several portals: signatures in bands, pairs found, a queue filled by triggers."""

from sqlite_utils import Database

from archive.schema.registry import migrations

TABLES = (
    # What still has to be compared: whoever writes an article, the next update finds it here.
    "CREATE TABLE unsigned_articles (article_id INTEGER PRIMARY KEY) STRICT",
    """CREATE TABLE signatures (
        article_id INTEGER PRIMARY KEY REFERENCES articles(article_id) ON DELETE CASCADE,
        keys BLOB NOT NULL                         -- the article's keys in signature_bands, 8 bytes each
    ) STRICT""",
    # Two articles that share a key share four minima of one band, and are compared.
    """CREATE TABLE signature_bands (
        key INTEGER NOT NULL, article_id INTEGER NOT NULL, PRIMARY KEY (key, article_id)
    ) STRICT, WITHOUT ROWID""",
    # How signatures are made; another way makes all of them anew.
    "CREATE TABLE signature_method (method TEXT NOT NULL) STRICT",
    """CREATE TABLE near_duplicates (
        article_id INTEGER NOT NULL REFERENCES articles(article_id) ON DELETE CASCADE,
        other_id INTEGER NOT NULL REFERENCES articles(article_id) ON DELETE CASCADE,
        similarity REAL NOT NULL,                  -- share of three-word runs they have in common, 0 to 1
        found_at TEXT NOT NULL,
        PRIMARY KEY (article_id, other_id),
        CHECK (article_id < other_id)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX near_duplicates_by_other ON near_duplicates (other_id)",
    # Not INSERT OR IGNORE: in a trigger the conflict rule of the writer's own statement holds.
    """CREATE TRIGGER articles_unsigned_ai AFTER INSERT ON articles BEGIN
        INSERT INTO unsigned_articles SELECT new.article_id
        WHERE NOT EXISTS (SELECT 1 FROM unsigned_articles WHERE article_id = new.article_id); END""",
    """CREATE TRIGGER articles_unsigned_au AFTER UPDATE OF title, lead, text ON articles
        WHEN old.title IS NOT new.title OR old.lead IS NOT new.lead OR old.text IS NOT new.text BEGIN
        INSERT INTO unsigned_articles SELECT new.article_id
        WHERE NOT EXISTS (SELECT 1 FROM unsigned_articles WHERE article_id = new.article_id); END""",
    """CREATE TRIGGER articles_unsigned_ad AFTER DELETE ON articles BEGIN
        DELETE FROM unsigned_articles WHERE article_id = old.article_id; END""",
    "INSERT INTO unsigned_articles SELECT article_id FROM articles",
)

# The portal that the other names as its source published first; else the earlier day, or the earlier time
# where both say one. Where neither tells, nobody is said to be first.
_FIRST = """CASE
    WHEN b.source_portal = a.portal_key AND a.source_portal IS NOT b.portal_key THEN a.article_id
    WHEN a.source_portal = b.portal_key AND b.source_portal IS NOT a.portal_key THEN b.article_id
    WHEN length(a.published_at) < 10 OR length(b.published_at) < 10 THEN NULL
    WHEN substr(a.published_at, 1, 10) < substr(b.published_at, 1, 10) THEN a.article_id
    WHEN substr(a.published_at, 1, 10) > substr(b.published_at, 1, 10) THEN b.article_id
    WHEN length(a.published_at) > 10 AND length(b.published_at) > 10 AND a.published_at < b.published_at
        THEN a.article_id
    WHEN length(a.published_at) > 10 AND length(b.published_at) > 10 AND a.published_at > b.published_at
        THEN b.article_id
    END"""
VIEW = f"""CREATE VIEW near_duplicates_flat AS
    SELECT n.similarity, a.url, a.portal_key AS portal, a.title, a.published_at, a.source,
           b.url AS other_url, b.portal_key AS other_portal, b.title AS other_title,
           b.published_at AS other_published_at, b.source AS other_source,
           a.text_digest = b.text_digest AS is_same_text, {_FIRST} AS first_id,
           n.article_id, n.other_id, n.found_at
    FROM near_duplicates n JOIN articles a ON a.article_id = n.article_id
    JOIN articles b ON b.article_id = n.other_id"""


@migrations(name="0006_near_duplicates")
def near_duplicates(db: Database) -> None:
    """Create the tables; every article that is there waits to be compared."""
    for statement in (*TABLES, VIEW):
        db.execute(statement)
