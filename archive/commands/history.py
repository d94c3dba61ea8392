"""`khocong history`: the texts an article has had, and what changed from one to the next."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archive.commands.common import Console, common_options, examples

if TYPE_CHECKING:
    from archive.revisions import Piece, Revision

# What a diff looks like where there is no colour; the marks are those of wdiff.
_MARKS = {"gone": ("[-", "-]"), "new": ("{+", "+}")}
_COLOURS = {"gone": "red", "new": "green"}
# Words shown of an unchanged run, on each side of a change.
_CONTEXT = 12


@click.command(epilog=examples("khocong history https://example.gov.vn/tin-tuc/le-ra-quan-123.html"))
@click.argument("url")
@click.option("--no-diff", is_flag=True, help="List the revisions without what changed.")
@common_options
def history(url: str, no_diff: bool, archive_dir: Path, as_json: bool) -> None:
    """Show the revisions of the article at URL, with a word diff from each to the next."""
    from archive.database import open_archive
    from archive.errors import ArchiveError, UsageError
    from archive.revisions import events_of, find_article, revisions_of

    db = open_archive(archive_dir, write=False)
    try:
        try:
            article_id = find_article(db.conn, url)
        except ValueError:
            raise UsageError(f"not an http(s) URL: {url[:200]}") from None
        if article_id is None:
            raise ArchiveError(f"no article of {url} in {archive_dir}; `khocong search` finds what there is")
        revisions = revisions_of(db.conn, article_id)
        events = events_of(db.conn, article_id)
    finally:
        db.close()
    console = Console()
    if as_json:
        console.json({"url": url, "revisions": _as_json(revisions, diff=not no_diff), "events": events})
        return
    console.table(
        ("revision", "captured at", "words", "title", "WARC record"),
        [
            (
                f"{one.number}{' (current)' if one.is_current else ''}",
                one.captured_at,
                len(one.full_text.split()),
                one.title,
                f"{one.warc_file}:{one.warc_offset}",
            )
            for one in revisions
        ],
    )
    for event in events:
        console.line(f"{event['at']} {event['kind']}: {event['detail']}")
    if not no_diff:
        _show_diffs(console, revisions)


def _as_json(revisions: "list[Revision]", *, diff: bool) -> list[dict[str, object]]:
    from archive.revisions import word_diff

    shown: list[dict[str, object]] = []
    for index, one in enumerate(revisions):
        entry: dict[str, object] = {key: value for key, value in asdict(one).items() if key != "blocks"}
        if diff and index:
            pieces = word_diff(revisions[index - 1].full_text, one.full_text)
            entry["diff"] = [[piece.operation, piece.text] for piece in pieces]
        shown.append(entry)
    return shown


def _show_diffs(console: Console, revisions: "list[Revision]") -> None:
    from archive.revisions import count_words, word_diff

    for older, newer in zip(revisions, revisions[1:], strict=False):
        pieces = word_diff(older.full_text, newer.full_text)
        added, taken = count_words(pieces)
        console.line()
        console.line(f"revision {older.number} to {newer.number}: {added} words new, {taken} words gone")
        for line in _rendered(pieces, colour=console.is_terminal).split("\n"):
            click.echo(line)


def _rendered(pieces: "list[Piece]", *, colour: bool) -> str:
    """Return a diff to read: unchanged stretches are shortened, changes are marked and, at best, coloured."""
    from archive.commands.common import clean

    parts: list[str] = []
    for index, piece in enumerate(pieces):
        if piece.operation == "same":
            parts.append(_shortened(piece.text, first=index == 0, last=index == len(pieces) - 1))
            continue
        opening, closing = _MARKS[piece.operation]
        for number, line in enumerate(piece.text.split("\n")):
            if number:
                parts.append("\n")
            words = clean(line).rstrip()
            space = line[len(line.rstrip()) :]
            if words:
                marked = f"{opening}{words}{closing}"
                parts.append(click.style(marked, fg=_COLOURS[piece.operation]) if colour else marked)
            parts.append(space)
    return "".join(parts)


def _shortened(text: str, *, first: bool, last: bool) -> str:
    from archive.commands.common import clean

    head = "" if first else _some_words(text, _CONTEXT)
    tail = "" if last else _some_words(text, -_CONTEXT)
    if len(head) + len(tail) >= len(text):
        return "\n".join(clean(line) for line in text.split("\n"))
    return "\n".join(
        clean(line)
        for line in (head + (" … " if head and tail else "… " if tail else " …") + tail).split("\n")
    )


def _some_words(text: str, count: int) -> str:
    """Return the first *count* words of *text* with what is between them, or the last where negative."""
    import re

    spans = [match.span() for match in re.finditer(r"\S+", text)]
    if len(spans) <= abs(count):
        return text
    return text[: spans[count - 1][1]] if count > 0 else text[spans[count][0] :]
