"""The archive: keeps what portals published and finds it again.

from archive import Archive

with Archive("archive") as archive:
    archive.search("chi thi 33 dan van")
    archive.article("https://example.gov.vn/tin-tuc/…")
    archive.revisions("https://example.gov.vn/tin-tuc/…")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.errors import KhoCongError
    from archive.reading import Archive, ArchivedArticle
    from archive.revisions import Revision
    from archive.store import Store

__all__ = ["Archive", "ArchivedArticle", "KhoCongError", "Revision", "Store"]

# Imported when asked for: extraction workers import `archive.records` and need no database.
_HOMES = {
    "Archive": "archive.reading",
    "ArchivedArticle": "archive.reading",
    "KhoCongError": "archive.errors",
    "Revision": "archive.revisions",
    "Store": "archive.store",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'archive' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
