"""Runs `khocong` commands in processes of their own whose imports are done: a fork in place of a start.

A kill that hits Python while it imports tells nothing of ours, and importing takes longer than most commands.
`python -m tests.faults.warm` reads one JSON line a command and answers with its process id, then its code.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import TracebackType

from tests.faults.disk import library
from tests.portal.crawling import ROOT

_IMPORTED = (
    "archive.merge", "archive.verify", "crawler.ingest.intake", "crawler.page", "crawler.rebuild",
    "crawler.reextract",
)  # fmt: skip


@dataclass(frozen=True)
class Done:
    """How a command ended: as `subprocess` says it, -9 when killed; None when it took too long."""

    code: int | None
    said: str


class Warm:
    """A process that has everything imported, and forks for each command."""

    def __init__(self, log: Path) -> None:
        self._log = log
        shim = library()
        env = {**os.environ, **({"LD_PRELOAD": str(shim)} if shim else {})}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.warm"], cwd=ROOT, env=env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> "Warm":
        return self

    def __exit__(
        self, _kind: type | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def run(
        self, words: list[str], env: dict[str, str], timeout_s: float, kill_after_s: float | None = None
    ) -> Done:
        """Run `khocong` with *words*; kill it after *kill_after_s*, and as hanging after *timeout_s*."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"words": words, "env": env, "log": str(self._log)}
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        pid = int(self._process.stdout.readline())
        wait = timeout_s if kill_after_s is None else kill_after_s
        hung = False
        if not select.select([self._process.stdout], [], [], wait)[0]:
            hung = kill_after_s is None
            os.kill(pid, signal.SIGKILL)
        code = int(self._process.stdout.readline())
        return Done(None if hung else code, self._log.read_text("utf-8", "replace")[-3000:])


def _child(asked: dict[str, object]) -> None:
    env = asked["env"]
    assert isinstance(env, dict)
    handle = os.open(str(asked["log"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for name in [name for name in os.environ if name.startswith("KHOCONG_DISK")]:
        del os.environ[name]
    os.environ.update(env)
    if "LD_PRELOAD" in os.environ:
        ctypes.CDLL(None).khocong_disk_begin()
    from crawler.cli import main as khocong

    words = asked["words"]
    assert isinstance(words, list)
    code = khocong(words)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Serve until stdin ends."""
    for module in _IMPORTED:
        import_module(module)
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            try:
                _child(asked)
            finally:
                os._exit(70)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
