"""Where dead URLs should lead: to the article's permalink in the archive. For nginx, or as a table."""

import csv
import io
from collections.abc import Iterator
from typing import IO
from urllib.parse import urlsplit

from archive.export.selection import Selection
from archive.export.tables import safe_cell


def redirects(selection: Selection, base: str) -> Iterator[tuple[str, str]]:
    """Yield (old URL, permalink) for the canonical URL, the one fetched, and every alias of each article."""
    root = base.rstrip("/")
    for batch in selection.batches():
        marks = ", ".join("?" * len(batch))
        found = selection.connection.execute(
            f"SELECT article_id, url FROM articles WHERE article_id IN ({marks})"
            f" UNION SELECT article_id, url FROM aliases WHERE article_id IN ({marks})"
            " UNION SELECT r.article_id, c.url FROM revisions r JOIN captures c USING (capture_id)"
            f" WHERE r.article_id IN ({marks}) ORDER BY 1, 2",
            [*batch, *batch, *batch],
        )
        for article_id, url in found:
            yield url, f"{root}/bai/{article_id}"


def write_redirects_csv(selection: Selection, out: IO[bytes], base: str) -> int:
    """Write `old_url,permalink` lines; return how many."""
    text = io.TextIOWrapper(out, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("old_url", "permalink"))
        count = 0
        for old, new in redirects(selection, base):
            writer.writerow((safe_cell(old), safe_cell(new)))
            count += 1
        return count
    finally:
        text.detach()


def write_nginx_map(selection: Selection, out: IO[bytes], base: str) -> int:
    """Write the lines of an nginx `map $host$request_uri $khocong_permalink { … }`; return how many."""
    out.write(
        b"# include this in http { }; then, in the server of the old host:\n"
        b"#   if ($khocong_permalink) { return 301 $khocong_permalink; }\n"
        b'map $host$request_uri $khocong_permalink {\n    default "";\n'
    )
    seen: set[str] = set()
    for old, new in redirects(selection, base):
        parts = urlsplit(old)
        key = f"{parts.hostname or ''}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        if key not in seen:
            seen.add(key)
            out.write(f'    "{_quoted(key)}" "{_quoted(new)}";\n'.encode())
    out.write(b"}\n")
    return len(seen)


def _quoted(text: str) -> str:
    """Return *text* for an nginx string: a first `~` would make it a pattern, `$` a variable."""
    safe = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "%24").replace("\n", "").replace("\r", "")
    )
    return "\\" + safe if safe.startswith("~") else safe
