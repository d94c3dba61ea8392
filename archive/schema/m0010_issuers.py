"""0010: a document is told from another of its number by its issuer: 814/KH-UBND is one in each province.

Views: who publishes a document (its announcement, with the attached file), which documents a document cites.
"""

from sqlite_utils import Database

from archive.schema.registry import migrations

STATEMENTS = (
    # The issuer's unit of government where it is known; a central body needs none, its symbol tells it.
    "ALTER TABLE documents ADD COLUMN issuer_unit TEXT",
    "DROP INDEX documents_identity",
    "CREATE UNIQUE INDEX documents_identity"
    " ON documents (normal, coalesce(year, 0), coalesce(issuer_unit, ''))",
    """CREATE VIEW publications AS
    SELECT a.rests_on AS document, d.doc_type, d.issuer, d.issuer_unit,
           coalesce(d.issued_on, a.rests_on_date) AS issued_on, a.title, a.url, a.portal_key AS portal,
           a.published_at, x.url AS file_url, f.format AS file_format, f.state AS file_state,
           d.document_id, a.article_id, x.file_id
    FROM articles a
    LEFT JOIN documents d ON d.document_id = (
        SELECT c.document_id FROM citations c JOIN documents e ON e.document_id = c.document_id
        WHERE c.revision_id = a.revision_id AND e.normal = a.rests_on ORDER BY c.start_offset LIMIT 1)
    LEFT JOIN attachments x ON x.article_id = a.article_id LEFT JOIN files f ON f.file_id = x.file_id
    WHERE a.rests_on IS NOT NULL""",
    """CREATE VIEW documents_cited AS
    SELECT d.normal AS document, d.year, d.doc_type, d.issuer, d.issued_on,
           count(DISTINCT a.article_id) AS articles, count(DISTINCT a.portal_key) AS portals,
           min(a.published_at) AS first_cited_at, max(a.published_at) AS last_cited_at, d.document_id
    FROM documents d JOIN citations c ON c.document_id = d.document_id
    JOIN articles a ON a.revision_id = c.revision_id GROUP BY d.document_id""",
    # A document's announcement cites what it rests on: from one document to another, by the article.
    """CREATE VIEW document_citations AS
    SELECT DISTINCT a.rests_on AS document, e.normal AS cites, e.document_id AS cited_id,
           a.url, a.portal_key AS portal, a.article_id
    FROM articles a JOIN citations c ON c.revision_id = a.revision_id
    JOIN documents e ON e.document_id = c.document_id
    WHERE a.rests_on IS NOT NULL AND e.normal <> a.rests_on""",
)


@migrations(name="0010_issuers")
def issuers(db: Database) -> None:
    """Add the column and the views; existing rows keep the issuer as printed, without a unit."""
    for statement in STATEMENTS:
        db.execute(statement)
