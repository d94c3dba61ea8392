"""0023: the articles that have a common word, as bits: what several common words share is known in no time.

FTS5 goes through the whole list of each word of a query: of three words that a third of a million articles
have, 60 ms before the first hit. As bits the same lists are joined in a tenth of a millisecond each.

The bits say how things stood when they were written: of articles up to `horizon`. Triggers note which of
those were changed since, so that any SQLite client may write; what came after is asked of FTS5.
"""

from sqlite_utils import Database

from archive.schema.registry import migrations

TABLES = (
    """CREATE TABLE search_common (
        word TEXT NOT NULL,
        is_exact INTEGER NOT NULL,                 -- 1: of articles_exact; 0: of articles_folded
        articles INTEGER NOT NULL,
        bits BLOB NOT NULL,                        -- bit n % 8 of byte n / 8: article n has the word
        PRIMARY KEY (word, is_exact)
    ) STRICT""",
    """CREATE TABLE search_common_state (
        only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
        horizon INTEGER NOT NULL,                  -- the highest article_id the bits know of
        words_chosen_at INTEGER NOT NULL           -- how many articles there were when the words were chosen
    ) STRICT""",
    "CREATE TABLE search_common_stale (article_id INTEGER PRIMARY KEY) STRICT",
)

_HORIZON = "(SELECT horizon FROM search_common_state)"
_FED = ("article_id", "text", "title", "lead")


def _stale(articles: str) -> str:
    """Return the statement that notes *articles* (a SELECT of `article_id`); no conflict rule: see m0014."""
    return (
        f"INSERT INTO search_common_stale (article_id) SELECT a.article_id FROM ({articles}) AS a"
        f" WHERE a.article_id <= {_HORIZON} AND a.article_id NOT IN search_common_stale"
    )


_NEW, _OLD = "SELECT new.article_id AS article_id", "SELECT old.article_id AS article_id"
TRIGGERS = (
    f"CREATE TRIGGER search_common_ai AFTER INSERT ON articles WHEN new.article_id <= {_HORIZON}"
    f" BEGIN {_stale(_NEW)}; END",
    f"CREATE TRIGGER search_common_ad AFTER DELETE ON articles BEGIN {_stale(_OLD)}; END",
    f"CREATE TRIGGER search_common_au AFTER UPDATE OF {', '.join(_FED)} ON articles"
    f" WHEN {' OR '.join(f'old.{one} IS NOT new.{one}' for one in _FED)}"
    f" BEGIN {_stale(f'{_OLD} UNION {_NEW}')}; END",
    "CREATE TRIGGER search_common_files AFTER UPDATE OF file_id, article_id ON attachments"
    " WHEN old.file_id IS NOT new.file_id OR old.article_id <> new.article_id"
    f" BEGIN {_stale(f'{_OLD} UNION {_NEW}')}; END",
    "CREATE TRIGGER search_common_unfiles AFTER DELETE ON attachments WHEN old.file_id IS NOT NULL"
    f" BEGIN {_stale(_OLD)}; END",
    "CREATE TRIGGER search_common_texts AFTER UPDATE OF text ON files WHEN old.text <> new.text"
    f" BEGIN {_stale('SELECT DISTINCT article_id FROM attachments WHERE file_id = new.file_id')}; END",
)


@migrations(name="0023_common_words")
def common_words(db: Database) -> None:
    """Add the tables, empty: a search does without them; a crawl's end or `khocong reindex` fills them."""
    for statement in (*TABLES, *TRIGGERS):
        db.execute(statement)
