"""What the archive knows of its portals, in files beside the database: a rebuild begins with them.

`portals/<key>.json`, one a portal: name, hosts, platform, what its pages taught. WARC files do not say which
hosts were taken for one portal, and what was learned from pages is not learned alike from others.
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

FOLDER = "portals"
_COLUMNS = ("portal_key", "name", "hosts", "platform", "organ", "jurisdiction", "status", "first_seen_at")


def write_portal(connection: sqlite3.Connection, folder: Path, key: str) -> bool:
    """Write the file of one portal where it says anything new; whole or not at all."""
    row = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM portals WHERE portal_key = ?", (key,)
    ).fetchone()
    if row is None:
        return False
    said: dict[str, Any] = dict(zip(_COLUMNS, row, strict=True))
    said["hosts"] = json.loads(said["hosts"])
    model = connection.execute("SELECT model FROM chrome_models WHERE portal_key = ?", (key,)).fetchone()
    if model is not None:
        said["chrome"] = json.loads(model[0])
    text = json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    path = folder / FOLDER / f"{quote(key, safe='')[:200]}.json"
    try:
        if path.read_text(encoding="utf-8") == text:
            return False
    except (OSError, ValueError):
        path.parent.mkdir(exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)
    return True


def write_all(connection: sqlite3.Connection, folder: Path) -> int:
    """Write the files of all portals that say anything new; return how many."""
    keys = [key for (key,) in connection.execute("SELECT portal_key FROM portals ORDER BY 1").fetchall()]
    return sum(write_portal(connection, folder, key) for key in keys)


def read_all(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield what each file says, by key; one that cannot be read is left out."""
    for path in sorted((folder / FOLDER).glob("*.json")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(said, dict) and isinstance(said.get("portal_key"), str):
            yield said


def enter(connection: sqlite3.Connection, said: dict[str, Any]) -> None:
    """Write a portal's file back into the tables, inside the caller's transaction; a known one stays."""
    row = {name: said.get(name) for name in _COLUMNS}
    row["hosts"] = json.dumps(row["hosts"] or [], ensure_ascii=False)
    row["name"], row["status"] = row["name"] or "", row["status"] or "live"
    row["first_seen_at"] = row["first_seen_at"] or ""
    connection.execute(
        f"INSERT INTO portals ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"
        " ON CONFLICT (portal_key) DO NOTHING",
        [row[name] for name in _COLUMNS],
    )
    if model := said.get("chrome"):
        connection.execute(
            "INSERT INTO chrome_models (portal_key, pages, model, updated_at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (portal_key) DO NOTHING",
            (
                said["portal_key"], int(model.get("pages", 0)), json.dumps(model, ensure_ascii=False),
                row["first_seen_at"],
            ),
        )  # fmt: skip
