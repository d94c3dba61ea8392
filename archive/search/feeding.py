"""New articles into the indexes, a group at a time, in the forms of `archive.search.forms`."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from archive.records import Article
from archive.schema.m0019_headings import INDEXES
from archive.search.forms import exact_form, folded_form

_PUT = {
    table: f"INSERT INTO {table}(rowid, {', '.join(names)}) VALUES (?{', ?' * len(names)})"
    for table, names in INDEXES.items()
}


class Feeding:
    """What a `Store` feeds the indexes with in place of the triggers, in its own transaction.

    A trigger's forms take twice the time; and FTS5 writes what it has gathered with every savepoint, a
    segment for each article, which are then merged: here it gathers a group of them first.
    """

    @contextmanager
    def resting(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Let the block insert the row of a new article without indexing it: `feed` has to follow."""
        connection.execute("INSERT INTO search_resting VALUES (1)")
        try:
            yield
        finally:
            connection.execute("DELETE FROM search_resting")

    def feed(self, connection: sqlite3.Connection, articles: Sequence[tuple[int, Article]]) -> None:
        """Index new articles, named by id, as they were inserted; none of them has files yet."""
        for table, names in INDEXES.items():
            form = exact_form if table == "articles_exact" else folded_form
            connection.executemany(
                _PUT[table],
                [
                    (number, *["" if name == "files" else form(getattr(article, name)) for name in names])
                    for number, article in articles
                ],
            )
