"""Events of preservation told from outside the write lock: kept in a file until the next writer opens.

A check may find the database damaged, and a backup runs beside a crawl: what they did is told all the same.
The view `premis_events` has these, the crawls as captures, and what ingesting, re-reading and merging told.
"""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

PENDING = "events.jsonl"
# The words of PREMIS' event types that are used here.
KINDS = (
    "capture", "ingestion", "validation", "fixity check", "normalization", "replication", "deaccession",
)  # fmt: skip


def tell(folder: Path, kind: str, outcome: str, detail: str, agent: str) -> None:
    """Keep one event of the whole archive; a folder that cannot be written is left as it is."""
    said = {"at": datetime.now(UTC).isoformat(), "kind": kind, "outcome": outcome, "detail": detail[:1000]}
    try:
        with (folder / PENDING).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({**said, "agent": agent}, ensure_ascii=False) + "\n")
    except OSError:
        return  # reading an archive on a disk that cannot be written is allowed


def told(folder: Path) -> Iterator[dict[str, str]]:
    """Yield the events that wait for a writer."""
    for path in (folder / f"{PENDING}.taken", folder / PENDING):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, ValueError):
            continue
        for line in lines:
            try:
                yield {str(name): str(value) for name, value in json.loads(line).items()}
            except (ValueError, AttributeError):
                continue  # a line cut by a crash


def take_in(connection: sqlite3.Connection, folder: Path) -> int:
    """Move what waits into the table, inside the caller's transaction; `taken` is to be called after it."""
    if (folder / PENDING).exists() and not (folder / f"{PENDING}.taken").exists():
        (folder / PENDING).replace(folder / f"{PENDING}.taken")
    events = list(told(folder))
    connection.executemany(
        "INSERT INTO events (at, kind, outcome, detail, agent) SELECT :at, :kind, :outcome, :detail, :agent"
        " WHERE NOT EXISTS (SELECT 1 FROM events WHERE portal_key IS NULL AND at = :at AND kind = :kind)",
        events,
    )
    return len(events)


def taken(folder: Path) -> None:
    """Forget what the table has now."""
    (folder / f"{PENDING}.taken").unlink(missing_ok=True)
