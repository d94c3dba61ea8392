"""Which capture shows a URL at a moment, and the bytes of it: what replay and Memento read."""

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from archive.database import WARC_FOLDER
from archive.errors import WarcDamaged
from archive.export.timemap import Memento, mementos, nearest
from archive.export.times import moment
from archive.warc.reader import file_in, read_record

# A page of a portal has at most a few megabytes; films and disk images are for download elsewhere.
MOST_BYTES = 32 * 1024 * 1024
PAGES = ("text/html", "application/xhtml+xml")
# What a browser shows by itself without acting on it. Everything else is for download.
_SHOWN = re.compile(r"(?:image|audio|video)/[\w.+-]+|text/plain")


@dataclass(frozen=True, slots=True)
class Shown:
    """A capture as it is replayed: `body` without content-encoding, `mime` and `charset` as declared."""

    capture_id: int
    url: str
    at: str
    mime: str
    charset: str | None
    body: bytes


def captured(conn: sqlite3.Connection, url: str) -> list[Memento]:
    """Return the good captures of *url*, oldest first; [] for what is no http(s) URL."""
    try:
        return mementos(conn, url)
    except ValueError:
        return []


def newest(conn: sqlite3.Connection, url: str) -> Memento | None:
    """Return the last good capture of *url*, or None."""
    found = captured(conn, url)
    return found[-1] if found else None


def at_moment(conn: sqlite3.Connection, url: str, at: str) -> Memento | None:
    """Return the capture of *url* nearest to *at* (ISO), or None."""
    return nearest(captured(conn, url), moment(at))


def is_shown(mime: str) -> bool:
    """Say whether a capture of this type is shown in a frame; else it is for download.

    >>> is_shown("text/html; charset=utf-8"), is_shown("application/pdf")
    (True, False)
    """
    bare = mime.partition(";")[0].strip().lower()
    return bare in PAGES or _SHOWN.fullmatch(bare) is not None


def show(conn: sqlite3.Connection, folder: Path, capture_id: int) -> Shown | None:
    """Return a capture of the archive in *folder* as it is replayed, None for an unknown one.

    A revisit shows the payload it points at. Raises WarcDamaged where the record cannot be read.
    """
    row = conn.execute(
        "SELECT url, captured_at, mime, charset, warc_file, warc_offset, revisit_of FROM captures "
        "WHERE capture_id = ?",
        (capture_id,),
    ).fetchone()
    if row is None:
        return None
    url, at, mime, charset, file, offset, revisit_of = row
    if revisit_of:
        first = conn.execute(
            "SELECT mime, charset, warc_file, warc_offset FROM captures WHERE record_id IN (?, ?)",
            (revisit_of, f"<{revisit_of.strip('<>')}>"),
        ).fetchone()
        if first is None:
            raise WarcDamaged(f"capture {capture_id} repeats {revisit_of}, which is not in the archive")
        mime, charset, file, offset = first
    record = read_record(file_in(folder / WARC_FOLDER, file), offset)
    return Shown(capture_id, url, at, mime.lower(), charset, record.body(MOST_BYTES))
