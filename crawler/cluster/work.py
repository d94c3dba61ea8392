"""A task on a worker: hosts held, a shard taken, a process of its own, watched to its end."""

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Protocol

from archive.errors import KhoCongError
from crawler.cluster.child import PROGRAM, receive, send
from crawler.cluster.jobs import Busy, Job, Result
from crawler.cluster.shards import machine, taken

# Ctrl-C gives a crawl 3 s for answers on their way, then it writes its summary.
_GRACE_S = 15.0
_LOOK_S = 0.2
_TAIL = 2000


class Control(Protocol):
    """What ties a task to who gave it."""

    def hold(self, hosts: tuple[str, ...]) -> contextlib.AbstractContextManager[None]:
        """Hold hosts against other workers; raises Busy."""
        ...

    def told_to_stop(self) -> bool:
        """Whether the task is to come to an end."""
        ...

    def cut_off(self) -> bool:
        """Whether what is held may be given to another: nothing may be asked of a host any more."""
        ...

    def tell(self, how_far: Mapping[str, Any]) -> None:
        """Pass on how far the task is."""
        ...


def perform(job: Job, folder: Path, control: Control) -> Result:
    """Do a task in a shard of *folder*; Busy comes back as a result. Raises KhoCongError where it failed."""
    try:
        with control.hold(job.hosts), taken(folder, job.home) as shard:
            made = _in_a_process(job, shard, control)
            return Result(made, str(shard), machine())
    except Busy as error:
        return Result(busy=str(error))


def _in_a_process(job: Job, shard: Path, control: Control) -> dict[str, Any]:
    with tempfile.TemporaryFile() as errors:
        # A session of its own: Ctrl-C at a terminal is told to it by us. Where nothing is imported from:
        # the path of this process, as for readers.
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip
        try:
            return _watch(process, job, shard, control, errors)
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()


def _watch(
    process: "subprocess.Popen[bytes]", job: Job, shard: Path, control: Control, errors: IO[bytes]
) -> dict[str, Any]:
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise KhoCongError("the task's process has no pipes")
    said: queue.Queue[tuple[str, Any] | None] = queue.Queue()
    threading.Thread(target=_listen, args=(stdout, said), daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        send(stdin, "job", (job, shard))
    give_up = float("inf")
    while True:
        if control.cut_off():
            raise KhoCongError("the scheduler has not been heard of for half a lease: the task was ended")
        if give_up == float("inf") and control.told_to_stop():
            process.send_signal(signal.SIGINT)
            give_up = time.monotonic() + _GRACE_S
        if time.monotonic() > give_up:
            return job.failed("interrupted")
        with contextlib.suppress(queue.Empty):
            found = said.get(timeout=_LOOK_S)
            if found is None:
                raise KhoCongError(f"the task's process died: {_last_words(errors)}")
            kind, what = found
            if kind == "made":
                return dict(what)
            if kind == "busy":
                raise Busy(what)
            if kind == "failed":
                raise KhoCongError(what)
            control.tell(what)


def _listen(stdout: IO[bytes], said: "queue.Queue[tuple[str, Any] | None]") -> None:
    with contextlib.suppress(OSError, ValueError):  # closed under us at the end
        while (found := receive(stdout)) is not None:
            said.put(found)
    said.put(None)


def _last_words(errors: IO[bytes]) -> str:
    size = errors.seek(0, os.SEEK_END)
    errors.seek(max(0, size - _TAIL))
    return errors.read().decode("utf-8", "replace").strip() or "it said nothing"
