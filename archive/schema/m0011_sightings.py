"""0011: which captures show a revision again, and what each says beside the text: provenance by field."""

from sqlite_utils import Database

from archive.schema.registry import migrations

_SHOWN = "\n    UNION ALL ".join(
    f"SELECT a.article_id, a.url, a.portal_key, '{name}' AS field, a.{name} AS value, 1 AS is_shown,"
    " r.capture_id FROM articles a JOIN revisions r ON r.revision_id = a.revision_id"
    f" WHERE a.{name} IS NOT NULL AND a.{name} <> ''"
    for name in (
        "title", "lead", "text", "published_at", "updated_at", "section", "byline", "source", "rests_on",
        "rests_on_date",
    )
)  # fmt: skip
# What a past revision's capture says of these fields is said by the archive as well.
_PAST = (
    "SELECT a.article_id, a.url, a.portal_key, j.key, j.value, 0, r.capture_id"
    " FROM articles a JOIN revisions r ON r.article_id = a.article_id, json_each(r.body) j"
    " WHERE r.revision_id <> a.revision_id AND j.value IS NOT NULL AND j.key IN ('published_at',"
    " 'updated_at', 'section', 'byline', 'source', 'rests_on', 'rests_on_date')"
)

STATEMENTS = (
    # The capture a revision stands under is in `revisions`; here are the others that show the same text.
    # `differs`: JSON of the fields, other than the text, that this capture says and that one does not.
    """CREATE TABLE sightings (
        capture_id INTEGER PRIMARY KEY REFERENCES captures(capture_id),
        revision_id INTEGER NOT NULL REFERENCES revisions(revision_id),
        differs TEXT NOT NULL DEFAULT '{}'
    ) STRICT""",
    "CREATE INDEX sightings_by_revision ON sightings (revision_id)",
    # One row says of one field of an article what a capture says it is. `is_shown` 1: this is what the
    # article shows; 0: another capture of the article says this, be it that the shown one is silent.
    f"""CREATE VIEW field_provenance AS
    SELECT f.url, f.portal_key AS portal, f.field, f.value, f.is_shown, c.captured_at, c.origin,
           c.url AS fetched_url, c.warc_file, c.warc_offset, c.record_id, f.article_id, f.capture_id
    FROM ({_SHOWN}
    UNION ALL {_PAST}
    UNION ALL SELECT a.article_id, a.url, a.portal_key, j.key, j.value, 0, s.capture_id
    FROM sightings s JOIN revisions r ON r.revision_id = s.revision_id
    JOIN articles a ON a.article_id = r.article_id, json_each(s.differs) j) f
    JOIN captures c ON c.capture_id = f.capture_id""",
)


@migrations(name="0011_sightings")
def sightings(db: Database) -> None:
    """Add the table and the view; which captures showed a text before is not known, and not guessed."""
    for statement in STATEMENTS:
        db.execute(statement)
