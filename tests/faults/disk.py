"""A disk that fails on demand, beneath one folder of one command: `disk.c`, compiled when first asked for."""

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).with_name("disk.c")
FAULTS = ("kill", "lose", "full", "full1", "io", "io1", "read1", "readonly")


@cache
def library() -> Path | None:
    """Return the compiled disk; None where there is no C compiler, or no LD_PRELOAD."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not sys.platform.startswith("linux"):
        return None
    target = Path(tempfile.mkdtemp(prefix="khocong-disk-")) / "disk.so"
    made = subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", str(target), str(_SOURCE), "-ldl", "-lpthread"],
        capture_output=True, check=False,
    )  # fmt: skip
    return target if made.returncode == 0 else None


WHY_NOT = "no C compiler here: the disk that fails is a small library, tests/faults/disk.c"


@dataclass(frozen=True)
class Disk:
    """What the disk beneath *folder* does to a command; `counter` is a file beside it."""

    folder: Path
    counter: Path
    fault: str = ""
    at: int = 0
    seed: int = 0

    def environment(self) -> dict[str, str]:
        """Return what a command is to be started with; the count begins anew."""
        shim = library()
        assert shim is not None, WHY_NOT
        self.counter.unlink(missing_ok=True)
        return {
            "LD_PRELOAD": str(shim),
            "KHOCONG_DISK_FOLDER": str(self.folder.resolve()),
            "KHOCONG_DISK_COUNT": str(self.counter.resolve()),
            "KHOCONG_DISK_FAULT": self.fault,
            "KHOCONG_DISK_AT": str(self.at),
            "KHOCONG_DISK_SEED": str(self.seed),
        }

    def count(self) -> int:
        """Return how many operations there have been."""
        try:
            return int.from_bytes(self.counter.read_bytes()[:8], "little")
        except OSError:
            return 0
