"""What a file is by its bytes: servers and editors misname one in ten ("giay-moi.doc" is a PDF)."""

import io
import zipfile

import olefile

from crawler.files.text import FileFault

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_PLAIN: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "rtf"),
    (b"Rar!", "rar"),
    (b"7z\xbc\xaf", "7z"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG", "png"),
    (b"GIF8", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"ID3", "mp3"),
    (b"PK\x05\x06", "zip"),
)
# Where Word and Excel 97 keep a VBA project ([MS-OVBA] 2.2.1).
_VBA = ("Macros/VBA", "_VBA_PROJECT_CUR/VBA")
# A PDF may have junk before it: readers look for its mark in the first kilobyte (ISO 32000, annex H).
_PDF_WITHIN = 1024


def looks_like_file(body: bytes) -> bool:
    """Say whether *body* begins like a document and not like a page; costs nothing."""
    return body.startswith((_OLE, _ZIP, b"%PDF", b"{\\rtf"))


def format_of(body: bytes) -> str:
    """Return "pdf", "docx", "xlsx", "doc", "xls", "rtf", another short name, or "" for what is unknown.

    "protected" is an encrypted Office file, which hides what it is; "broken" an old one without its table.
    """
    if body.startswith(_ZIP):
        return _in_zip(body)
    if body.startswith(_OLE):
        return _in_ole(body)
    for mark, name in _PLAIN:
        if body.startswith(mark):
            return name
    return "pdf" if b"%PDF-" in body[:_PDF_WITHIN] else ""


def _in_zip(body: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        # Cut short: its end, where the list of its parts stands, is missing.
        return "docx" if b"word/" in body[:4096] else "xlsx" if b"xl/" in body[:4096] else "zip"
    for part, name in (("word/document.xml", "docx"), ("xl/workbook.xml", "xlsx"), ("ppt/", "pptx")):
        if any(one.startswith(part) for one in names):
            return name
    return "zip"


def _in_ole(body: bytes) -> str:
    try:
        with olefile.OleFileIO(io.BytesIO(body)) as ole:
            if ole.exists("EncryptedPackage"):
                return "protected"
            if ole.exists("WordDocument"):
                return "doc"
            return "xls" if ole.exists("Workbook") or ole.exists("Book") else "ole"
    except Exception:  # olefile raises whatever a broken table makes it
        return "broken"


def carries_macros(body: bytes) -> bool:
    """Say whether an Office file has a VBA project, which we never read and Office may run."""
    try:
        if body.startswith(_ZIP):
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                return any(name.endswith("/vbaProject.bin") for name in archive.namelist())
        if body.startswith(_OLE):
            with olefile.OleFileIO(io.BytesIO(body)) as ole:
                return any(ole.exists(name) for name in _VBA)
    except Exception:  # a file without a table that can be read: its reader says so
        return False
    return False


def check_zip(body: bytes, most_bytes: int, most_parts: int = 20_000) -> None:
    """Raise FileFault for an archive that would unpack to more than it may (a bomb), or is damaged.

    What an entry announces is what it gives: zipfile stops there and checks the sum.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise FileFault("corrupt", f"damaged archive: {error}") from error
    if len(parts) > most_parts:
        raise FileFault("too_heavy", f"{len(parts):,} parts")
    if any(part.flag_bits & 1 for part in parts):
        raise FileFault("protected", "encrypted archive")
    total = sum(part.file_size for part in parts)
    if total > most_bytes:
        raise FileFault("too_heavy", f"would unpack to {total / 2**20:,.0f} MB")
