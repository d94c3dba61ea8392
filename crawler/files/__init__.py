"""The text of attached files: PDF, DOCX, XLSX, the old DOC, XLS and RTF. Never raises on what a portal sends.

Runs in a reading process that is killed when a file takes too long or too much (crawler.readers).
"""

import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version

from archive.attached import FileText
from archive.vietnamese.legacy import repair
from crawler.files.recognise import carries_macros, format_of, looks_like_file
from crawler.files.text import FileFault, Found, mend_horns, plain

__all__ = ["MAX_BYTES", "MAX_TIME_S", "looks_like_file", "read_file"]

# As large as the largest download; what is larger never arrives.
MAX_BYTES = 64 * 1024 * 1024
# A reader stops by itself and keeps what it has; the process is killed soon after.
MAX_TIME_S = 7.0
# A book of 1,000 pages has some 2.5 million characters: beyond that a table of data is meant, not a text.
MAX_CHARS = 3_000_000
# Fewer words than this on a page of pictures are a stamp or a page number, not its text.
_WORDS_A_PAGE = 8

# Imported when the first file of its kind comes: a crawl without files pays nothing.
_READERS = {
    "pdf": ("crawler.files.pdf", "pypdfium2"),
    "docx": ("crawler.files.docx", "python-docx"),
    "xlsx": ("crawler.files.sheets", "openpyxl"),
    "xls": ("crawler.files.sheets", "xlrd"),
    "doc": ("crawler.files.doc", "olefile"),
    "rtf": ("crawler.files.rtf", "khocong"),
}


def read_file(body: bytes, *, time_s: float = MAX_TIME_S) -> FileText:
    """Return what the file says; the format is told by its bytes, never by its name."""
    kind = format_of(body[: MAX_BYTES + 1])
    if len(body) > MAX_BYTES:
        return FileText("too_heavy", kind, detail=f"more than {MAX_BYTES // 2**20} MB")
    if kind == "protected":
        return FileText("protected", "office", detail="encrypted Office file")
    if kind == "broken":
        return FileText("corrupt", "ole", detail="its table of contents is damaged or cut off")
    if kind not in _READERS:
        return FileText("unsupported", kind)
    module, package = _READERS[kind]
    reader = f"{package}/{version(package)}"
    try:
        read: Callable[[bytes, float], Found] = getattr(import_module(module), f"read_{kind}")
        found = read(body, time.monotonic() + time_s)
        if carries_macros(body):
            found = replace(found, notes=(*found.notes, "has macros, which were left alone"))
    except FileFault as fault:
        return FileText(fault.state, kind, detail=str(fault)[:300], reader=reader)
    except (MemoryError, RecursionError) as error:
        return FileText("too_heavy", kind, detail=f"{type(error).__name__} while reading", reader=reader)
    except Exception as error:  # the boundary of one file: readers raise whatever a broken file makes them
        return FileText("corrupt", kind, detail=f"{type(error).__name__}: {error}"[:300], reader=reader)
    return replace(_told(kind, found), reader=reader)


def _told(kind: str, found: Found) -> FileText:
    text, repaired = repair(plain(found.text)) if found.text else ("", None)
    if kind == "pdf" and repaired == "tcvn3":
        text = mend_horns(text)
    # In TCVN3 the soft hyphen is ư; what is left of them now only divides words.
    text = unicodedata.normalize("NFC", text.replace("\xad", ""))
    notes = list(found.notes)
    if len(text) > MAX_CHARS:
        text = text[:MAX_CHARS]
        notes.append(f"the first {MAX_CHARS:,} characters")
    words = len(text.split())
    if found.pictures and words < _WORDS_A_PAGE * (found.pages or 1):
        notes.insert(0, "pages are pictures")
        return FileText("scanned", kind, text, found.pages, "; ".join(notes), repaired)
    state = found.state or ("read" if words else "empty")
    return FileText(state, kind, text, found.pages, "; ".join(notes), repaired or found.repaired)
