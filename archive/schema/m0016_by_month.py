"""0016: how many articles each portal published in each month, for plots and tables."""

from sqlite_utils import Database

from archive.schema.registry import migrations

VIEW = """CREATE VIEW articles_by_month AS
SELECT portal_key AS portal, substr(published_at, 1, 7) AS month, count(*) AS articles,
       sum(source IS NOT NULL) AS syndicated, sum(status = 'gone') AS gone,
       sum(status = 'changed') AS changed
FROM articles WHERE length(published_at) >= 7 GROUP BY portal_key, substr(published_at, 1, 7)"""


@migrations(name="0016_by_month")
def by_month(db: Database) -> None:
    """Add the view."""
    db.execute(VIEW)
