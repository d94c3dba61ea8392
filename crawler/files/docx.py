"""DOCX: paragraphs and tables in reading order, old fonts put right run by run."""

import io
import time
from collections.abc import Iterator

from docx.document import Document
from docx.opc.part import PartFactory
from docx.oxml.ns import qn
from docx.package import Package
from docx.parts.document import DocumentPart
from docx.table import Table
from docx.text.paragraph import Paragraph

from crawler.files.recognise import check_zip
from crawler.files.text import FileFault, Found, from_font

# Reports with pictures unpack to 100 MB; their XML stays below 20.
_MOST_BYTES = 512 * 2**20
_CELL_BORDER = " | "
# Documents that differ in nothing but what Word may do with them: python-docx 1.2 refuses them by name.
_KINDS = (
    "application/vnd.ms-word.document.macroEnabled.main+xml",
    "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
)
PartFactory.part_type_for.update(dict.fromkeys(_KINDS, DocumentPart))


def read_docx(body: bytes, deadline: float) -> Found:
    """Return the body of the document, until *deadline*. Headers and footers repeat and are left out."""
    check_zip(body, _MOST_BYTES)
    part = Package.open(io.BytesIO(body)).main_document_part
    if not isinstance(part, DocumentPart):
        raise FileFault("corrupt", f"its main part is {part.content_type}")
    document = part.document
    base = _base_font(document)
    lines: list[str] = []
    notes: list[str] = []
    encodings: set[str] = set()
    for line in _lines(document, base, encodings):
        lines.append(line)
        if len(lines) % 100 == 0 and time.monotonic() > deadline:
            notes.append(f"the first {len(lines):,} lines")
            break
    return Found("\n".join(lines), None, notes=tuple(notes), repaired=min(encodings, default=None))


def _base_font(document: Document) -> str | None:
    try:
        font: str | None = document.styles["Normal"].font.name
    except KeyError:
        return None
    return font


def _lines(document: Document, base: str | None, encodings: set[str]) -> Iterator[str]:
    for item in document.iter_inner_content():
        if isinstance(item, Table):
            yield from _rows(item, base, encodings)
        else:
            yield _text(item, base, encodings)


def _rows(table: Table, base: str | None, encodings: set[str]) -> Iterator[str]:
    for row in table._tbl.tr_lst:
        cells = []
        for cell in row.tc_lst:
            paragraphs = (
                Paragraph(node, table)  # type: ignore[arg-type]  # the node is all that is read
                for node in cell.iter(qn("w:p"))
            )
            cells.append(" ".join(filter(None, (_text(one, base, encodings) for one in paragraphs))))
        yield _CELL_BORDER.join(cells)


def _text(paragraph: Paragraph, base: str | None, encodings: set[str]) -> str:
    """Return a paragraph's text, each run by its own font, else its style's."""
    own = _font_of(paragraph) or base
    parts = []
    for run in paragraph._p.iter(qn("w:r")):
        text, encoding = from_font(_run_text(run), _run_font(run) or own)
        if encoding:
            encodings.add(encoding)
        parts.append(text)
    return "".join(parts)


def _run_text(run: object) -> str:
    pieces = []
    for node in run:  # type: ignore[attr-defined]  # an lxml element
        if node.tag == qn("w:t"):
            pieces.append(node.text or "")
        elif node.tag in (qn("w:tab"), qn("w:br"), qn("w:cr")):
            pieces.append(" " if node.tag == qn("w:tab") else "\n")
    return "".join(pieces)


def _run_font(run: object) -> str | None:
    found = run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")  # type: ignore[attr-defined]  # an lxml element
    return None if found is None else found.get(qn("w:ascii")) or found.get(qn("w:hAnsi"))


def _font_of(paragraph: Paragraph) -> str | None:
    style = paragraph.style
    for _ in range(10):
        if style is None:
            return None
        if style.font.name:
            return style.font.name  # type: ignore[no-any-return]  # python-docx says Any
        style = style.base_style
    return None
