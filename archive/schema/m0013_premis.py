"""0013: the events of preservation as one view, in the words of PREMIS; a crawl is an event of capture."""

from sqlite_utils import Database

from archive.schema.registry import migrations

VIEW = """CREATE VIEW premis_events AS
SELECT 'event/' || event_id AS event, kind AS event_type, at, outcome, detail, agent, portal_key AS portal,
       url, article_id
FROM events WHERE kind IN ('capture', 'ingestion', 'validation', 'fixity check', 'normalization',
                           'replication', 'deaccession')
UNION ALL
SELECT 'crawl/' || crawl_id, 'capture', coalesce(ended_at, started_at),
       CASE WHEN reason = 'finished' THEN 'success'
            WHEN reason IS NULL OR reason LIKE 'failed%' THEN 'failure' ELSE 'partial' END,
       'crawl begun ' || started_at || ', ' || requests || ' requests: ' || coalesce(reason, 'running'),
       'khocong/' || coalesce(json_extract(versions, '$.khocong'), '?'), portal_key, NULL, NULL
FROM crawls"""


@migrations(name="0013_premis")
def premis(db: Database) -> None:
    """Add the view."""
    db.execute(VIEW)
