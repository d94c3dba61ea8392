"""BagIt (RFC 8493): the whole archive as an OAIS archival package, with a manifest of every byte."""

import hashlib
import json
import os
import platform
import shutil
import sqlite3
from collections.abc import Callable
from importlib.metadata import distributions
from pathlib import Path

from archive.backup import back_up
from archive.database import WARC_FOLDER, open_archive
from archive.errors import UsageError
from archive.export.selection import Selection
from archive.export.subset import write_subset
from archive.export.wacz import WARC_NAME, moved_records
from archive.software import SOFTWARE

_CHUNK = 1 << 20
_ABOUT = """This is an archive made by Kho Cong: what e-portals of local government in Viet Nam published.

warc/        every exchange with a portal as received (WARC 1.1, ISO 28500); nothing else is needed to
             rebuild the rest
archive.db   articles, revisions, citations, captures and the ledger (SQLite 3); schema.sql describes it
registry/    what was known of each portal: one YAML file a portal
software.json  the program that made it, and every library with its version

To read it:      sqlite3 archive.db 'SELECT url, title FROM articles_flat'
To rebuild it:   pip install khocong; khocong rebuild --archive FOLDER
"""


def write_bag(
    selection: Selection,
    folder: Path,
    registry: Path | None = None,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> int:
    """Write the bag into *folder* (new or empty); return how many files its payload has.

    *registry* is the folder of portal files that goes along. Of a selection the package has its articles and
    their captures' records alone, as an archive that stands by itself. Raises UsageError for a folder in use.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; name a new folder")
    data = folder / "data"
    if selection.query:
        _write_part(selection, data)
    else:
        back_up(selection.folder, data, progress)
    if registry is not None:
        shutil.copytree(registry, data / "registry", ignore=shutil.ignore_patterns("__pycache__"))
    (data / "README.txt").write_text(_ABOUT, encoding="utf-8")
    (data / "schema.sql").write_text(_schema(selection.connection), encoding="utf-8")
    (data / "software.json").write_text(_software(), encoding="utf-8")
    files = sorted(path for path in data.rglob("*") if path.is_file())
    lines = {"sha256": "", "sha512": ""}
    octets = 0
    for number, path in enumerate(files):
        progress("files digested", number, len(files))
        octets += path.stat().st_size
        for name, digest in _digests(path).items():
            lines[name] += f"{digest}  {_escaped(path.relative_to(folder))}\n"
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "bag-info.txt").write_text(
        f"Bag-Software-Agent: {SOFTWARE}\nBagging-Date: {selection.latest()[:10] or '1970-01-01'}\n"
        f"Payload-Oxum: {octets}.{len(files)}\nExternal-Description: Kho Cong archive, {len(selection.ids)}"
        " articles\nInternal-Sender-Description: OAIS archival information package: WARC, database, registry,"
        " software versions\n",
        encoding="utf-8",
    )
    for name, text in lines.items():
        (folder / f"manifest-{name}.txt").write_text(text, encoding="utf-8")
    _write_tag_manifests(folder)
    return len(files)


def _write_part(selection: Selection, data: Path) -> None:
    """Write an archive of the selection: a WARC file of its captures' records first, then its rows (I1)."""
    captures = list(selection.captures())
    # The empty archive first: captures without a database are refused as one that was lost.
    open_archive(data, write=True).close()
    with (data / WARC_FOLDER / WARC_NAME).open("wb") as out:
        out.writelines(moved_records(selection, captures))
    write_subset(selection, data)
    with open_archive(data, write=True) as db, db.transaction() as connection:
        connection.executemany(
            "UPDATE captures SET warc_file = ?, warc_offset = ? WHERE capture_id = ?",
            ((row["warc_file"], row["warc_offset"], row["capture_id"]) for row in captures),
        )
    (data / "lock").unlink(missing_ok=True)


def _write_tag_manifests(folder: Path) -> None:
    tags = sorted(path for path in folder.iterdir() if path.is_file())
    found = {path.name: _digests(path) for path in tags}
    for algorithm in ("sha256", "sha512"):
        text = "".join(f"{digests[algorithm]}  {name}\n" for name, digests in found.items())
        (folder / f"tagmanifest-{algorithm}.txt").write_text(text, encoding="utf-8")


def _digests(path: Path) -> dict[str, str]:
    found = {"sha256": hashlib.sha256(), "sha512": hashlib.sha512()}
    with path.open("rb") as stream:
        while data := stream.read(_CHUNK):
            for digest in found.values():
                digest.update(data)
    return {name: digest.hexdigest() for name, digest in found.items()}


def _escaped(path: Path) -> str:
    return path.as_posix().replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")


def _schema(connection: sqlite3.Connection) -> str:
    rows = connection.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name"
    )
    return "".join(f"{sql};\n\n" for (sql,) in rows)


def _software() -> str:
    versions = {item.metadata["Name"]: item.version for item in distributions()}
    described = {
        "made_by": SOFTWARE,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "system": f"{os.uname().sysname} {os.uname().machine}",
        "libraries": dict(sorted(versions.items())),
    }
    return json.dumps(described, indent=2) + "\n"
