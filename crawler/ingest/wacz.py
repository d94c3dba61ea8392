"""WACZ: a ZIP with WARC files under `archive/`. Only those are read, and by their own contents.

Names in the ZIP are never used as paths, and a member may not unfold to much more than it says.
"""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from archive.errors import WarcDamaged
from archive.warc.arc import Damage, Foreign
from archive.warc.foreign import records

# A WARC is packed already, so that its ZIP member unfolds to about its own size.
_MAX_GROWTH = 50
_FLOOR_BYTES = 100 << 20
_FAULTS = (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, zlib.error)


def is_wacz(path: Path) -> bool:
    """Say whether a ZIP file has WARC files under `archive/`, as WACZ demands."""
    try:
        with zipfile.ZipFile(path) as package:
            return any(_is_warc(name) for name in package.namelist())
    except _FAULTS:
        return False


def read(path: Path, folder: Path) -> Iterator[tuple[str, Foreign | Damage]]:
    """Yield (origin, record or damage) of every WARC file in a WACZ; *folder* holds one of them at a time."""
    try:
        package = zipfile.ZipFile(path)
    except _FAULTS as error:
        raise WarcDamaged(f"{path} is no readable WACZ: {error}") from error
    with package:
        for member in package.infolist():
            if not _is_warc(member.filename):
                continue
            name = f"{path.name}/{member.filename.rsplit('/', 1)[-1]}"
            if member.file_size > max(_FLOOR_BYTES, _MAX_GROWTH * member.compress_size):
                yield f"wacz:{name}:0", Damage(0, 0, f"{name} unfolds to {member.file_size} bytes: a bomb")
                continue
            with tempfile.NamedTemporaryFile(dir=folder, suffix=".warc") as copy:
                try:
                    with package.open(member) as stream:
                        shutil.copyfileobj(stream, copy, 1 << 20)
                    copy.flush()
                    for found in records(Path(copy.name)):
                        yield f"wacz:{name}:{found.offset}", found
                except (*_FAULTS, WarcDamaged) as error:
                    yield f"wacz:{name}:0", Damage(0, 0, f"{name}: {str(error)[:300]}")


def _is_warc(name: str) -> bool:
    return name.startswith("archive/") and name.lower().endswith((".warc", ".warc.gz", ".warc.zst"))
