"""What the folder of an archive is called and may hold, and which folders are none."""

from pathlib import Path

from archive.errors import ArchiveDamaged, ArchiveMissing

DATABASE_NAME = "archive.db"
WARC_FOLDER = "warc"
BACKUP_FOLDER = "backups"

# What an archive folder may hold before it has a database: a rebuild begins so, and `errors.log` is where
# commands write tracebacks. Anything else means that the folder is somebody's, and not an archive.
_OWN_NAMES = {
    WARC_FOLDER, BACKUP_FOLDER, "lock", "config", "errors.log", "lost+found", "portals",
    "logs", "rebuild", "fixity",
    "damaged", "events.jsonl", "events.jsonl.taken", "reextract.json", "alerts.yml",
    # A schedule may stand before the first crawl.
    "schedule.yml", "schedule.db", "schedule.db-journal", "schedule.lock", "turns.lock",
}  # fmt: skip


def check_folder(path: Path, *, write: bool) -> None:
    """Raise ArchiveMissing or ArchiveDamaged where no archive can be opened or, by a writer, begun."""
    try:
        if not path.exists():
            if not write:
                raise ArchiveMissing(
                    f"no archive in {path} yet; `khocong crawl` makes one, --archive names another"
                )
            return
        if not path.is_dir():
            raise ArchiveDamaged(f"{path} is a file, not an archive folder; name another with --archive")
        names = {entry.name for entry in path.iterdir()}
    except OSError as error:
        raise ArchiveDamaged(
            f"{path} cannot be read: {error.strerror}; name another archive with --archive"
        ) from error
    if DATABASE_NAME in names:
        return
    strangers = sorted(name for name in names - _OWN_NAMES if not name.startswith((".", DATABASE_NAME)))
    if strangers:
        shown = ", ".join(strangers[:3])
        raise ArchiveDamaged(
            f"{path} is not an archive: it holds {shown}; name another folder with --archive"
        )
    # An empty database beside old captures would pass for the whole. A rebuild works in a folder whose warc/
    # is a link to the archive's.
    warc = path / WARC_FOLDER
    if not warc.is_symlink() and any(warc.glob("*.warc*")):
        raise ArchiveDamaged(
            f"{path} holds captures but no {DATABASE_NAME}; `khocong rebuild` makes it anew from them, "
            f"{BACKUP_FOLDER}/ may hold a copy"
        )
    if not write:
        raise ArchiveMissing(f"no archive in {path} yet; `khocong crawl` makes one, --archive names another")
