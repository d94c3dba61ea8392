"""The line of texts an article has had, and the difference of two of them, word by word."""

import difflib
import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archive.records import Block
from archive.store.blocks import decode_blocks
from archive.urls import urlkey

Operation = Literal["same", "gone", "new"]

# White space stays with the word before it, so that the pieces joined are the text again.
_WORDS = re.compile(r"\w+(?:[-/.,]\w+)*\s*|[^\w\s]\s*|\s+")
# Vietnamese writes a word of several syllables apart. One syllable that happens to stand on both sides of
# a rewritten phrase ("của", "và") would cut the phrase into crumbs: so few kept words are shown as changed.
_SHORT_ISLAND = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words of a diff: kept ("same"), only in the older text ("gone"), only in the newer ("new")."""

    operation: Operation
    text: str


@dataclass(frozen=True, slots=True)
class Revision:
    """One distinct text of an article with the capture it was read from; `number` counts from 1."""

    revision_id: int
    article_id: int
    number: int
    is_current: bool
    captured_at: str
    title: str
    lead: str
    text: str
    published_at: str | None
    source: str | None
    byline: str | None
    text_digest: str
    extractor: str
    method: str
    fetched_url: str
    warc_file: str
    warc_offset: int
    payload_digest: str
    blocks: tuple[Block, ...] = ()

    @property
    def full_text(self) -> str:
        """Title, lead and text, one below the other."""
        return "\n".join(part for part in (self.title, self.lead, self.text) if part)


_COLUMNS = (
    "revision_id", "article_id", "number", "is_current", "captured_at", "title", "lead", "text",
    "published_at", "source", "byline", "text_digest", "extractor", "method", "fetched_url", "warc_file",
    "warc_offset", "payload_digest",
)  # fmt: skip


def find_article(connection: sqlite3.Connection, url: str) -> int | None:
    """Return the id of the article at *url*: its canonical URL, an alias, or where a revision was fetched.

    Raises ValueError for what is not an http(s) URL.
    """
    key = urlkey(url)
    # Each table is indexed by portal and urlkey; going through the portals uses that index.
    for sql in (
        "SELECT article_id FROM portals p JOIN articles a ON a.portal_key = p.portal_key WHERE a.urlkey = ?",
        "SELECT article_id FROM portals p JOIN aliases a ON a.portal_key = p.portal_key WHERE a.urlkey = ?",
        "SELECT r.article_id FROM portals p JOIN urls u ON u.portal_key = p.portal_key"
        " JOIN captures c ON c.url_id = u.url_id JOIN revisions r ON r.capture_id = c.capture_id"
        " WHERE u.urlkey = ? ORDER BY c.captured_at DESC",
    ):
        row = connection.execute(f"{sql} LIMIT 1", (key,)).fetchone()
        if row:
            return int(row[0])
    return None


def revisions_of(connection: sqlite3.Connection, article_id: int) -> list[Revision]:
    """Return every revision in the order of their captures, the oldest first."""
    rows = connection.execute(
        f"SELECT {', '.join(_COLUMNS)}, (SELECT blocks FROM revisions r WHERE r.revision_id = f.revision_id)"
        " FROM revisions_flat f WHERE article_id = ? ORDER BY captured_at, number",
        (article_id,),
    ).fetchall()
    return [_revision(row) for row in rows]


def blocks_of(connection: sqlite3.Connection, revision_id: int) -> tuple[Block, ...]:
    """Return the blocks of a revision in reading order, captions among them; () for an unknown id."""
    row = connection.execute(
        "SELECT r.blocks, f.text FROM revisions r JOIN revisions_flat f ON f.revision_id = r.revision_id"
        " WHERE r.revision_id = ?",
        (revision_id,),
    ).fetchone()
    return decode_blocks(*row) if row else ()


def _revision(row: Sequence[Any]) -> Revision:
    fields = dict(zip(_COLUMNS, row, strict=False))
    fields["is_current"] = bool(fields["is_current"])
    return Revision(**fields, blocks=decode_blocks(row[-1], fields["text"]))


def word_diff(old: str, new: str) -> list[Piece]:
    """Return what to strike from *old* and write into it to get *new*.

    The pieces that are "same" or "gone" join to *old*, those "same" or "new" to *new*. Lines are compared
    first and words only inside lines that changed, so cost and readability do not suffer from length.
    """
    pieces: list[Piece] = []
    for operation, before, after in _aligned(old.splitlines(keepends=True), new.splitlines(keepends=True)):
        if operation == "equal":
            pieces.append(Piece("same", "".join(before)))
            continue
        pieces += _diff_words(_WORDS.findall("".join(before)), _WORDS.findall("".join(after)))
    return list(_merged(pieces))


def _aligned(old: list[str], new: list[str]) -> Iterator[tuple[str, list[str], list[str]]]:
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for operation, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        yield operation, old[old_from:old_to], new[new_from:new_to]


def _diff_words(old: list[str], new: list[str]) -> Iterator[Piece]:
    """Diff the words of lines that changed; short islands between two changes count as changed."""
    # Words are compared without the space behind them: a word that ends a line is still the same word.
    runs = []
    matcher = difflib.SequenceMatcher(
        None, [word.strip() or word for word in old], [word.strip() or word for word in new], autojunk=False
    )
    codes = matcher.get_opcodes()
    for index, (operation, old_from, old_to, new_from, new_to) in enumerate(codes):
        inside = 0 < index < len(codes) - 1
        words_kept = sum(1 for word in old[old_from:old_to] if word.strip().isalnum())
        island = operation == "equal" and inside and words_kept < _SHORT_ISLAND
        spaced_alike = old[old_from:old_to] == new[new_from:new_to]
        same = operation == "equal" and spaced_alike and not island
        runs.append((same, "".join(old[old_from:old_to]), "".join(new[new_from:new_to])))
    gone = added = ""
    for same, before, after in runs:
        if not same:
            gone, added = gone + before, added + after
            continue
        yield Piece("gone", gone)
        yield Piece("new", added)
        yield Piece("same", before)
        gone = added = ""
    yield Piece("gone", gone)
    yield Piece("new", added)


def _merged(pieces: Sequence[Piece]) -> Iterator[Piece]:
    last: Piece | None = None
    for piece in pieces:
        if not piece.text:
            continue
        if last is not None and last.operation == piece.operation:
            last = Piece(last.operation, last.text + piece.text)
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def count_words(pieces: Sequence[Piece]) -> tuple[int, int]:
    """Return how many words a diff adds and how many it takes away."""
    added = sum(len(piece.text.split()) for piece in pieces if piece.operation == "new")
    taken = sum(len(piece.text.split()) for piece in pieces if piece.operation == "gone")
    return added, taken


def events_of(connection: sqlite3.Connection, article_id: int) -> list[dict[str, str]]:
    """Return what happened to an article (edit, absence, gone, comeback, moved …), oldest first."""
    rows = connection.execute(
        "SELECT at, kind, outcome, detail, url FROM events WHERE article_id = ? ORDER BY at, event_id",
        (article_id,),
    ).fetchall()
    return [dict(zip(("at", "kind", "outcome", "detail", "url"), row, strict=True)) for row in rows]


def tags_of(stored: str) -> tuple[str, ...]:
    """Return the tags of an article from their JSON."""
    return tuple(json.loads(stored))
