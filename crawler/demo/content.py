"""The demo portal's articles, read from `articles/*.txt`.

A file is a header (`name: value` lines), an empty line, and the body: parts parted by empty lines. A part
is a paragraph unless it opens with a mark: `## ` a subheading, `* ` a list item, `| ` a table row,
`> ` a signature set to the right, `! ` a picture with its caption.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

PartKind: TypeAlias = Literal["paragraph", "heading", "list_item", "table_row", "signature", "picture"]

_MARKS: dict[str, PartKind] = {
    "## ": "heading",
    "* ": "list_item",
    "| ": "table_row",
    "> ": "signature",
    "! ": "picture",
}
LAYOUTS = ("font", "rows", "paragraphs", "word", "divs")
_NEEDED = frozenset({"id", "title", "area", "published"})
_KEYS = _NEEDED | {"source", "rests_on", "layout", "byline", "attachment", "lead", "spelling"}


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of an article's body as its editor typed it."""

    kind: PartKind
    text: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DemoArticle:
    """What a right extraction of one article says; `parts`, `layout` and `spelling` only shape the page.

    `published` is the day the page shows. `rests_on` is the document its closing line names and its
    date, or None. `paragraphs` has one line a paragraph, list item or table row, in reading order.
    """

    id: str
    title: str
    area: str
    published: str
    parts: tuple[Part, ...]
    source: str | None = None
    rests_on: tuple[str, str] | None = None
    byline: str | None = None
    attachment: str | None = None
    layout: str = "paragraphs"
    has_lead: bool = False
    spelling: str = "NFC"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The lines a reader takes for the article; a picture's caption is not one of them."""
        return tuple(part.text for part in self.parts if part.kind != "picture")


@cache
def articles() -> tuple[DemoArticle, ...]:
    """Return all articles, newest first. Raises ValueError naming the file that is malformed."""
    found = [
        parse(entry.read_text(encoding="utf-8"), entry.name)
        for entry in files(__package__).joinpath("articles").iterdir()
        if entry.name.endswith(".txt")
    ]
    if len({article.id for article in found}) != len(found):
        raise ValueError("two demo articles share an id")
    return tuple(sorted(found, key=lambda article: (article.published, article.id), reverse=True))


def parse(text: str, name: str = "article") -> DemoArticle:
    """Return the article written in *text*; *name* is only for the error message."""
    head, _, body = unicodedata.normalize("NFC", text).strip().partition("\n\n")
    header = {}
    for line in head.splitlines():
        key, colon, value = line.partition(": ")
        if not colon or key not in _KEYS or not value.strip():
            raise ValueError(f"{name}: not a header line: {line!r}")
        header[key] = value.strip()
    if missing := _NEEDED - header.keys():
        raise ValueError(f"{name}: no {', '.join(sorted(missing))}")
    if header.get("layout", LAYOUTS[0]) not in LAYOUTS:
        raise ValueError(f"{name}: layout is one of {', '.join(LAYOUTS)}")
    number, _, date = header.get("rests_on", "").partition(" ")
    return DemoArticle(
        id=header["id"],
        title=header["title"],
        area=header["area"],
        published=header["published"],
        parts=tuple(_part(block) for block in _blocks(body)),
        source=header.get("source"),
        rests_on=(number, date) if number else None,
        byline=header.get("byline"),
        attachment=header.get("attachment"),
        layout=header.get("layout", "paragraphs"),
        has_lead=header.get("lead") == "yes",
        spelling=header.get("spelling", "NFC"),
    )


def _blocks(body: str) -> list[str]:
    # List items and table rows may stand line under line; a paragraph may be wrapped.
    blocks: list[str] = []
    fresh = True
    for line in body.splitlines():
        words = " ".join(line.split())
        if not words:
            fresh = True
        elif fresh or words[:2] in ("* ", "| "):
            blocks.append(words)
            fresh = words[:2] == "| "
        else:
            blocks[-1] += " " + words
    return blocks


def _part(block: str) -> Part:
    mark = next((mark for mark in _MARKS if block.startswith(mark)), None)
    if mark is None:
        return Part("paragraph", block)
    text = block.removeprefix(mark).strip()
    if _MARKS[mark] != "table_row":
        return Part(_MARKS[mark], text)
    cells = tuple(cell.strip() for cell in block.strip("|").split("|"))
    return Part("table_row", " | ".join(cells), cells)
