"""A real Dask cluster on loopback: a scheduler and two workers as processes, as the README starts them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.portal.crawling import ROOT

WORKERS = 2
QUIET = ("--no-dashboard", "--dashboard-address", "127.0.0.1:0")
# Leases of half a minute are right for a network, and would make a test wait for a dead worker's.
LEASES = {
    "DASK_DISTRIBUTED__SCHEDULER__LOCKS__LEASE_TIMEOUT": "8s",
    "DASK_DISTRIBUTED__SCHEDULER__LOCKS__LEASE_VALIDATION_INTERVAL": "200ms",
    "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
}


@dataclass
class Cluster:
    """Where its scheduler listens, and what it was started with."""

    address: str
    environ: dict[str, str]
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def pids(self) -> list[int]:
        """Return the processes of the workers that run now."""
        from distributed import Client

        with Client(self.address, timeout=20, set_as_default=False) as client:
            return list(client.run(os.getpid).values())

    def run(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a command of khocong to its end; no traceback may be shown."""
        process = self.start(*words)
        out, err = process.communicate(timeout=150)
        assert "Traceback" not in out + err, err
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Begin a command of khocong."""
        return subprocess.Popen(
            [sys.executable, "-m", "crawler.cli", *words], cwd=ROOT, env=self.environ,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip


@contextlib.contextmanager
def cluster_of(folder: Path) -> Iterator[Cluster]:
    """Run a scheduler and two workers of one thread; skipped where distributed is not installed."""
    pytest.importorskip("distributed", reason="pip install 'khocong[cluster]' to test on a cluster")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    environ = {**os.environ, **LEASES, "XDG_CACHE_HOME": str(folder / "cache")}
    cluster = Cluster(address, environ)
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port), *QUIET]
    worker = ["worker", address, "--host", "127.0.0.1", "--nthreads", "1", *QUIET]
    words = [scheduler, *([*worker, "--local-directory", str(folder / f"dask-{n}")] for n in range(WORKERS))]
    with (folder / "dask.log").open("wb") as log:
        try:
            for one in words:
                cluster.processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", "dask", *one], cwd=ROOT, env=environ, stdout=log, stderr=log,
                        start_new_session=True,
                    )
                )  # fmt: skip
            _wait_for_workers(address, folder / "dask.log")
            yield cluster
        finally:
            for process in cluster.processes:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait_for_workers(address: str, log: Path) -> None:
    from distributed import Client

    end = time.monotonic() + 60
    while True:
        try:
            with Client(address, timeout=20, set_as_default=False) as client:
                client.wait_for_workers(WORKERS, timeout=60)
                return
        except OSError:
            assert time.monotonic() < end, log.read_text(encoding="utf-8", errors="replace")[-3000:]
