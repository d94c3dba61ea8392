"""The lines of an article and their kinds, stored without repeating the text they are lines of.

Most lines are plain paragraphs: only the others are written, as `[line, kind, level, cells]`. A caption
is no line of the text, so it carries its words: `[line it stands before, "caption", level, text]`.
"""

import json
from collections.abc import Sequence
from typing import get_args

from archive.records import Block, BlockKind

_KINDS = frozenset(get_args(BlockKind))
_CELL_BORDER = " | "


def encode_blocks(blocks: Sequence[Block], text: str) -> str:
    """Return the JSON that `decode_blocks` makes *blocks* of again, given the same *text*."""
    lines = [block.text for block in blocks if block.kind != "caption"]
    if not blocks or "\n".join(lines) != text or any("\n" in line for line in lines):
        whole = [[block.kind, block.text, block.level, list(block.cells)] for block in blocks]
        return _dump({"whole": whole}) if whole else "[]"
    rows: list[list[object]] = []
    line = 0
    for block in blocks:
        if block.kind == "caption":
            rows.append(
                [line, "caption", block.level, block.text, *([list(block.cells)] if block.cells else [])]
            )
            continue
        if block.kind != "paragraph" or block.level or block.cells:
            # Cells that can be had by cutting the line at its borders are not written either.
            cut = tuple(block.text.split(_CELL_BORDER)) == block.cells
            rows.append([line, block.kind, block.level, 1 if cut else list(block.cells)])
        line += 1
    return _dump(rows)


def decode_blocks(stored: str, text: str) -> tuple[Block, ...]:
    """Return every block of an article from its text and what `encode_blocks` made.

    What it cannot read (a table written by a later version) becomes paragraphs: the text is what counts.
    """
    try:
        rows = json.loads(stored or "[]")
        if isinstance(rows, dict):
            return tuple(_block(kind, line, level, cells) for kind, line, level, cells in rows["whole"])
        return _decode_rows(rows, text.split("\n") if text else [])
    except (ValueError, TypeError, KeyError, IndexError):
        return tuple(Block("paragraph", line) for line in text.split("\n") if text)


def _decode_rows(rows: list[list[object]], lines: list[str]) -> tuple[Block, ...]:
    marked = {row[0]: row for row in rows if row[1] != "caption"}
    captions: dict[object, list[Block]] = {}
    for row in rows:
        if row[1] == "caption":
            cells = row[4] if len(row) > 4 else []
            captions.setdefault(row[0], []).append(_block("caption", row[3], row[2], cells))
    blocks: list[Block] = []
    for number, line in enumerate(lines):
        blocks += captions.get(number, [])
        if number in marked:
            _, kind, level, cells = marked[number]
            blocks.append(_block(kind, line, level, line.split(_CELL_BORDER) if cells == 1 else cells))
        else:
            blocks.append(Block("paragraph", line))
    return (*blocks, *captions.get(len(lines), []))


def _block(kind: object, text: object, level: object, cells: object) -> Block:
    if (
        kind not in _KINDS
        or not isinstance(text, str)
        or not isinstance(level, int)
        or not isinstance(cells, list)
    ):
        raise ValueError("not a block")
    return Block(kind, text, level, tuple(str(cell) for cell in cells))  # type: ignore[arg-type]  # checked to be one of _KINDS


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
