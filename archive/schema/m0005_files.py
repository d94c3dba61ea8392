"""0005: the text of attached files, each file once by its digest, and both search indexes fed with it.

An article is found by the words of its files too. The text stands in `files` alone: what the indexes are
fed and what they show comes from the view `articles_indexed`, which joins it on. Triggers on `attachments`
and `files` take an article out of the indexes as it was and put it in as it is, so that any client may write.
"""

from sqlite_utils import Database

from archive.schema.m0002_search import BARE_D, ETH, TONE_PLACEMENT
from archive.schema.registry import migrations
from archive.urls import urlkey

FOLDED_COLUMNS = ("title", "lead", "text", "section", "source", "byline", "files")
EXACT_COLUMNS = ("title", "lead", "text", "files")
INDEXES = {"articles_folded": FOLDED_COLUMNS, "articles_exact": EXACT_COLUMNS}
_STAGE = 16  # nested calls a stage: see m0002


def files_sql(row: str) -> str:
    """Return the SQL of the text of the files of the article *row*, in page order, each file once."""
    return (
        "coalesce((SELECT group_concat(t.text, char(10)) FROM (SELECT f.text FROM attachments AS x"
        " JOIN files AS f ON f.file_id = x.file_id"
        f" WHERE x.article_id = {row}.article_id AND f.text <> ''"
        " GROUP BY f.file_id ORDER BY min(x.attachment_id)) AS t), '')"
    )


def _value(row: str, column: str) -> str:
    return files_sql(row) if column == "files" else f"{row}.{column}"


