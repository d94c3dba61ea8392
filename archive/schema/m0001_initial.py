"""0001: portals, crawls, the ledger, captures, articles, revisions, citations, events and issues."""

from sqlite_utils import Database

from archive.schema.registry import migrations

TABLES = """
CREATE TABLE portals (
    portal_key TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    hosts TEXT NOT NULL DEFAULT '[]',          -- JSON array of host[:port]
    platform TEXT,                             -- CMS family once recognised
    organ TEXT,
    jurisdiction TEXT,
    status TEXT NOT NULL DEFAULT 'live' CHECK (status IN ('live','redirecting','frozen','dead')),
    first_seen_at TEXT NOT NULL
) STRICT;

CREATE TABLE crawls (
    crawl_id INTEGER PRIMARY KEY,
    portal_key TEXT NOT NULL REFERENCES portals(portal_key),
    purpose TEXT NOT NULL DEFAULT '',          -- why it was begun: manual, due, demo, …
    started_at TEXT NOT NULL,
    ended_at TEXT,                             -- NULL: running, or its machine died
    reason TEXT,                               -- finished, interrupted, budget, failed: …, died
    requests INTEGER NOT NULL DEFAULT 0,
    counts TEXT NOT NULL DEFAULT '{}',         -- JSON of the run's statistics
    settings_digest TEXT NOT NULL DEFAULT '',
    versions TEXT NOT NULL DEFAULT '{}'        -- JSON of software versions
) STRICT;

CREATE TABLE urls (
    url_id INTEGER PRIMARY KEY,
    portal_key TEXT NOT NULL REFERENCES portals(portal_key),
    urlkey TEXT NOT NULL,                      -- SURT of the canonical URL
    url TEXT NOT NULL,                         -- canonical URL
    fetch_url TEXT,                            -- what is asked for, where it differs from url
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending','leased','done','excluded','failed','gone')),
    reason TEXT NOT NULL DEFAULT '',
    priority INTEGER NOT NULL DEFAULT 0,       -- higher is fetched earlier
    attempts INTEGER NOT NULL DEFAULT 0,
    not_before TEXT,                           -- a retry waits until then
    leased_by INTEGER REFERENCES crawls(crawl_id),
    discovered_from INTEGER REFERENCES urls(url_id),
    discovered_at TEXT NOT NULL,
    fetched_at TEXT,
    next_due_at TEXT,                          -- recrawl
    etag TEXT,
    last_modified TEXT,
    lastmod TEXT,                              -- what the sitemap said
    UNIQUE (portal_key, urlkey)
) STRICT;
-- Those that wait for a retry stand in an index of their own: a host that is down may leave a million of
-- them, and the next URL must be found without passing them.
CREATE INDEX urls_by_turn ON urls (portal_key, priority DESC, url_id)
    WHERE state = 'pending' AND not_before IS NULL;
CREATE INDEX urls_waiting ON urls (portal_key, not_before)
    WHERE state = 'pending' AND not_before IS NOT NULL;
CREATE INDEX urls_leased ON urls (portal_key) WHERE state = 'leased';
CREATE INDEX urls_by_state ON urls (portal_key, state, kind);

CREATE INDEX crawls_by_portal ON crawls (portal_key, crawl_id);

CREATE TABLE captures (
    capture_id INTEGER PRIMARY KEY,
    url_id INTEGER NOT NULL REFERENCES urls(url_id),
    crawl_id INTEGER REFERENCES crawls(crawl_id),
    url TEXT NOT NULL,                         -- as fetched
    captured_at TEXT NOT NULL,
    status INTEGER NOT NULL,
    mime TEXT NOT NULL,
    charset TEXT,
    payload_digest TEXT NOT NULL,              -- of the payload as stored in the WARC record
    body_digest TEXT NOT NULL,                 -- of the body with content-encoding undone
    size_bytes INTEGER NOT NULL,
    ip TEXT,
    tls TEXT,
    etag TEXT,
    last_modified TEXT,
    location TEXT,
    elapsed_s REAL,
    warc_file TEXT NOT NULL,
    warc_offset INTEGER NOT NULL,
    warc_length INTEGER NOT NULL,
    record_id TEXT NOT NULL UNIQUE,
    revisit_of TEXT,
    origin TEXT NOT NULL DEFAULT 'live',
    UNIQUE (warc_file, warc_offset)
) STRICT;
CREATE INDEX captures_by_url ON captures (url_id, captured_at);

CREATE TABLE articles (
    article_id INTEGER PRIMARY KEY,
    portal_key TEXT NOT NULL REFERENCES portals(portal_key),
    content_id TEXT,                           -- the CMS's own id
    url TEXT NOT NULL,                         -- canonical
    urlkey TEXT NOT NULL,
    title TEXT NOT NULL,
    lead TEXT NOT NULL DEFAULT '',
    text TEXT NOT NULL,
    published_at TEXT,
    published_precision TEXT,
    published_evidence TEXT NOT NULL DEFAULT '',
    updated_at TEXT,
    section TEXT,
    byline TEXT,
    source TEXT,                               -- syndicated from, as printed
    source_portal TEXT,                        -- the registry's key of the portal that means, if known
    rests_on TEXT,
    rests_on_date TEXT,
    tags TEXT NOT NULL DEFAULT '[]',
    status TEXT NOT NULL DEFAULT 'live' CHECK (status IN ('live','changed','gone','moved')),
    confidence REAL NOT NULL DEFAULT 1.0,
    text_digest TEXT NOT NULL,
    revision_id INTEGER REFERENCES revisions(revision_id) DEFERRABLE INITIALLY DEFERRED,
    first_captured_at TEXT NOT NULL,
    last_captured_at TEXT NOT NULL,
    UNIQUE (portal_key, urlkey)
) STRICT;
CREATE UNIQUE INDEX articles_by_content_id ON articles (portal_key, content_id)
    WHERE content_id IS NOT NULL;
CREATE INDEX articles_by_published ON articles (published_at);
CREATE INDEX articles_by_portal_published ON articles (portal_key, published_at);
CREATE INDEX articles_by_text ON articles (text_digest);
-- SQLite looks here for children with every new revision: without it storing slows as the archive grows.
CREATE INDEX articles_by_revision ON articles (revision_id);

-- Other canonical URLs under which an article was met: opaque WebSphere URLs, renumbered upgrades.
CREATE TABLE aliases (
    portal_key TEXT NOT NULL REFERENCES portals(portal_key),
    urlkey TEXT NOT NULL,
    url TEXT NOT NULL,
    article_id INTEGER NOT NULL REFERENCES articles(article_id),
    found_at TEXT NOT NULL,
    PRIMARY KEY (portal_key, urlkey)
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_article ON aliases (article_id);

-- One row is one distinct text of an article. The current one keeps its fields in `articles`
-- alone (bodies are stored once): there `body` is NULL. When it is superseded, its fields move
-- here as JSON. The view revisions_flat gives every revision whole.
CREATE TABLE revisions (
    revision_id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles(article_id) DEFERRABLE INITIALLY DEFERRED,
    number INTEGER NOT NULL,
    capture_id INTEGER NOT NULL REFERENCES captures(capture_id),
    captured_at TEXT NOT NULL,
    text_digest TEXT NOT NULL,
    extractor TEXT NOT NULL,
    method TEXT NOT NULL DEFAULT '',
    body TEXT,                                 -- JSON {title, lead, text, …}; NULL while current
    blocks TEXT NOT NULL DEFAULT '[]',         -- JSON: only lines that are not plain paragraphs
    removed TEXT NOT NULL DEFAULT '[]',        -- JSON of what extraction cut and why
    notes TEXT NOT NULL DEFAULT '[]',
    UNIQUE (article_id, number)
) STRICT;

CREATE INDEX revisions_by_capture ON revisions (capture_id);

CREATE TABLE attachments (
    attachment_id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles(article_id),
    url TEXT NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    UNIQUE (article_id, url)
) STRICT;

CREATE TABLE images (
    image_id INTEGER PRIMARY KEY,
    article_id INTEGER NOT NULL REFERENCES articles(article_id),
    url TEXT NOT NULL,
    caption TEXT NOT NULL DEFAULT '',
    alt TEXT NOT NULL DEFAULT '',
    UNIQUE (article_id, url)
) STRICT;

CREATE TABLE documents (
    document_id INTEGER PRIMARY KEY,
    normal TEXT NOT NULL,                      -- "33/CT-TTg"
    year INTEGER,                              -- two documents may share a number in two years
    doc_type TEXT, number TEXT NOT NULL, symbol TEXT, issuer TEXT, issued_on TEXT
) STRICT;
CREATE UNIQUE INDEX documents_identity ON documents (normal, coalesce(year, 0));

CREATE TABLE citations (
    citation_id INTEGER PRIMARY KEY,
    revision_id INTEGER NOT NULL REFERENCES revisions(revision_id),
    document_id INTEGER NOT NULL REFERENCES documents(document_id),
    verbatim TEXT NOT NULL,
    start_offset INTEGER NOT NULL,             -- in title, lead and text joined by newlines
    end_offset INTEGER NOT NULL
) STRICT;
CREATE INDEX citations_by_revision ON citations (revision_id);
CREATE INDEX citations_by_document ON citations (document_id);

CREATE TABLE chrome_models (
    portal_key TEXT PRIMARY KEY REFERENCES portals(portal_key),
    pages INTEGER NOT NULL,
    model TEXT NOT NULL,                       -- JSON of ChromeModel
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE events (
    event_id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    detail TEXT NOT NULL DEFAULT '',
    portal_key TEXT,
    crawl_id INTEGER,
    url TEXT,
    article_id INTEGER,
    agent TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX events_by_portal ON events (portal_key, at);

CREATE TABLE issues (
    issue_id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    detail TEXT NOT NULL,
    portal_key TEXT,
    crawl_id INTEGER,
    url TEXT
) STRICT;
CREATE INDEX issues_by_portal ON issues (portal_key, kind);

CREATE VIEW articles_flat AS
SELECT a.url, a.portal_key AS portal, a.title, a.lead, a.text, a.published_at, a.published_precision,
       a.updated_at, a.source, a.byline, a.section, a.status, c.captured_at, c.warc_file, c.warc_offset,
       c.payload_digest, a.article_id, a.source_portal, a.rests_on, a.rests_on_date, a.tags, a.confidence,
       c.warc_length, c.url AS fetched_url, p.name AS portal_name
FROM articles a
JOIN revisions r ON r.revision_id = a.revision_id
JOIN captures c ON c.capture_id = r.capture_id
JOIN portals p ON p.portal_key = a.portal_key;

CREATE VIEW revisions_flat AS
SELECT a.url, a.portal_key AS portal, r.number, r.revision_id = a.revision_id AS is_current, r.captured_at,
       coalesce(json_extract(r.body, '$.title'), a.title) AS title,
       coalesce(json_extract(r.body, '$.lead'), a.lead) AS lead,
       coalesce(json_extract(r.body, '$.text'), a.text) AS text,
       iif(r.body IS NULL, a.published_at, json_extract(r.body, '$.published_at')) AS published_at,
       iif(r.body IS NULL, a.source, json_extract(r.body, '$.source')) AS source,
       iif(r.body IS NULL, a.byline, json_extract(r.body, '$.byline')) AS byline,
       r.text_digest, r.extractor, r.method, c.url AS fetched_url, c.warc_file, c.warc_offset,
       c.payload_digest,
       r.article_id, r.revision_id, r.capture_id
FROM revisions r
JOIN articles a ON a.article_id = r.article_id
JOIN captures c ON c.capture_id = r.capture_id;

CREATE VIEW citations_flat AS
SELECT d.normal AS document, d.doc_type, d.number, d.year, d.symbol, d.issuer, d.issued_on, x.verbatim,
       a.url, a.portal_key AS portal, a.title, a.published_at, r.number AS revision,
       r.revision_id = a.revision_id AS is_current, x.start_offset, x.end_offset, a.article_id, d.document_id
FROM citations x
JOIN documents d ON d.document_id = x.document_id
JOIN revisions r ON r.revision_id = x.revision_id
JOIN articles a ON a.article_id = r.article_id;

CREATE VIEW edited_articles AS
SELECT a.url, a.portal_key AS portal, a.title, count(*) AS revisions, min(r.captured_at) AS first_seen_at,
       max(r.captured_at) AS last_changed_at, a.status, a.article_id
FROM articles a JOIN revisions r ON r.article_id = a.article_id
GROUP BY a.article_id HAVING count(*) > 1;

CREATE VIEW gone_articles AS
SELECT url, portal_key AS portal, title, published_at, last_captured_at AS last_seen_at, article_id
FROM articles WHERE status = 'gone';

CREATE VIEW portal_health AS
SELECT p.portal_key AS portal, p.name, p.platform, p.status,
       (SELECT count(*) FROM articles a WHERE a.portal_key = p.portal_key) AS articles,
       coalesce(u.pending, 0) AS pending, coalesce(u.leased, 0) AS leased, coalesce(u.done, 0) AS done,
       coalesce(u.excluded, 0) AS excluded, coalesce(u.failed, 0) AS failed, coalesce(u.gone, 0) AS gone,
       (SELECT count(*) FROM issues i WHERE i.portal_key = p.portal_key) AS issues,
       c.started_at AS last_crawl_at, c.ended_at AS last_crawl_ended_at, c.reason AS last_crawl_reason,
       c.requests AS last_crawl_requests
FROM portals p
LEFT JOIN (SELECT portal_key, sum(state = 'pending') AS pending, sum(state = 'leased') AS leased,
                  sum(state = 'done') AS done, sum(state = 'excluded') AS excluded,
                  sum(state = 'failed') AS failed, sum(state = 'gone') AS gone
           FROM urls GROUP BY portal_key) u ON u.portal_key = p.portal_key
LEFT JOIN crawls c ON c.crawl_id = (SELECT max(k.crawl_id) FROM crawls k WHERE k.portal_key = p.portal_key);
"""


@migrations(name="0001_initial")
def initial(db: Database) -> None:
    """Create every table in one transaction."""
    for statement in _statements(TABLES):
        db.execute(statement)


def _statements(script: str) -> list[str]:
    # sqlite3.executescript commits first, which would break the migration's transaction.
    lines = [line.split("--", 1)[0].rstrip() for line in script.splitlines()]
    return [part.strip() for part in "\n".join(lines).split(";") if part.strip()]
