"""Where tasks run: `on_dask` on a cluster's workers, `Local` on processes of this machine: the same tasks."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from archive.errors import UsageError
from crawler.cluster.jobs import Job, Result
from crawler.cluster.work import perform

HowFar = Callable[[Mapping[str, Any]], None]
_LOCAL = "local:"


class Engine(Protocol):
    """Takes tasks and gives futures; `slots` is how many may run now, and changes as workers come and go."""

    @property
    def slots(self) -> int: ...

    def submit(self, job: Job) -> "Future[Result]":
        """Begin a task; the future raises what `perform` raises, and what befell its worker."""
        ...

    def call(self, function: Callable[..., Any], *given: Any) -> "Future[Any]":
        """Call a function that only reads, where a task would run."""
        ...

    def stop(self) -> None:
        """Tell every task that runs to come to its end."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


def engine_of(address: str, folder: Path, how_far: HowFar) -> Engine:
    """Return the engine of an address: tcp://HOST:PORT of a Dask scheduler, or local:N processes.

    Raises UsageError for another word, and KhoCongError where the scheduler cannot be reached, its workers
    have another version, or `distributed` is not installed.
    """
    if address.startswith(_LOCAL):
        count = address.removeprefix(_LOCAL)
        if not count.isdigit() or not 1 <= int(count) <= 256:
            raise UsageError(f"--cluster local:N takes a number of processes, not {count!r}")
        return Local(int(count), folder, how_far)
    if not address.startswith(("tcp://", "tls://")):
        raise UsageError(f"--cluster takes tcp://HOST:8786 or local:N, not {address!r}")
    from crawler.cluster.on_dask import Dask

    return Dask(address, folder, how_far)


class Local:
    """So many processes on this machine, each with a shard. The dispatcher alone keeps hosts apart here."""

    def __init__(self, slots: int, folder: Path, how_far: HowFar) -> None:
        self.slots = slots
        self._folder = folder
        self._control = _Here(how_far)
        self._threads = ThreadPoolExecutor(slots, "task")

    def submit(self, job: Job) -> "Future[Result]":
        """Begin a task in a thread that watches its process."""
        return self._threads.submit(perform, job, self._folder, self._control)

    def call(self, function: Callable[..., Any], *given: Any) -> "Future[Any]":
        """Call it in a thread; what takes time in it is in processes of its own."""
        return self._threads.submit(function, *given)

    def stop(self) -> None:
        """Tell every task to end."""
        self._control.stopping.set()

    def close(self) -> None:
        """Wait for the tasks that run; they have been told, or are done."""
        self._control.stopping.set()
        self._threads.shutdown(cancel_futures=True)


class _Here:
    def __init__(self, how_far: HowFar) -> None:
        self.stopping = threading.Event()
        self._how_far = how_far

    @contextlib.contextmanager
    def hold(self, _hosts: tuple[str, ...]) -> Iterator[None]:
        yield

    def told_to_stop(self) -> bool:
        return self.stopping.is_set()

    def cut_off(self) -> bool:
        return False

    def tell(self, how_far: Mapping[str, Any]) -> None:
        self._how_far(how_far)
