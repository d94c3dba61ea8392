"""0019: titles, sections, sources and bylines in a small index of their own, `articles_headings`.

With section, source and byline in the folded index a search for words had to name the columns it meant, and
FTS5 then takes every place of every word apart: half of the time of a search. And what is in titles is asked
in every search of many matches: here that reads a thirtieth of what the index of the texts holds.
"""

from sqlite_utils import Database

from archive.schema.m0002_search import BARE_D, ETH, TONE_PLACEMENT
from archive.schema.m0005_files import files_sql
from archive.schema.m0015_text_first import INDEXES as FORMER
from archive.schema.registry import migrations

INDEXES = {
    "articles_folded": ("text", "title", "lead", "files"),
    "articles_exact": ("text", "title", "lead", "files"),
    "articles_headings": ("title", "section", "source", "byline"),
}
_STAGE = 16  # nested calls a stage: see m0002
_FILES = tuple(f"{what}_{when}" for what in ("files", "unfiles", "texts") for when in ("before", "after"))


def _nested(value: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        value = f"replace({value},'{old}','{new}')"
    return value


def _value(row: str, column: str) -> str:
    return files_sql(row) if column == "files" else f"{row}.{column}"


def feed_sql(table: str, row: str, tail: str = "") -> str:
    """Return the SELECT of article_id and what *table* is fed for the row called *row* (new, old, articles).

    *tail* is what follows: "FROM articles ORDER BY article_id", or nothing within a trigger.
    """
    names = INDEXES[table]
    if table != "articles_exact":
        columns = ", ".join(_nested(_value(row, column), BARE_D) for column in names)
        return f"SELECT {row}.article_id, {columns} {tail}"
    columns = ", ".join(f"lower({_value(row, column)}) AS {column}" for column in names)
    select = f"SELECT {row}.article_id AS article_id, {columns} {tail}"
    pairs = ETH + TONE_PLACEMENT
    for start in range(0, len(pairs), _STAGE):
        stage = pairs[start : start + _STAGE]
        columns = ", ".join(f"{_nested(column, stage)} AS {column}" for column in names)
        select = f"SELECT article_id, {columns} FROM ({select})"
    return select


def _put(table: str, feed: str) -> str:
    return f"INSERT INTO {table}(rowid, {', '.join(INDEXES[table])}) {feed}"


def _take(table: str, feed: str) -> str:
    # FTS5 forgets a row only when told the very text it was fed.
    return (
        f"INSERT INTO {table}({table}, rowid, {', '.join(INDEXES[table])}) SELECT 'delete', * FROM ({feed})"
    )


def _index_sql(table: str) -> str:
    marks = "0" if table == "articles_exact" else "2"
    # Why the comment, why the view, and why folded comes first: see m0005.
    words = "" if table == "articles_headings" else '/* content="articles" */ '
    return (
        f"CREATE VIRTUAL TABLE {table} USING fts5 {words}({', '.join(INDEXES[table])}, "
        'content="articles_indexed", content_rowid="article_id", '
        f'tokenize="unicode61 remove_diacritics {marks}")'
    )


def _own_triggers(table: str) -> list[str]:
    own = [column for column in INDEXES[table] if column != "files"]
    add, drop = _put(table, feed_sql(table, "new")), _take(table, feed_sql(table, "old"))
    changed = " OR ".join(f"old.{column} IS NOT new.{column}" for column in ("article_id", *own))
    return [
        f"CREATE TRIGGER {table}_ai AFTER INSERT ON articles BEGIN {add}; END",
        f"CREATE TRIGGER {table}_ad AFTER DELETE ON articles BEGIN {drop}; END",
        f"CREATE TRIGGER {table}_au AFTER UPDATE OF article_id, {', '.join(own)} ON articles "
        f"WHEN {changed} BEGIN {drop}; {add}; END",
    ]


def _file_triggers(table: str) -> list[str]:
    """Return the triggers of what changes an article's files: out before the change, in after it."""
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


def _triggers(table: str) -> list[str]:
    return _own_triggers(table) + (_file_triggers(table) if "files" in INDEXES[table] else [])


DROP = [
    statement
    for table in FORMER
    for statement in (
        *(f"DROP TRIGGER {table}_{name}" for name in ("ai", "ad", "au", *_FILES)),
        f"DROP TABLE {table}",
    )
]
CREATE = [_index_sql(table) for table in INDEXES] + [one for table in INDEXES for one in _triggers(table)]


@migrations(name="0019_headings")
def headings(db: Database) -> None:
    """Make the indexes anew, the folded one without its fields, and index what is there."""
    for statement in (*DROP, *CREATE):
        db.execute(statement)
    for table in INDEXES:
        db.execute(_put(table, feed_sql(table, "articles", "FROM articles ORDER BY article_id")))
