"""A consistent copy of an archive in object storage: WARC files first, then the database that names them."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from archive import premis
from archive.backup import Copied
from archive.database import DATABASE_NAME, WARC_FOLDER, open_archive
from archive.errors import ArchiveDamaged
from archive.remote import send
from archive.software import SOFTWARE
from archive.warc.reader import leads_out

# What is sent beside the database and the WARC files: a rebuild and a check of fixity need them.
_FOLDERS = ("portals", "fixity")


def back_up_there(archive: Path, address: str) -> Copied:
    """Copy the archive to *address*; into an earlier copy, only WARC files that are new or grew are sent.

    The database is copied beside the archive first, then the WARC files are sent, and last the copy: whatever
    breaks off, the database that stands there names only bytes that are there (I1). Raises what opening
    the archive and `send` raise, ArchiveDamaged where the copy of the database is not whole.
    """
    for path in filter(leads_out, (archive / WARC_FOLDER).rglob("*")):
        raise ArchiveDamaged(
            f"{path} is a symbolic link that leads out of its folder; put the file itself there"
        )
    with tempfile.TemporaryDirectory(prefix="khocong-backup-") as name:
        copy = Path(name) / DATABASE_NAME
        with open_archive(archive, write=False) as db, closing(sqlite3.connect(copy)) as target:
            db.conn.backup(target)
            (found,) = target.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise ArchiveDamaged(
                f"the copy of {archive / DATABASE_NAME} is damaged: {found}; run khocong verify"
            )
        base = address.rstrip("/")
        warc = send(archive / WARC_FOLDER, f"{base}/{WARC_FOLDER}")
        for folder in _FOLDERS:
            send(archive / folder, f"{base}/{folder}")
        size = send(Path(name), base).bytes
    detail = f"{size} bytes of database and {warc.bytes} of WARC files to {address}"
    premis.tell(archive, "replication", "success", detail, SOFTWARE)
    return Copied(size, warc.bytes, warc.files, warc.known)
