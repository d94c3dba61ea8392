"""0009: units of government over time as tables, and every portal's and article's unit then and now."""

from sqlite_utils import Database

from archive.schema.registry import migrations

STATEMENTS = (
    """
    CREATE TABLE jurisdictions (
        jurisdiction TEXT PRIMARY KEY,
        level TEXT NOT NULL,
        name TEXT NOT NULL,
        parent TEXT,
        valid_from TEXT,
        valid_to TEXT,
        successor TEXT,
        evidence TEXT NOT NULL,
        what TEXT NOT NULL DEFAULT ''
    ) STRICT
    """,
    """
    CREATE TABLE governed (
        jurisdiction TEXT NOT NULL,
        first_on TEXT NOT NULL,
        last_on TEXT NOT NULL,
        unit TEXT NOT NULL,
        province TEXT,
        PRIMARY KEY (jurisdiction, first_on)
    ) STRICT, WITHOUT ROWID
    """,
    "CREATE TABLE jurisdictions_read (digest TEXT NOT NULL) STRICT",
    """
    CREATE VIEW portals_by_place AS
    SELECT p.portal_key AS portal, p.name, p.organ, p.jurisdiction, u.name AS unit, u.level,
           u.valid_to AS unit_until, n.name AS unit_now, n.level AS level_now, o.name AS province,
           w.name AS province_now
    FROM portals p
    LEFT JOIN jurisdictions u ON u.jurisdiction = p.jurisdiction
    LEFT JOIN governed g ON g.jurisdiction = p.jurisdiction AND g.last_on = '9999-12-31'
    LEFT JOIN jurisdictions n ON n.jurisdiction = g.unit
    LEFT JOIN jurisdictions w ON w.jurisdiction = g.province
    LEFT JOIN governed b ON b.jurisdiction = p.jurisdiction
        AND coalesce(u.valid_to, '9999-12-31') BETWEEN b.first_on AND b.last_on
    LEFT JOIN jurisdictions o ON o.jurisdiction = b.province
    """,
    # The day of an article is the one it was published on, as the portal says; else when it was first seen.
    """
    CREATE VIEW articles_by_place AS
    SELECT a.url, a.portal_key AS portal, a.title, a.published_at, p.organ, p.jurisdiction,
           tu.name AS unit_then, tu.level AS level_then, tp.name AS province_then,
           nu.name AS unit_now, nu.level AS level_now, np.name AS province_now, a.article_id
    FROM articles a
    JOIN portals p ON p.portal_key = a.portal_key
    LEFT JOIN governed t ON t.jurisdiction = p.jurisdiction
        AND substr(coalesce(a.published_at, a.first_captured_at), 1, 10) BETWEEN t.first_on AND t.last_on
    LEFT JOIN jurisdictions tu ON tu.jurisdiction = t.unit
    LEFT JOIN jurisdictions tp ON tp.jurisdiction = t.province
    LEFT JOIN governed n ON n.jurisdiction = p.jurisdiction AND n.last_on = '9999-12-31'
    LEFT JOIN jurisdictions nu ON nu.jurisdiction = n.unit
    LEFT JOIN jurisdictions np ON np.jurisdiction = n.province
    """,
)


@migrations(name="0009_places")
def places(db: Database) -> None:
    """Make the tables; `archive.places.refresh` fills them whenever an archive is opened for writing."""
    for statement in STATEMENTS:
        db.execute(statement)
