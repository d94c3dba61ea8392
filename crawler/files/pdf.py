"""PDF: the text layer, by PDFium; pages that are pictures are told apart, not read."""

import time

import pypdfium2
from pypdfium2 import raw

from crawler.files.text import FileFault, Found

MAX_PAGES = 3000
# Beside its text each page is asked for pictures; the first pages tell what the file is.
_PAGES_LOOKED_AT = 10


def read_pdf(body: bytes, deadline: float) -> Found:
    """Return the text of every page until *deadline* (monotonic seconds)."""
    try:
        pdf = pypdfium2.PdfDocument(body)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise FileFault("protected", "a password is asked for") from error
        raise FileFault("corrupt", str(error)) from error
    try:
        return _read_pages(pdf, deadline)
    finally:
        pdf.close()


def _read_pages(pdf: pypdfium2.PdfDocument, deadline: float) -> Found:
    pages = len(pdf)
    texts: list[str] = []
    notes: list[str] = []
    pictures = False
    broken = 0
    for number in range(min(pages, MAX_PAGES)):
        if time.monotonic() > deadline:
            notes.append(f"the first {number:,} of {pages:,} pages")
            break
        try:
            page = pdf[number]
            layer = page.get_textpage()
            texts.append(layer.get_text_bounded() or "")
            if number < _PAGES_LOOKED_AT and not pictures:
                pictures = _has_picture(page)
            layer.close()
            page.close()
        except pypdfium2.PdfiumError:
            broken += 1
    if broken:
        notes.append(f"{broken:,} pages cannot be read")
        if broken == pages:
            raise FileFault("corrupt", "no page can be read")
    return Found("\n".join(texts), pages, pictures, tuple(notes))


def _has_picture(page: pypdfium2.PdfPage) -> bool:
    return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
