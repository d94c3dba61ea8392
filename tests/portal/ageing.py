"""The clock of a test: an archive is made older, as if everything in it had happened days before."""

from datetime import datetime, timedelta
from pathlib import Path

from archive.database import open_archive

_TIMES = {
    "urls": ("fetched_at", "next_due_at", "missing_since", "discovered_at", "not_before"),
    "captures": ("captured_at",),
    "articles": ("first_captured_at", "last_captured_at"),
    "revisions": ("captured_at",),
    "crawls": ("started_at", "ended_at"),
    "events": ("at",),
}


def age(archive: Path, days: float) -> None:
    """Move every time the archive keeps *days* into the past: to it, so many days have gone by."""
    db = open_archive(archive, write=True)
    try:
        db.conn.create_function("older", 1, lambda at: at and _older(at, days))
        with db.transaction() as connection:
            for table, columns in _TIMES.items():
                connection.execute(f"UPDATE {table} SET " + ", ".join(f"{c} = older({c})" for c in columns))
    finally:
        db.close()


def _older(at: str, days: float) -> str:
    moved = datetime.fromisoformat(at) - timedelta(days=days)
    return moved.isoformat(timespec="microseconds")