def _nested(value: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        value = f"replace({value},'{old}','{new}')"
    return value


def feed_sql(table: str, row: str, tail: str = "") -> str:
    """Return the SELECT of article_id and what *table* is fed for the row called *row* (new, old, articles).

    *tail* is what follows: "FROM articles ORDER BY article_id", or nothing within a trigger.
    """
    if table == "articles_folded":
        columns = ", ".join(_nested(_value(row, column), BARE_D) for column in FOLDED_COLUMNS)
        return f"SELECT {row}.article_id, {columns} {tail}"
    columns = ", ".join(f"lower({_value(row, column)}) AS {column}" for column in EXACT_COLUMNS)
    select = f"SELECT {row}.article_id AS article_id, {columns} {tail}"
    pairs = ETH + TONE_PLACEMENT
    for start in range(0, len(pairs), _STAGE):
        stage = pairs[start : start + _STAGE]
        columns = ", ".join(f"{_nested(column, stage)} AS {column}" for column in EXACT_COLUMNS)
        select = f"SELECT article_id, {columns} FROM ({select})"
    return select


def fill_sql(table: str) -> str:
    """Return the statement that feeds every article to *table*, in the one order that reproduces it."""
    return _put(table, feed_sql(table, "articles", "FROM articles ORDER BY article_id"))


def _put(table: str, feed: str) -> str:
    return f"INSERT INTO {table}(rowid, {', '.join(INDEXES[table])}) {feed}"


def _take(table: str, feed: str) -> str:
    # FTS5 forgets a row only when told the very text it was fed.
    return (
        f"INSERT INTO {table}({table}, rowid, {', '.join(INDEXES[table])}) SELECT 'delete', * FROM ({feed})"
    )


TABLES = (
    """CREATE TABLE files (
        file_id INTEGER PRIMARY KEY,
        body_digest TEXT NOT NULL UNIQUE,          -- of the file's bytes: linked a hundred times, read once
        format TEXT NOT NULL,                      -- what the bytes are: pdf, docx, xlsx, doc, xls, …
        size_bytes INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN
            ('read','empty','scanned','protected','corrupt','too_heavy','unsupported')),
        detail TEXT NOT NULL DEFAULT '',
        pages INTEGER,                             -- pages or sheets
        text TEXT NOT NULL DEFAULT '',
        repaired TEXT,                             -- the old encoding that was put right: tcvn3, vni, …
        reader TEXT NOT NULL DEFAULT '',           -- program and version that read it
        capture_id INTEGER NOT NULL REFERENCES captures(capture_id),  -- the first one with these bytes
        read_at TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX files_by_state ON files (state)",
    "CREATE INDEX files_by_capture ON files (capture_id)",
    "ALTER TABLE attachments ADD COLUMN urlkey TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE attachments ADD COLUMN file_id INTEGER REFERENCES files(file_id)",
    "CREATE INDEX attachments_by_urlkey ON attachments (urlkey)",
    "CREATE INDEX attachments_by_file ON attachments (file_id)",
    f"""CREATE VIEW articles_indexed AS
        SELECT article_id, title, lead, text, section, source, byline, {files_sql("articles")} AS files
        FROM articles""",
    """CREATE VIEW attachments_flat AS
        SELECT x.url, x.label, f.format, f.state, f.pages, f.size_bytes, f.text, f.repaired, f.detail,
               f.body_digest, c.captured_at, c.warc_file, c.warc_offset, a.url AS article_url, a.title,
               a.portal_key AS portal, a.published_at, x.article_id, x.attachment_id, x.file_id
        FROM attachments x JOIN articles a ON a.article_id = x.article_id
        LEFT JOIN files f ON f.file_id = x.file_id LEFT JOIN captures c ON c.capture_id = f.capture_id""",
)


def _index_sql(table: str) -> str:
    marks = "2" if table == "articles_folded" else "0"
    # Datasette and sqlite-utils find the index of `articles` by these very words in its SQL; the content
    # itself is the view, which shows snippets of files too. The folded index comes first: it is taken.
    return (
        f'CREATE VIRTUAL TABLE {table} USING fts5 /* content="articles" */ ({", ".join(INDEXES[table])}, '
        'content="articles_indexed", content_rowid="article_id", '
        f'tokenize="unicode61 remove_diacritics {marks}")'
    )


def _triggers() -> list[str]:
    made = []
    for table, columns in INDEXES.items():
        own = [column for column in columns if column != "files"]
        add, drop = _put(table, feed_sql(table, "new")), _take(table, feed_sql(table, "old"))
        changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in ("article_id", *own))
        made += [
            f"CREATE TRIGGER {table}_ai AFTER INSERT ON articles BEGIN {add}; END",
            f"CREATE TRIGGER {table}_ad AFTER DELETE ON articles BEGIN {drop}; END",
            f"CREATE TRIGGER {table}_au AFTER UPDATE OF article_id, {', '.join(own)} ON articles "
            f"WHEN {changed} BEGIN {drop}; {add}; END",
        ]
        made += _file_triggers(table)
    return made


def _file_triggers(table: str) -> list[str]:
    """Return the triggers of what changes an article's files: out before the change, in after it.

    A new attachment has no file (it is linked by UPDATE), so that INSERT OR IGNORE cannot fire one half.
    """
    made = []
    for name, event, articles in (
        (
            "files",
            "UPDATE OF file_id, article_id ON attachments WHEN old.file_id IS NOT new.file_id"
            " OR old.article_id <> new.article_id",
            "IN (old.article_id, new.article_id)",
        ),
        ("unfiles", "DELETE ON attachments WHEN old.file_id IS NOT NULL", "= old.article_id"),
        (
            "texts",
            "UPDATE OF text ON files WHEN old.text <> new.text",
            "IN (SELECT article_id FROM attachments WHERE file_id = new.file_id)",
        ),
    ):
        feed = feed_sql(table, "articles", f"FROM articles WHERE article_id {articles}")
        made += [
            f"CREATE TRIGGER {table}_{name}_before BEFORE {event} BEGIN {_take(table, feed)}; END",
            f"CREATE TRIGGER {table}_{name}_after AFTER {event} BEGIN {_put(table, feed)}; END",
        ]
    return made


# The link of an attachment is made after its row: whoever names a file at once would pass the triggers by.
_GUARD = """CREATE TRIGGER attachments_link_later BEFORE INSERT ON attachments WHEN new.file_id IS NOT NULL
    BEGIN SELECT raise(ABORT, 'insert the attachment first, then set its file_id'); END"""


@migrations(name="0005_files")
def files(db: Database) -> None:
    """Add the tables, make both indexes anew with the column of files, and index what is there."""
    for table in INDEXES:
        for name in ("ai", "ad", "au"):
            db.execute(f"DROP TRIGGER {table}_{name}")
        db.execute(f"DROP TABLE {table}")
    for statement in (*TABLES, *map(_index_sql, INDEXES), *_triggers(), _GUARD):
        db.execute(statement)
    for attachment_id, url in db.execute("SELECT attachment_id, url FROM attachments").fetchall():
        db.execute("UPDATE attachments SET urlkey = ? WHERE attachment_id = ?", [key_of(url), attachment_id])
    for table in INDEXES:
        db.execute(fill_sql(table))


def key_of(url: str) -> str:
    """Return the urlkey an attachment is met by; "" for what is no http(s) URL."""
    try:
        return urlkey(url)
    except ValueError:
        return ""
