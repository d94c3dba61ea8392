"""Which of a few articles match, from their texts: to ask FTS5 for one article takes it .2 ms."""

import json
import sqlite3
from collections.abc import Sequence

from archive.schema.m0005_files import files_sql
from archive.search.letters import bare, marked_words
from archive.search.plan import Plan
from archive.search.query import And, Leaf, Node, Not
from archive.search.words import exact
from archive.vietnamese.fold import fold

# Of one text: its columns without marks, and (where that is asked for) with them; a space around each word.
_Columns = tuple[list[bytes], list[bytes]]


def those_matching(conn: sqlite3.Connection, plan: Plan, ids: Sequence[int]) -> list[int]:
    """Return which of *ids* match the words of *plan* (its filters are not looked at), as FTS5 would say.

    A text with letters that FTS5 has its own view of is asked of FTS5.
    """
    if plan.node is None or not ids:
        return list(ids)
    strict = any(is_strict for _, is_strict in plan.leaves)
    found = []
    for article_id, *texts in conn.execute(
        f"SELECT article_id, text, title, lead, {files_sql('articles')} FROM articles"
        " WHERE article_id IN (SELECT value FROM json_each(?)) ORDER BY article_id",
        (json.dumps(list(ids)),),
    ).fetchall():
        bares = [bare(text or "") for text in texts]
        known = [one.encode() for one in bares if one is not None]
        if len(known) < len(bares):
            matches = _asked(conn, plan, article_id)
        else:
            columns = [_spaced(one.split()) for one in known]
            marked = [_spaced(marked_words(text or "")) for text in texts] if strict else columns
            matches = _holds(plan.node, (columns, marked), plan.folded)
        if matches:
            found.append(article_id)
    return found


def _holds(node: Node, columns: _Columns, folded: bool) -> bool:
    if isinstance(node, Not):
        return not _holds(node.part, columns, folded)
    if not isinstance(node, Leaf):
        return (all if isinstance(node, And) else any)(_holds(part, columns, folded) for part in node.parts)
    typed = " ".join(node.words)
    if node.marked and not folded:
        needle = _needle(marked_words(exact(typed)), node.prefix)
        return any(needle in column for column in columns[1])
    needle = _needle(fold(typed).encode().split(), node.prefix)
    return any(needle in column for column in columns[0])


def _spaced(words: list[bytes]) -> bytes:
    return b" %b " % b" ".join(words)


def _needle(words: list[bytes], is_open: bool) -> bytes:
    return b" " + b" ".join(words) + (b"" if is_open else b" ")


def _asked(conn: sqlite3.Connection, plan: Plan, article_id: int) -> bool:
    words_only = Plan(plan.match, plan.conditions[: len(plan.conditions) - len(plan.filters)])
    where, params = words_only.source(probing=True)
    sql = f"SELECT 1 {where} AND {words_only.rowid} = ?"
    return conn.execute(sql, (*params, article_id)).fetchone() is not None
