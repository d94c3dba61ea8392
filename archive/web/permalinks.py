"""Permalinks that outlive a rebuild: named by the canonical URL, not by the number of a row."""

import hashlib
import sqlite3
from array import array
from bisect import bisect_left
from time import monotonic

_DIGITS = 16
# Whoever follows links that do not exist must not make us read the archive each time.
_READ_AGAIN_S = 60.0


def permalink_key(urlkey: str) -> str:
    """Return the name of an article's permalink: 16 hex digits of the SHA-256 of its canonical URL's urlkey.

    The urlkey, not the URL: http and https, and hosts with and without www, are one article.
    """
    return hashlib.sha256(urlkey.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


class Permalinks:
    """Finds articles by permalink: 16 bytes an article, read once and then only what is new.

    The database has no column for it: a permalink is rarely followed, and a column would cost every crawl.
    """

    def __init__(self) -> None:
        self._keys = array("Q")
        self._ids = array("Q")
        self._last = 0
        self._read_at = -_READ_AGAIN_S

    def find(self, conn: sqlite3.Connection, key: str) -> int | None:
        """Return the id of the article that *key* names, or None."""
        if len(key) != _DIGITS:
            return None
        found = self._look(conn, key)
        if found is None:
            # New articles come first; else one whose canonical URL was corrected: read all once more.
            self._read(conn)
            found = self._look(conn, key)
        if found is None and monotonic() - self._read_at >= _READ_AGAIN_S:
            self._read(conn, everything=True)
            found = self._look(conn, key)
        return found

    def _look(self, conn: sqlite3.Connection, key: str) -> int | None:
        number = int(key, 16)
        place = bisect_left(self._keys, number)
        while place < len(self._keys) and self._keys[place] == number:
            article_id = self._ids[place]
            row = conn.execute("SELECT urlkey FROM articles WHERE article_id = ?", (article_id,)).fetchone()
            if row is not None and permalink_key(row[0]) == key:
                return article_id
            place += 1
        return None

    def _read(self, conn: sqlite3.Connection, *, everything: bool = False) -> None:
        """Read the articles after the last one known."""
        everything = everything or not self._last
        # All of them come from the index of urlkeys alone: the rows themselves are gigabytes of text.
        tail, params = ("", ()) if everything else (" WHERE article_id > ?", (self._last,))
        found = [
            (int(permalink_key(urlkey), 16), article_id)
            for article_id, urlkey in conn.execute(f"SELECT article_id, urlkey FROM articles{tail}", params)
        ]
        if everything:
            self._read_at = monotonic()
        if not found:
            return
        known = [] if everything else list(zip(self._keys, self._ids, strict=True))
        ordered = sorted(known + found)
        self._keys = array("Q", (key for key, _ in ordered))
        self._ids = array("Q", (article_id for _, article_id in ordered))
        self._last = max(self._ids)
