"""Runs a crawler as a process, and says what it cost: seconds, CPU, and the peak memory of each process."""

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

_LOOK_S = 0.2


@dataclass
class Cost:
    """What a run cost. `main_mb` and `worker_mb` are peak resident memory, of the largest worker."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    main_mb: float = 0.0
    worker_mb: float = 0.0
    code: int | None = 0
    ended_at: float = 0.0
    peaks: dict[int, float] = field(default_factory=dict)


def run(
    words: list[str], *, folder: Path, timeout_s: float, environment: dict[str, str] | None = None
) -> Cost:
    """Run a command to its end, or end it after *timeout_s*; its `code` is then None."""
    cost = Cost()
    before = os.times()
    begun = time.monotonic()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            words, cwd=folder, env={**os.environ, **(environment or {})}, stdout=said, stderr=said
        )
        watching = threading.Thread(target=_watch, args=(process, cost), daemon=True)
        watching.start()
        try:
            cost.code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            cost.code = None
        cost.ended_at = time.monotonic()
    watching.join()
    after = os.times()
    cost.seconds = cost.ended_at - begun
    cost.cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    cost.main_mb = cost.peaks.pop(process.pid, 0.0)
    cost.worker_mb = max(cost.peaks.values(), default=0.0)
    return cost


def _watch(process: "subprocess.Popen[bytes]", cost: Cost) -> None:
    while process.returncode is None:
        for pid in _family(process.pid):
            cost.peaks[pid] = max(cost.peaks.get(pid, 0.0), _peak_mb(pid))
        time.sleep(_LOOK_S)


def _family(pid: int) -> list[int]:
    """Return a process and all below it (Linux; elsewhere the process alone)."""
    found = [pid]
    for one in found:
        try:
            tasks = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii")
        except OSError:
            continue
        found += [int(word) for word in tasks.split()]
    return found


def _peak_mb(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
