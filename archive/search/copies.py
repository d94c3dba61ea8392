"""Near-duplicates in an answer: one hit stands for all copies of a text, and says where else it stands.

What counts as a copy is decided by `archive.near_duplicates`, or by a text that is the same word for word.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

# A shorter text ("Chi tiết xem tệp đính kèm") is the same in articles that are not.
_LEAST_CHARS = 100
# A notice that says no more than "see the file" may stand in ten thousand articles.
ALSO_BOUND = 100


@dataclass(frozen=True, slots=True)
class Copy:
    """Another article that carries the text of a hit."""

    article_id: int
    url: str
    portal: str
    title: str
    published_at: str | None


@dataclass(frozen=True, slots=True)
class Folded:
    """A hit's article, its score, and the articles after it in the answer that it stands for."""

    article_id: int
    score: float
    others: tuple[int, ...] = ()


def fold_copies(conn: sqlite3.Connection, ids: Sequence[tuple[int, float]]) -> list[Folded]:
    """Return *ids* in their order, each copy of an earlier one put behind that one."""
    listed = json.dumps([article_id for article_id, _ in ids])
    digests = dict(
        conn.execute(
            "SELECT article_id, iif(length(lead) + length(text) < ?, article_id, text_digest) FROM articles"
            " WHERE article_id IN (SELECT value FROM json_each(?))",
            (_LEAST_CHARS, listed),
        )
    )
    pairs: dict[int, list[int]] = {}
    for one, other in conn.execute(
        "SELECT n.article_id, n.other_id FROM json_each(?) AS j"
        " CROSS JOIN near_duplicates AS n ON n.article_id = j.value",
        (listed,),
    ):
        if other in digests:
            pairs.setdefault(one, []).append(other)
            pairs.setdefault(other, []).append(one)
    leaders: dict[int, int] = {}
    by_digest: dict[str, int] = {}
    behind: dict[int, list[int]] = {}
    for article_id, _ in ids:
        # The first copy in the answer leads; a copy of a copy follows the same one.
        leader = next((leaders[one] for one in pairs.get(article_id, ()) if one in leaders), None)
        digest = digests.get(article_id, "")
        leader = by_digest.get(digest, article_id) if leader is None else leader
        leaders[article_id] = leader
        by_digest.setdefault(digest, leader)
        if leader == article_id:
            behind[article_id] = []
        else:
            behind[leader].append(article_id)
    return [
        Folded(article_id, score, tuple(behind[article_id]))
        for article_id, score in ids
        if article_id in behind
    ]


def copies_of(conn: sqlite3.Connection, hits: Sequence[Folded]) -> dict[int, tuple[Copy, ...]]:
    """Return for each hit the articles that carry its text, up to ALSO_BOUND, also those not found."""
    made: dict[int, tuple[Copy, ...]] = {}
    for hit in hits:
        rows = conn.execute(
            "SELECT article_id, url, portal_key, title, published_at FROM articles WHERE article_id <> ?1"
            " AND article_id IN (SELECT value FROM json_each(?2) UNION SELECT article_id FROM articles"
            " WHERE text_digest = (SELECT text_digest FROM articles WHERE article_id = ?1"
            " AND length(lead) + length(text) >= ?4)"
            " UNION SELECT other_id FROM near_duplicates WHERE article_id = ?1"
            " UNION SELECT article_id FROM near_duplicates WHERE other_id = ?1) ORDER BY article_id LIMIT ?3",
            (hit.article_id, json.dumps(hit.others), ALSO_BOUND, _LEAST_CHARS),
        )
        made[hit.article_id] = tuple(Copy(*row) for row in rows)
    return made


def same_text(conn: sqlite3.Connection, ids: Sequence[int]) -> list[str | None]:
    """Return for each article what tells its text from others, None where it is too short to tell."""
    digests = dict(
        conn.execute(
            "SELECT article_id, text_digest FROM articles WHERE length(lead) + length(text) >= ?"
            " AND article_id IN (SELECT value FROM json_each(?))",
            (_LEAST_CHARS, json.dumps(list(ids))),
        )
    )
    return [digests.get(article_id) for article_id in ids]
