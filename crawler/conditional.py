"""Asking only for what changed: If-None-Match and If-Modified-Since from the last good capture.

A 304 becomes a WARC revisit record that points at that capture. Servers that say "modified" to
everything (NukeViet's Last-Modified is always now − 24 h) cost a full answer, never a wrong one.
"""

from dataclasses import dataclass
from datetime import datetime

from archive.records import LeasedUrl
from archive.store import Store
from archive.warc.records import SERVER_NOT_MODIFIED, Revisit

# Where the base of a conditional request travels to the capture.
REVISIT = "revisit"


@dataclass(frozen=True, slots=True)
class Base:
    """The copy we have, and what the server called it."""

    headers: dict[str, str]
    revisit: Revisit


def base_of(store: Store, lease: LeasedUrl, address: str) -> Base | None:
    """Return the copy that asking *address* may be compared with; None where it is to be read anew.

    robots.txt always is, and so is an article of several pages: its first may stand while others change.
    """
    headers = {}
    if lease.etag and _is_plain(lease.etag):
        headers["If-None-Match"] = lease.etag
    if lease.last_modified and _is_plain(lease.last_modified):
        headers["If-Modified-Since"] = lease.last_modified
    if not headers or lease.kind == "robots":
        return None
    row = store.db.execute(
        "SELECT record_id, url, captured_at, payload_digest FROM captures"
        " WHERE url_id = ? AND status = 200 AND revisit_of IS NULL ORDER BY captured_at DESC LIMIT 1",
        [lease.url_id],
    ).fetchone()
    if row is None or row[1] != address:
        return None
    record_id, url, at, digest = row
    revisit = Revisit(record_id, url, datetime.fromisoformat(at), digest, SERVER_NOT_MODIFIED)
    return Base(headers, revisit)


def _is_plain(value: str) -> bool:
    """Say whether a header that came from a server may be sent back as it is."""
    return value.isascii() and value.isprintable()
