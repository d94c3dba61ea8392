"""0021: the report on each crawl as a row: what it brought, what failed, how politely, how complete."""

from sqlite_utils import Database

from archive.schema.registry import migrations

# A view: all of it stands in `crawls.counts` as the crawl left it. What older crawls did not note is NULL.
VIEW = """CREATE VIEW run_reports AS
SELECT crawl_id, portal_key AS portal, purpose, started_at, ended_at,
       round((julianday(ended_at) - julianday(started_at)) * 86400, 1) AS seconds, reason AS outcome,
       json_extract(counts, '$.articles.new') AS articles_new,
       json_extract(counts, '$.articles.changed') AS articles_changed,
       json_extract(counts, '$.articles.same') AS articles_unchanged,
       json_extract(counts, '$.gone') AS articles_gone,
       json_extract(counts, '$.in_archive') AS articles_in_archive,
       requests, json_extract(counts, '$.requests_per_article') AS requests_per_article,
       json_extract(counts, '$.bytes') AS bytes,
       json_extract(counts, '$.failures') AS failures,
       json_extract(counts, '$.issues') AS issues,
       json_extract(counts, '$.politeness.shortest_gap_s') AS shortest_gap_s,
       json_extract(counts, '$.politeness.delay_s') AS delay_s,
       json_extract(counts, '$.politeness.kept') AS polite,
       json_extract(counts, '$.politeness.retry_after') AS retry_after,
       json_extract(counts, '$.politeness.retry_after_kept') AS retry_after_kept,
       json_extract(counts, '$.completeness.summary') AS completeness
FROM crawls"""


@migrations(name="0021_run_reports")
def run_reports(db: Database) -> None:
    """Add the view."""
    db.execute(VIEW)
