"""What extraction cut from a page, as a revision keeps it: [[reason, path_key, text], …], each path once.

The view `removed_blocks` gives it whole to plain SQL.
"""

import json
import sqlite3
from collections.abc import Sequence

from archive.digests import path_key
from archive.records import RemovedBlock

_PATH = "INSERT INTO removed_paths (path_key, path) VALUES (?, ?) ON CONFLICT (path_key) DO NOTHING"


def pack_removed(connection: sqlite3.Connection, removed: Sequence[RemovedBlock]) -> str:
    """Return the JSON for `revisions.removed`; its paths are kept in the caller's transaction."""
    if not removed:
        return "[]"
    keys = {path: path_key(path) for path in {block.path for block in removed}}
    connection.executemany(_PATH, [(key, path) for path, key in sorted(keys.items())])
    packed = [(block.reason, keys[block.path], block.text) for block in removed]
    return json.dumps(packed, ensure_ascii=False, separators=(",", ":"))


def unpack_removed(
    connection: sqlite3.Connection, stored: str, schema: str = "main"
) -> tuple[RemovedBlock, ...]:
    """Return the blocks of what a revision keeps; a path that got lost is "".

    *schema* names the attached database the revision comes from.
    """
    if stored == "[]":
        return ()
    packed: list[tuple[str, str, str]] = json.loads(stored)
    paths = dict(
        connection.execute(
            f"SELECT path_key, path FROM {schema}.removed_paths WHERE path_key IN"
            " (SELECT value FROM json_each(?))",
            (json.dumps(list({key for _, key, _ in packed})),),
        ).fetchall()
    )
    return tuple(RemovedBlock(reason, paths.get(key, ""), text) for reason, key, text in packed)
