"""Several processes on one listening socket: Python answers one reader at a time; there are more cores."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator

_LOOK_S = 1.0


@contextlib.contextmanager
def more_of(count: int, work: Callable[[], object]) -> Iterator[None]:
    """Run *work* in *count* further processes while the block runs, and end them with it.

    They are forked, so what was imported is shared; nothing may have started a thread or opened a database
    before. A process whose parent was killed ends by itself. Where there is no fork there is one process.
    """
    children = [_forked(work) for _ in range(count)] if hasattr(os, "fork") else []
    try:
        yield
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        for child in children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)


def _forked(work: Callable[[], object]) -> int:
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
        work()
        code = 0
    except (KeyboardInterrupt, SystemExit):
        # Ctrl-C reaches every process of the terminal; the first one tells of it.
        code = 0
    finally:
        os._exit(code)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
