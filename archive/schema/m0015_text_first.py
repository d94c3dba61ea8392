"""0015: both search indexes with the column of the text first: a quarter smaller, nothing else changed.

FTS5 writes two bytes before the places of a word in every column but the first, in every article. Most words
stand in the text: with it in front both indexes together take .72 bytes a byte of text instead of .98.
"""

from sqlite_utils import Database

from archive.schema.m0002_search import BARE_D, ETH, TONE_PLACEMENT
from archive.schema.m0005_files import files_sql
from archive.schema.registry import migrations

INDEXES = {
    "articles_folded": ("text", "title", "lead", "section", "source", "byline", "files"),
    "articles_exact": ("text", "title", "lead", "files"),
}
_STAGE = 16  # nested calls a stage: see m0002
_TRIGGERS = ("ai", "ad", "au", *(f"{what}_{when}" for what in ("files", "unfiles", "texts")
                                 for when in ("before", "after")))  # fmt: skip


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
    if table == "articles_folded":
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


def _index_sql(table: str) -> str:
    marks = "2" if table == "articles_folded" else "0"
    # Why the comment, why the view, and why folded comes first: see m0005.
    return (
        f'CREATE VIRTUAL TABLE {table} USING fts5 /* content="articles" */ ({", ".join(INDEXES[table])}, '
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


@migrations(name="0015_text_first")
def text_first(db: Database) -> None:
    """Make both indexes anew, in the other order of columns, and index what is there."""
    for table in INDEXES:
        for name in _TRIGGERS:
            db.execute(f"DROP TRIGGER {table}_{name}")
        db.execute(f"DROP TABLE {table}")
    for table in INDEXES:
        db.execute(_index_sql(table))
    for table in INDEXES:
        for statement in (*_own_triggers(table), *_file_triggers(table)):
            db.execute(statement)
        db.execute(fill_sql(table))
