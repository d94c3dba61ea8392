"""Articles as lines: JSONL with everything, CSV for spreadsheets."""

import csv
import io
import json
from typing import IO

from archive.export.selection import COLUMNS, Selection
from archive.records import Json
from archive.store.blocks import decode_blocks

# A cell that begins with one of these is a formula to Excel, LibreOffice and Google Sheets (OWASP).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CSV_COLUMNS = tuple(name for name in COLUMNS if name not in ("article_id", "warc_length"))


def write_jsonl(selection: Selection, out: IO[bytes]) -> int:
    """Write one JSON object a line, keys in a fixed order; return how many."""
    count = 0
    for row in selection.rows():
        out.write(json.dumps(_whole(selection, row), ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def write_csv(selection: Selection, out: IO[bytes]) -> int:
    """Write a table with a header line, in UTF-8 with the mark Excel needs; return how many articles.

    A cell that a spreadsheet would calculate is written behind an apostrophe.
    """
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(_CSV_COLUMNS)
        count = 0
        for row in selection.rows():
            row["tags"] = "; ".join(row["tags"])
            writer.writerow([safe_cell(row[name]) for name in _CSV_COLUMNS])
            count += 1
        return count
    finally:
        text.detach()


def safe_cell(value: object) -> object:
    """Return *value* so that no spreadsheet calculates it.

    >>> safe_cell('=HYPERLINK("http://x","y")'), safe_cell(-5)
    ('\\'=HYPERLINK("http://x","y")', -5)
    """
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value


def _whole(selection: Selection, row: Json) -> Json:
    """Add what hangs on an article: its lines, citations, files, images and revisions."""
    article_id, connection = row["article_id"], selection.connection
    revision_id, blocks = connection.execute(
        "SELECT r.revision_id, r.blocks FROM articles a JOIN revisions r ON r.revision_id = a.revision_id"
        " WHERE a.article_id = ?",
        (article_id,),
    ).fetchone()
    whole = {name: value for name, value in row.items() if name != "article_id"}
    whole["blocks"] = [
        {"kind": block.kind, "text": block.text, "level": block.level, "cells": list(block.cells)}
        for block in decode_blocks(blocks, row["text"])
    ]
    whole["citations"] = [
        dict(zip(("document", "year", "verbatim", "start", "end"), found, strict=True))
        for found in connection.execute(
            "SELECT d.normal, d.year, c.verbatim, c.start_offset, c.end_offset FROM citations c"
            " JOIN documents d USING (document_id) WHERE c.revision_id = ? ORDER BY c.start_offset, 1",
            (revision_id,),
        )
    ]
    for table, names in (("attachments", ("url", "label")), ("images", ("url", "caption", "alt"))):
        whole[table] = [
            dict(zip(names, found, strict=True))
            for found in connection.execute(
                f"SELECT {', '.join(names)} FROM {table} WHERE article_id = ? ORDER BY url", (article_id,)
            )
        ]
    fields = (
        "number",
        "captured_at",
        "is_current",
        "text_digest",
        "warc_file",
        "warc_offset",
        "payload_digest",
    )
    whole["revisions"] = [
        dict(zip(fields, found, strict=True))
        for found in connection.execute(
            f"SELECT {', '.join(fields)} FROM revisions_flat WHERE article_id = ?"
            " ORDER BY captured_at, number",
            (article_id,),
        )
    ]
    return whole
