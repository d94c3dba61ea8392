"""What an attached file says: the record that crosses from its reader to the archive."""

from dataclasses import dataclass
from typing import Literal

# "scanned" is a PDF of pictures without text, "unsupported" a format that is not read here (a picture, an
# archive of files), "too_heavy" a file over the size, the time or the memory that one may cost.
FileState = Literal["read", "empty", "scanned", "protected", "corrupt", "too_heavy", "unsupported"]


@dataclass(frozen=True, slots=True)
class FileText:
    """The text of one file, as read from its bytes.

    `format` is what the bytes are ("pdf", "docx", …), whatever the link or the server called them. `text` is
    NFC, one line a paragraph or table row. `repaired` names the encoding of an old font that was put right.
    `detail` says why there is no text, or what of it was left out. `pages` counts pages or sheets.
    """

    state: FileState
    format: str = ""
    text: str = ""
    pages: int | None = None
    detail: str = ""
    repaired: str | None = None
    reader: str = ""
