"""Tasks on the workers of a Dask cluster; hosts are held by leases that the scheduler keeps."""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from archive.errors import KhoCongError, UsageError
from crawler.cluster.jobs import Busy, Job, Result
from crawler.cluster.work import perform
from crawler.reextract import rules_digest

_MISSING = "a cluster needs Dask: pip install 'khocong[cluster]' here, on the scheduler and on the workers"
_CONNECT_S = 10
_POLL_S = 1.0
_ACQUIRE_S = 1.0
HowFar = Callable[[Mapping[str, Any]], None]


class Dask:
    """The workers of one scheduler. Raises KhoCongError for one that cannot be used, saying what to do."""

    def __init__(self, address: str, folder: Path, how_far: HowFar) -> None:
        try:
            from distributed import Client, Event
        except ImportError as error:
            raise UsageError(_MISSING) from error
        self._folder = folder
        self._run = f"khocong-{uuid.uuid4().hex[:12]}"
        try:
            self._client = Client(address, timeout=_CONNECT_S, set_as_default=False, name=self._run)
        except (OSError, TimeoutError) as error:
            raise KhoCongError(
                f"no Dask scheduler answers at {address}: start one with `dask scheduler`, or look at the"
                f" address and the firewall ({error})"
            ) from error
        try:
            self._check()
            self._stop = Event(f"{self._run}-stop", client=self._client)
            self._client.subscribe_topic(self._run, lambda event: how_far(event[1]))
        except BaseException:
            self._client.close(timeout=5)
            raise

    @property
    def slots(self) -> int:
        """How many threads the workers have now."""
        return sum(one["nthreads"] for one in self._workers().values())

    def submit(self, job: Job) -> "Future[Result]":
        """Give a task to whichever worker is free; Dask gives it to another one when that dies."""
        return self.call(on_worker, job, self._folder, self._run)

    def call(self, function: Callable[..., Any], *given: Any) -> "Future[Any]":
        """Call a function on a worker, on another one where that dies (Dask's `allowed-failures`: 3)."""
        ours: Future[Any] = Future()
        key = f"{self._run}-{uuid.uuid4().hex[:8]}"
        theirs = self._client.submit(function, *given, key=key, pure=False)
        theirs.add_done_callback(lambda done: _pass_on(done, ours))
        return ours

    def stop(self) -> None:
        """Set the flag that every task looks at each second."""
        self._stop.set()

    def close(self) -> None:
        """Leave the cluster as it was."""
        with contextlib.suppress(OSError, TimeoutError):
            self._client.unsubscribe_topic(self._run)
        self._client.close(timeout=5)

    def _workers(self) -> dict[str, Any]:
        return dict(self._client.scheduler_info(n_workers=-1)["workers"])

    def _check(self) -> None:
        """Raise KhoCongError where a worker has not our Dask, not us, or other rules."""
        try:
            self._client.get_versions(check=True, packages=["distributed"])
        except ValueError as error:
            raise KhoCongError(f"the cluster has other versions than this machine: {error}") from error
        if not self._workers():
            return
        asked = self._client.run(version, "khocong", on_error="return")
        for worker, found in asked.items():
            if isinstance(found, PackageNotFoundError):
                raise KhoCongError(
                    f"the worker at {worker} has no khocong: pip install 'khocong[cluster]' there"
                )
            if isinstance(found, BaseException):
                raise KhoCongError(f"the worker at {worker} cannot be asked for its version: {found}")
            if found != version("khocong"):
                raise KhoCongError(
                    f"the worker at {worker} has khocong {found}, here is {version('khocong')}: install one"
                    " version everywhere"
                )
        ours = rules_digest()
        for worker, found in self._client.run(rules_digest, on_error="return").items():
            if found != ours:
                raise KhoCongError(
                    f"the worker at {worker} reads by other code or rules ({found}, here {ours}): install the"
                    " same everywhere, or one portal would be read in two ways"
                )


def _pass_on(theirs: Any, ours: "Future[Result]") -> None:
    try:
        ours.set_result(theirs.result())
    except BaseException as error:  # whatever a task or its worker died of is the dispatcher's to judge
        ours.set_exception(error if isinstance(error, Exception) else KhoCongError(repr(error)))


def on_worker(job: Job, folder: Path, run: str) -> Result:
    """Do a task on the worker that this is called on."""
    control = OnWorker(run)
    try:
        return perform(job, folder, control)
    finally:
        control.close()


class OnWorker:
    """A task's line to the scheduler. What was not heard for half a lease counts as cut off.

    A lease falls to another a whole lease time after it was refreshed last, so a worker behind a broken
    network has ended its task by then, and no host is asked by two.
    """

    def __init__(self, run: str) -> None:
        import dask
        from dask.utils import parse_timedelta
        from distributed import get_worker

        lease = dask.config.get("distributed.scheduler.locks.lease-timeout")
        self._patience_s = float("inf") if lease == "inf" else parse_timedelta(lease, "s") / 2
        self._run = run
        self._worker = get_worker()
        self._heard = time.monotonic()
        self._stop = False
        self._over = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._over.set()

    @contextlib.contextmanager
    def hold(self, hosts: tuple[str, ...]) -> Iterator[None]:
        """Hold a lease on each host. Taken in one order by all, so that two tasks never wait in a ring."""
        from distributed import Semaphore

        with contextlib.ExitStack() as stack:
            for host in sorted(hosts):
                lease = Semaphore(max_leases=1, name=f"khocong-host-{host}")
                if not lease.acquire(timeout=_ACQUIRE_S):
                    raise Busy(f"{host} is being asked by another worker")
                stack.callback(lease.release)
            yield

    def told_to_stop(self) -> bool:
        """Whether the one who gave the task wants it to end."""
        return self._stop

    def cut_off(self) -> bool:
        """Whether the scheduler may have given our leases away."""
        return time.monotonic() - self._heard > self._patience_s

    def tell(self, how_far: Mapping[str, Any]) -> None:
        """Log an event that the one who gave the task is told of."""
        self._worker.log_event(self._run, dict(how_far))

    def _listen(self) -> None:
        # In a thread of its own: an answer that never comes must not keep the task from being ended.
        # Over the worker's own line: an Event of this thread would look for a client it does not have.
        from distributed.utils import sync

        worker, name = self._worker, f"{self._run}-stop"
        while not self._over.wait(_POLL_S):
            with contextlib.suppress(Exception):  # whatever failed, the scheduler was not heard
                self._stop = bool(sync(worker.loop, worker.scheduler.event_is_set, name=name))
                self._heard = time.monotonic()
