"""What is shown of an article found: its facts, its snippet, the file its words are in, its copies."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field

from archive.records import Json
from archive.search.copies import Copy, Folded, copies_of
from archive.search.snippets import Highlighter, Parts, marked

MARKS = ("«", "»")


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found. `snippet` is original text with the matches between marks.

    The `…_parts` carry the same as (text, is a match) for pages, which escape each part by itself.
    `score` compares within one answer only; it is 0 when the answer is sorted by date. `also_on` counts
    the other articles that carry the same text or nearly so, `copies`, which are not listed again;
    `also_portals` on how many other portals they stand. Both stop at `copies.ALSO_BOUND`.
    `archive` is the folder it is from, where several are searched at once.
    `attachment` is the URL of the attached file the snippet is cut from, where only a file has the words.
    """

    article_id: int
    url: str
    title: str
    snippet: str
    portal: str
    portal_name: str
    published_at: str | None
    published_precision: str | None
    source: str | None
    section: str | None
    byline: str | None
    status: str
    score: float
    also_on: int = 0
    also_portals: int = 0
    copies: tuple[Copy, ...] = ()
    attachment: str | None = None
    archive: str | None = None
    title_parts: Parts = field(repr=False, default=())
    snippet_parts: Parts = field(repr=False, default=())

    def as_json(self) -> Json:
        """Return the fields of the JSON contract."""
        names = (
            "url", "title", "snippet", "portal", "portal_name", "published_at", "published_precision",
            "source", "section", "byline", "status", "article_id", "score", "also_on",
            "also_portals", "attachment", "archive",
        )  # fmt: skip
        made: Json = {name: getattr(self, name) for name in names}
        made["copies"] = [
            {"url": copy.url, "portal": copy.portal, "title": copy.title, "published_at": copy.published_at}
            for copy in self.copies
        ]
        return made


def hits_of(
    conn: sqlite3.Connection,
    shown: Sequence[Folded],
    highlighter: Highlighter,
    marks: tuple[str, str],
) -> tuple[Hit, ...]:
    """Return the hits as they are shown, in the order of *shown*."""
    rows = {
        row[0]: row
        for row in conn.execute(
            "SELECT a.article_id, a.url, a.title, a.lead, a.text, a.portal_key, p.name, a.published_at, "
            "a.published_precision, a.source, a.section, a.byline, a.status FROM articles AS a "
            "LEFT JOIN portals AS p USING (portal_key) "
            "WHERE a.article_id IN (SELECT value FROM json_each(?))",
            (json.dumps([hit.article_id for hit in shown]),),
        )
    }
    with_files = _with_files(conn, list(rows)) if highlighter.patterns else set()
    copies = copies_of(conn, shown)
    hits = []
    for one in shown:
        if one.article_id not in rows:
            continue
        (article_id, url, title, lead, text, portal, name, published, precision, source, section, byline,
         status) = rows[one.article_id]  # fmt: skip
        snippet = highlighter.snippet("\n".join(part for part in (lead, text) if part))
        attachment = None
        if article_id in with_files:
            own = highlighter.kinds("\n".join((title, lead, text)))
            attachment, snippet = _in_files(conn, article_id, highlighter, own) or (None, snippet)
        hits.append(
            Hit(
                article_id=article_id,
                url=url,
                title=title,
                snippet=marked(snippet, *marks),
                portal=portal,
                portal_name=name or portal,
                published_at=published,
                published_precision=precision,
                source=source,
                section=section,
                byline=byline,
                status=status,
                score=round(one.score, 4),
                also_on=len(copies[article_id]),
                also_portals=len({copy.portal for copy in copies[article_id]} - {portal}),
                copies=copies[article_id],
                attachment=attachment,
                title_parts=highlighter.whole(title),
                snippet_parts=snippet,
            )
        )
    return tuple(hits)


def _with_files(conn: sqlite3.Connection, ids: Sequence[int]) -> set[int]:
    places = ", ".join("?" * len(ids))
    rows = conn.execute(
        "SELECT x.article_id FROM attachments AS x JOIN files AS f ON f.file_id = x.file_id "
        f"WHERE f.state IN ('read', 'scanned') AND x.article_id IN ({places})",
        ids,
    )
    return {article_id for (article_id,) in rows}


def _in_files(
    conn: sqlite3.Connection, article_id: int, highlighter: Highlighter, own: int
) -> tuple[str, Parts] | None:
    """Return the attached file that has more of the words than the article's own text, and the stretch."""
    best: tuple[int, str, str] = own, "", ""
    if own == len(highlighter.patterns):
        return None
    for url, text in conn.execute(
        "SELECT x.url, f.text FROM attachments AS x JOIN files AS f ON f.file_id = x.file_id "
        "WHERE x.article_id = ? AND f.text <> '' ORDER BY x.attachment_id LIMIT 20",
        (article_id,),
    ):
        found, stretch = highlighter.neighbourhood(text)
        if found > best[0]:
            best = found, url, stretch
    return (best[1], highlighter.snippet(best[2])) if best[1] else None
