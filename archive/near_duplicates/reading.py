"""What is known of an article's copies: where, how like, who was first, what was changed."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from archive.revisions import Piece, word_diff


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Another article that carries the same text. `is_first` says whether that other one was published first.

    None where nothing tells: no dates, or the same day without times.
    """

    article_id: int
    url: str
    portal: str
    title: str
    published_at: str | None
    source: str | None
    similarity: float
    is_same_text: bool
    is_first: bool | None


def duplicates_of(connection: sqlite3.Connection, article_id: int) -> list[NearDuplicate]:
    """Return the copies of an article, the most alike first."""
    rows = connection.execute(
        "SELECT other_id, other_url, other_portal, other_title, other_published_at, other_source, similarity,"
        " is_same_text, first_id FROM near_duplicates_flat WHERE article_id = ?"
        " UNION ALL SELECT article_id, url, portal, title, published_at, source, similarity, is_same_text,"
        " first_id FROM near_duplicates_flat WHERE other_id = ? ORDER BY 7 DESC, 1",
        (article_id, article_id),
    ).fetchall()
    return [_read(*row) for row in rows]


def _read(article_id: int, *rest: Any) -> NearDuplicate:
    url, portal, title, published_at, source, similarity, is_same_text, first_id = rest
    is_first = None if first_id is None else first_id == article_id
    return NearDuplicate(
        article_id, url, portal, title, published_at, source, similarity, bool(is_same_text), is_first
    )


def changes(connection: sqlite3.Connection, article_id: int, other_id: int) -> list[Piece]:
    """Return the word diff from the first article to the other: what the copy left out and put in."""
    texts = [
        "\n".join(part for part in row if part)
        for one in (article_id, other_id)
        for row in connection.execute("SELECT title, lead, text FROM articles WHERE article_id = ?", (one,))
    ]
    if len(texts) != 2:
        raise ValueError(f"no article {article_id} or {other_id}")
    return word_diff(*texts)
