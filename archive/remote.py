"""Object storage (s3://… and what else fsspec knows): files fetched from it and sent to it.

Only addresses that the user names are opened. Keys and the endpoint come from where every S3 tool looks:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL, or the user's own AWS files.
"""

import contextlib
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.errors import KhoCongError, UsageError

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_NEEDED = "%s needs fsspec, and s3fs for s3://: pip install 'khocong[s3]', then ask again"
_CHUNK = 1 << 20


@dataclass(slots=True)
class Sent:
    """What was sent: files and bytes, and files that were there already."""

    files: int = 0
    bytes: int = 0
    known: int = 0


def is_address(word: str | Path) -> bool:
    """Say whether *word* names a place in a storage and not a path of this machine.

    >>> is_address("s3://kho/warc/a.warc.gz"), is_address("./a.warc.gz"), is_address("C:/a")
    (True, False, False)
    """
    return _ADDRESS.match(str(word)) is not None


@contextlib.contextmanager
def fetched(word: str, folder: Path) -> Iterator[Path]:
    """Yield a path of this machine that holds what *word* names; a copy of an address goes with the block.

    *folder* must be on a disk with room for it. Raises UsageError for an address nobody can read,
    KhoCongError where the storage does not answer or ends too early.
    """
    if not is_address(word):
        yield Path(word)
        return
    files, path = _opened(word)
    with tempfile.TemporaryDirectory(prefix="fetched-", dir=folder) as name:
        target = Path(name) / path.rstrip("/").rpartition("/")[2]
        with _said(word):
            size = files.size(path)
            with files.open(path, "rb") as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, _CHUNK)
        if size is not None and target.stat().st_size != size:
            raise KhoCongError(f"{word}: {target.stat().st_size} of {size} bytes came; ask again")
        yield target


def names_below(address: str) -> list[str]:
    """Return the addresses of all files that *address* stands for: itself, or those below it, in order."""
    files, path = _opened(address)
    with _said(address):
        if files.isfile(path):
            return [address]
        found = sorted(files.find(path))
    if not found:
        raise UsageError(f"{address} holds nothing")
    return [files.unstrip_protocol(name) for name in found]


def send(folder: Path, address: str, wanted: Callable[[Path], bool] = lambda _path: True) -> Sent:
    """Send every file of *folder* to *address*, below it; one that is there in full size is not sent again.

    What is sent appears whole or not at all, as object storage has it, and is then asked for its size.
    """
    files, base = _opened(address)
    sent = Sent()
    for path in sorted(one for one in folder.rglob("*") if one.is_file() and wanted(one)):
        target = f"{base.rstrip('/')}/{path.relative_to(folder).as_posix()}"
        with _said(address):
            size = path.stat().st_size
            if files.exists(target) and files.size(target) == size and not _may_change(path):
                sent.known += 1
                continue
            _put(files, path, target, size)
            if files.info(target)["size"] < size:
                raise KhoCongError(f"{address}: {target} arrived cut short; send it again")
        sent.files += 1
        sent.bytes += size
    return sent


def is_empty(address: str) -> bool:
    """Say whether nothing is at *address* yet."""
    files, path = _opened(address)
    with _said(address):
        files.invalidate_cache()
        return not files.exists(path) or not files.find(path)


def _put(files: Any, path: Path, target: str, size: int) -> None:
    # A file that a crawl writes grows meanwhile: what was measured is what is sent.
    with contextlib.suppress(NotImplementedError):
        files.makedirs(target.rpartition("/")[0], exist_ok=True)
    with path.open("rb") as source, files.open(target, "wb") as copy:
        left = size
        while left and (data := source.read(min(_CHUNK, left))):
            copy.write(data)
            left -= len(data)


def _may_change(path: Path) -> bool:
    """WARC files only grow; of all others the size says nothing."""
    return ".warc" not in path.name


def _opened(address: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(_NEEDED % address) from error
    try:
        files, path = fsspec.core.url_to_fs(address)
    except ImportError as error:
        raise UsageError(_NEEDED % address) from error
    except ValueError as error:
        raise UsageError(f"{address!r} is no address of a storage that is known: {error}") from error
    return files, path


@contextlib.contextmanager
def _said(address: str) -> Iterator[None]:
    """Turn what a storage's client raises into one line: its exceptions share no root of their own."""
    try:
        yield
    except (KhoCongError, KeyboardInterrupt):
        raise
    except FileNotFoundError as error:
        raise KhoCongError(f"{address} is not there: look at the name, or make the bucket first") from error
    except PermissionError as error:
        raise KhoCongError(f"{address}: the storage refuses: {error}; look at the keys") from error
    except OSError as error:
        raise KhoCongError(f"{address}: {error}") from error
    except Exception as error:
        # botocore's own errors come from Exception: no keys, no such endpoint, a signature that is wrong.
        raise KhoCongError(f"{address}: {type(error).__name__}: {error}") from error
