"""0017: each path of what was cut stands once; views that DuckDB reads too, which parses SQL its own way.

A path like html/body/div.section-body/… has some 250 bytes and comes back on every page of a template: on
two real portals what was cut took 1,250 and 2,540 bytes an article, and takes 570 and 900 so. It stays JSON
that any SQLite client reads; a packed BLOB would have been no smaller.
"""

import json

from sqlite_utils import Database

from archive.digests import path_key
from archive.schema.registry import migrations

_GROUP = 500

TABLES = (
    # The key is made from the path itself, so that archives can be joined without counting anew.
    """CREATE TABLE removed_paths (
        path_key TEXT PRIMARY KEY,                 -- the first 10 letters of the path's SHA-256, base64url
        path TEXT NOT NULL
    ) STRICT, WITHOUT ROWID""",
    # revisions.removed is [[reason, path_key, text], …] in page order. Not the operator ->>: before SQLite
    # 3.41 a view may not use it where the schema is not trusted.
    """CREATE VIEW removed_blocks AS
    SELECT a.url, a.portal_key AS portal, r.number AS revision, j.key AS position,
           json_extract(j.value, '$[0]') AS reason, p.path, json_extract(j.value, '$[2]') AS text,
           r.article_id, r.revision_id
    FROM revisions r JOIN articles a ON a.article_id = r.article_id
    CROSS JOIN json_each(r.removed) j
    LEFT JOIN removed_paths p ON p.path_key = json_extract(j.value, '$[1]')""",
)

# As in 0001 with count(column): DuckDB hands count(*) on to SQLite under a name of its own.
_EDITED = """CREATE VIEW edited_articles AS
SELECT a.url, a.portal_key AS portal, a.title, count(r.revision_id) AS revisions,
       min(r.captured_at) AS first_seen_at, max(r.captured_at) AS last_changed_at, a.status, a.article_id
FROM articles a JOIN revisions r ON r.article_id = a.article_id
GROUP BY a.article_id HAVING count(r.revision_id) > 1"""

# As in 0006 without "IS NOT column", which only SQLite knows. Who was first: see there.
_DUPLICATES = """CREATE VIEW near_duplicates_flat AS
SELECT n.similarity, a.url, a.portal_key AS portal, a.title, a.published_at, a.source,
       b.url AS other_url, b.portal_key AS other_portal, b.title AS other_title,
       b.published_at AS other_published_at, b.source AS other_source,
       a.text_digest = b.text_digest AS is_same_text,
       CASE
    WHEN b.source_portal = a.portal_key AND coalesce(a.source_portal, '') <> b.portal_key THEN a.article_id
    WHEN a.source_portal = b.portal_key AND coalesce(b.source_portal, '') <> a.portal_key THEN b.article_id
    WHEN length(a.published_at) < 10 OR length(b.published_at) < 10 THEN NULL
    WHEN substr(a.published_at, 1, 10) < substr(b.published_at, 1, 10) THEN a.article_id
    WHEN substr(a.published_at, 1, 10) > substr(b.published_at, 1, 10) THEN b.article_id
    WHEN length(a.published_at) > 10 AND length(b.published_at) > 10 AND a.published_at < b.published_at
        THEN a.article_id
    WHEN length(a.published_at) > 10 AND length(b.published_at) > 10 AND a.published_at > b.published_at
        THEN b.article_id
    END AS first_id,
       n.article_id, n.other_id, n.found_at
FROM near_duplicates n JOIN articles a ON a.article_id = n.article_id
JOIN articles b ON b.article_id = n.other_id"""

# As in 0013 with "at" in quotes: a word of DuckDB's.
_PREMIS = """CREATE VIEW premis_events AS
SELECT 'event/' || event_id AS event, kind AS event_type, "at" AS "at", outcome, detail, agent,
       portal_key AS portal, url, article_id
FROM events WHERE kind IN ('capture', 'ingestion', 'validation', 'fixity check', 'normalization',
                           'replication', 'deaccession')
UNION ALL
SELECT 'crawl/' || crawl_id, 'capture', coalesce(ended_at, started_at),
       CASE WHEN reason = 'finished' THEN 'success'
            WHEN reason IS NULL OR reason LIKE 'failed%' THEN 'failure' ELSE 'partial' END,
       'crawl begun ' || started_at || ', ' || requests || ' requests: ' || coalesce(reason, 'running'),
       'khocong/' || coalesce(json_extract(versions, '$.khocong'), '?'), portal_key, NULL, NULL
FROM crawls"""

VIEWS = {
    "edited_articles": _EDITED,
    "near_duplicates_flat": _DUPLICATES,
    "premis_events": _PREMIS,
}


@migrations(name="0017_removed")
def removed(db: Database) -> None:
    """Make the table and the views, and write what every revision cut in the new form."""
    for statement in TABLES:
        db.execute(statement)
    for name, view in VIEWS.items():
        db.execute(f"DROP VIEW {name}")
        db.execute(view)
    after = 0
    while rows := db.execute(
        "SELECT revision_id, removed FROM revisions WHERE revision_id > ? AND removed <> '[]'"
        f" ORDER BY revision_id LIMIT {_GROUP}",
        [after],
    ).fetchall():
        after = rows[-1][0]
        for revision_id, stored in rows:
            blocks = json.loads(stored)
            for path in {block["path"] for block in blocks}:
                db.execute(
                    "INSERT INTO removed_paths VALUES (?, ?) ON CONFLICT (path_key) DO NOTHING",
                    [path_key(path), path],
                )
            packed = [[block["reason"], path_key(block["path"]), block["text"]] for block in blocks]
            db.execute(
                "UPDATE revisions SET removed = ? WHERE revision_id = ?",
                [json.dumps(packed, ensure_ascii=False, separators=(",", ":")), revision_id],
            )
