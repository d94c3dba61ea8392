"""Revisions whose capture is gone: told once each, as issues; what is left of their articles stays."""

from archive.database import ArchiveDatabase
from archive.ledger import utc_now

MISSING = "missing_capture"
_HINT = "has lost its capture; khocong verify --copy DIR or khocong rebuild mends it"
_NOTE = f"""
INSERT INTO issues (at, kind, detail, portal_key, url)
SELECT ?, '{MISSING}', 'revision ' || r.number || ' {_HINT}', a.portal_key, a.url
FROM revisions r JOIN articles a ON a.article_id = r.article_id
WHERE NOT EXISTS (SELECT 1 FROM captures c WHERE c.capture_id = r.capture_id)
  AND NOT EXISTS (SELECT 1 FROM issues i WHERE i.kind = '{MISSING}' AND i.portal_key = a.portal_key
                  AND i.url = a.url AND i.detail = 'revision ' || r.number || ' {_HINT}')
"""


def note_missing_captures(db: ArchiveDatabase) -> int:
    """Write an issue for each revision without its capture that has none yet; return how many were written.

    A look at a million revisions takes about a second: once a run is often enough.
    """
    with db.transaction() as connection:
        return int(connection.execute(_NOTE, (utc_now(),)).rowcount)
