"""The process a task runs in: it ends with the worker that began it, however that dies."""

import os
import pickle
import struct
import sys
import threading
from typing import IO, Any

from archive.errors import ArchiveBusy, KhoCongError

LENGTH = struct.Struct(">I")
# Not `-m`: what is pickled must belong to the module, not to __main__.
PROGRAM = "import sys; from crawler.cluster.child import main; sys.exit(main())"


def send(stream: IO[bytes], kind: str, what: Any) -> None:
    """Write one message."""
    data = pickle.dumps((kind, what))
    stream.write(LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[str, Any] | None:
    """Read one message of our own process at the other end; None where there is no more."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    data = stream.read(LENGTH.unpack(head)[0])
    try:
        kind, what = pickle.loads(data)
    except (pickle.UnpicklingError, EOFError):
        return None  # it died in the middle of a word
    return kind, what


def main() -> int:
    """Run the task that comes on stdin and send what it tells and returns."""
    out = os.fdopen(os.dup(1), "wb")
    # Whatever prints must not end up among the messages.
    os.dup2(2, 1)
    said = receive(sys.stdin.buffer)
    if said is None:
        return 1
    job, shard = said[1]
    lock = threading.Lock()

    def tell(kind: str, what: Any) -> None:
        with lock:
            send(out, kind, what)

    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    try:
        tell("made", job.run(shard, lambda how_far: tell("told", dict(how_far))))
    except ArchiveBusy as error:
        tell("busy", str(error))
    except KhoCongError as error:
        tell("failed", str(error))
    except KeyboardInterrupt:
        tell("made", job.failed("interrupted"))
    return 0


def _end_with_the_worker() -> None:
    # The pipe is closed by the kernel when the worker is gone: a task that went on would ask a host that
    # another worker may be given. A kill at any moment loses nothing, so no time is taken for an end.
    os.read(0, 1)
    os._exit(1)
