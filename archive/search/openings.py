"""Words that begin as typed: `ngu*` becomes the words of the index that begin with "ngu".

FTS5 answers a prefix by joining the lists of all its words before the first row comes out: 1.2 s for "ch" at
100,000 articles. The words themselves are found by skipping through the index, some 0.02 ms each, and an OR
of them is walked row by row. A prefix index would answer as fast and doubles the index.
"""

import sqlite3
from dataclasses import replace

from archive.search.query import And, Leaf, Node, Not, Or
from archive.search.words import exact
from archive.vietnamese.fold import fold

# Vietnamese has some sixty syllables that begin with "th", without their marks.
MOST_WORDS = 400
# With more words than this behind a prefix, ranking by their frequency is not worth its time.
WIDE = 2


def open_up(conn: sqlite3.Connection, node: Node, *, folded: bool = False) -> tuple[Node, bool]:
    """Return *node* with its prefixes spelled out, and whether one stands for more than WIDE words.

    A prefix of more than MOST_WORDS words stays one: then they are numbers or names, each of them rare.
    """
    if isinstance(node, Leaf):
        return _spelled(conn, node, folded) if node.prefix else (node, False)
    if isinstance(node, Not):
        part, is_wide = open_up(conn, node.part, folded=folded)
        return Not(part), is_wide
    parts = [open_up(conn, part, folded=folded) for part in node.parts]
    kind = And if isinstance(node, And) else Or
    return kind(tuple(part for part, _ in parts)), any(is_wide for _, is_wide in parts)


def _spelled(conn: sqlite3.Connection, leaf: Leaf, folded: bool) -> tuple[Node, bool]:
    strict = leaf.marked and not folded
    beginning = exact(leaf.words[-1]) if strict else fold(leaf.words[-1])
    found = words_beginning(conn, "articles_exact" if strict else "articles_folded", beginning)
    if not found or len(found) > MOST_WORDS:
        return leaf, len(found) > WIDE
    made = tuple(
        replace(leaf, words=(*leaf.words[:-1], word), prefix=False, quoted=True, marked=leaf.marked)
        for word in found
    )
    return (made[0] if len(made) == 1 else Or(made)), len(found) > WIDE


def words_beginning(conn: sqlite3.Connection, index: str, beginning: str) -> list[str]:
    """Return the words of *index* that begin with *beginning*, up to one more than MOST_WORDS."""
    vocabulary = _vocabulary(conn, index)
    found: list[str] = []
    at = beginning
    while len(found) <= MOST_WORDS:
        row = conn.execute(f"SELECT term FROM {vocabulary} WHERE term >= ? LIMIT 1", (at,)).fetchone()
        if row is None or not row[0].startswith(beginning):
            break
        found.append(row[0])
        # The next word after this one, past all the places where this one stands.
        at = row[0] + "\x01"
    return found


def _vocabulary(conn: sqlite3.Connection, index: str) -> str:
    name = f"{index}_words"
    if not conn.execute("SELECT 1 FROM temp.sqlite_master WHERE name = ?", (name,)).fetchone():
        (query_only,) = conn.execute("PRAGMA query_only").fetchone()
        # A view of the index for this connection alone; query_only forbids even that.
        conn.execute("PRAGMA query_only = OFF")
        try:
            conn.execute(f"CREATE VIRTUAL TABLE temp.{name} USING fts5vocab(main, {index}, 'instance')")
        finally:
            conn.execute(f"PRAGMA query_only = {query_only}")
    return f"temp.{name}"
