"""The Atom feed of a search: what was published last among what it finds."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from archive.export.feeds import MOST, atom
from archive.export.selection import Selection
from archive.reading import Archive
from archive.search import search


def feed_of_search(
    archive: Archive,
    query: str,
    *,
    filters: Mapping[str, str | Sequence[str]] | None = None,
    self_url: str | None = None,
    most: int = MOST,
) -> bytes:
    """Return an Atom feed of the *most* articles that *query* finds, newest first; copies are one entry.

    The feed of one query keeps its identifier and is the same until something else is found.
    """
    found = search(archive.db, query, sort="newest", limit=most, filters=filters)
    selection = Selection(archive, query.strip(), [hit.article_id for hit in found.hits])
    asked = [query.strip(), *(f"{name}:{value}" for name, value in sorted((filters or {}).items()))]
    identifier = "urn:khocong:search:" + quote(" ".join(map(str, asked)), safe="")
    title = f"Kho Cổng: {query.strip()}" if query.strip() else "Kho Cổng"
    return atom(list(selection.rows()), title, identifier, selection.latest(), self_url)
