"""CDXJ, the index replay tools read: `urlkey timestamp {"url": …}`, one line a capture, sorted as bytes."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any

from archive.export.selection import Selection
from archive.urls import urlkey


def write_cdxj(selection: Selection, out: IO[bytes]) -> int:
    """Write the index of the captures behind the selection; return how many lines."""
    lines = cdxj_lines(selection.captures())
    out.writelines(lines)
    return len(lines)


def cdxj_lines(captures: Iterable[dict[str, Any]]) -> list[bytes]:
    """Return the sorted lines of *captures* (rows as `Selection.captures` yields them)."""
    lines = []
    for row in captures:
        revisit = bool(row["revisit_of"])
        fields = {
            "url": row["url"],
            # Replay tools tell a revisit by this word.
            "mime": "warc/revisit" if revisit else row["mime"] or "unk",
            "status": str(row["status"]),
            "digest": row["payload_digest"],
            "length": str(row["warc_length"]),
            "offset": str(row["warc_offset"]),
            "filename": row["warc_file"],
        }
        line = (
            f"{urlkey(row['url'])} {timestamp(row['captured_at'])} {json.dumps(fields, ensure_ascii=False)}\n"
        )
        lines.append(line.encode())
    return sorted(lines)


def timestamp(at: str) -> str:
    """Return the 14 digits of an ISO time in UTC, as archives have written it since 1996.

    >>> timestamp("2021-12-28T08:30:00.25+00:00")
    '20211228083000'
    """
    return datetime.fromisoformat(at).strftime("%Y%m%d%H%M%S")
