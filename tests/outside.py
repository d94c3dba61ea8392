"""Programs and files of others that the project may not contain: fetched once, with pinned hashes.

They stand in `.venv-pywb` beside the checkout, in an environment of their own. Where no package index can be
reached the tests that need them are skipped, with what pip said.
"""

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
HOME = TESTS.parent / ".venv-pywb"
# What builds the others: pip's own way of building fetches it without a hash.
_BUILDERS = re.compile(r"(setuptools|wheel|packaging|cffi|pycparser)==")


def pywb_programs() -> Path:
    """Return the folder of pywb's programs: the one KHOCONG_PYWB names, or one that is made now."""
    if named := os.environ.get("KHOCONG_PYWB"):
        return Path(named)
    with _alone():
        stamp, wanted = HOME / "stamp", _digest("pywb.lock")
        if not stamp.exists() or stamp.read_text() != wanted:
            # Of the interpreter itself: a venv made from within a venv may have no pip.
            base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
            _run(base if base.exists() else sys.executable, "-m", "venv", "--clear", HOME)
            lines = (TESTS / "pywb.lock").read_text()
            first = HOME / "first.txt"
            first.write_text(
                "\n".join(part for part in re.split(r"\n(?=[a-z])", lines) if _BUILDERS.match(part))
            )
            for file in (first, TESTS / "pywb.lock"):
                _pip("install", "--no-build-isolation", "--require-hashes", "-r", file)
            stamp.write_text(wanted)
    return HOME / "bin"


def sample_files() -> list[Path]:
    """Return the sample captures of warcio and pywb, from the archives both publish on the package index."""
    pywb_programs()
    folder = HOME / "samples"
    with _alone():
        stamp, wanted = folder / "stamp", _digest("samples.lock")
        if not stamp.exists() or stamp.read_text() != wanted:
            _pip(
                "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes",
                "-r", TESTS / "samples.lock", "-d", folder,
            )  # fmt: skip
            for packed in sorted(folder.glob("*.tar.gz")):
                with tarfile.open(packed) as archive:
                    archive.extractall(folder, filter="data")
            stamp.write_text(wanted)
    found = [*folder.glob("warcio-*/test/data/*"), *folder.glob("pywb-*/sample_archive/warcs/*")]
    return sorted(path for path in found if re.search(r"\.(w?arc)(\.gz)?(\.bad)?$", path.name))


def _pip(*words: object) -> None:
    _run(HOME / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", *words)


def _run(*words: object) -> None:
    try:
        done = subprocess.run(
            [str(word) for word in words], capture_output=True, text=True, timeout=240, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"no environment for pywb: {error}")
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line and "WARNING" not in line]
        pytest.skip(f"no environment for pywb: {' | '.join(said[-3:])[:400]}")


def _digest(name: str) -> str:
    return hashlib.sha256((TESTS / name).read_bytes() + sys.version.encode()).hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """Two test processes make it once."""
    with HOME.with_name(HOME.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
