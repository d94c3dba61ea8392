"""kill -9 at random points: a command is started, killed, started again, and compared with one left alone.

By hand: `python -m tests.faults.killing KILLS [JOB …]`; `python -m benchmarks faults --kills N` counts them.
"""

import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archive.database import open_archive
from archive.verify import verify
from tests.faults.disk import Disk, library
from tests.faults.jobs import Job, facts, jobs, portal
from tests.faults.warm import Done, Warm
from tests.portal.crawling import environment

HANG_S = 60.0
# What a crash may leave until the next command: it is no damage, and the next run puts it right.
LEFT = {"stale_lease", "died_crawl"}


@dataclass
class Killed:
    """What one kill came to. `how` says the point; a survivor has nothing in the four lists."""

    job: str
    how: str
    lost: list[Any] = field(default_factory=list)
    doubled: list[Any] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    hung: bool = False

    @property
    def survived(self) -> bool:
        return not (self.lost or self.doubled or self.damage or self.hung)


@dataclass
class Bench:
    """A job with what it makes when nobody disturbs it: facts, seconds, and operations of its disk."""

    job: Job
    facts: Counter[tuple[Any, ...]]
    took_s: float
    operations: int
    found: list[str] = field(default_factory=list)


def bench(job: Job, folder: Path, warm: Warm) -> Bench:
    """Run a job undisturbed."""
    at = folder / f"{job.name}-whole"
    shutil.copytree(job.base, at)
    disk = Disk(at, folder / "count") if library() else None
    begun = time.monotonic()
    done = _run(job, at, warm, disk.environment() if disk else None)
    took = time.monotonic() - begun
    assert done.code == 0, f"{job.name}: {done.said}"
    found = _wrong(at / job.archive, warm)
    assert not found, f"{job.name} undisturbed: {found}"
    return Bench(job, facts(at / job.archive), took, disk.count() if disk else 0)


def kill(of: Bench, folder: Path, dice: random.Random, warm: Warm) -> Killed | None:
    """Kill a run of the job once or twice, let it end, and compare. None: it was faster than the kill."""
    at = folder / f"{of.job.name}-killed"
    shutil.rmtree(at, ignore_errors=True)
    shutil.copytree(of.job.base, at)
    points = []
    for _ in range(1 if dice.random() < 0.75 else 2):
        point = _kill_once(of, at, folder / "count", dice, warm)
        if point is None:
            break
        points.append(point)
    if not points:
        return None
    result = Killed(of.job.name, " then ".join(points))
    before = _left(at / of.job.archive, result)
    done = _run(of.job, at, warm)
    if done.code is None:
        result.hung = True
        return result
    if done.code != 0 or "Traceback" in done.said:
        result.damage.append(f"the next run: {done.code}: {done.said[-600:]}")
        return result
    after = facts(at / of.job.archive)
    result.lost = list((of.facts - after).elements()) + [one for one in before if one not in after]
    result.doubled = list((after - of.facts).elements())
    result.damage += _wrong(at / of.job.archive, warm, again=dice.random() < 0.2)
    return result


def _kill_once(of: Bench, at: Path, counter: Path, dice: random.Random, warm: Warm) -> str | None:
    """Start the command and kill it at a random operation of its disk, or at a random moment."""
    kind = dice.choice(("kill", "kill", "lose", "lose", "time")) if of.operations else "time"
    if kind == "time":
        moment = dice.uniform(0.0, 1.0) * of.took_s
        done = warm.run(of.job.words(at), environment(at / "kho"), HANG_S, moment)
        return f"after {moment:.2f} s" if done.code == -signal.SIGKILL else None
    disk = Disk(at, counter, kind, dice.randint(1, max(1, of.operations)), dice.randrange(1 << 30))
    done = _run(of.job, at, warm, disk.environment())
    how = f"{kind} at operation {disk.at} of {of.operations}, seed {disk.seed}"
    return how if done.code == -signal.SIGKILL else None


def _left(archive: Path, result: Killed) -> list[tuple[Any, ...]]:
    """Look at the archive as the crash left it: what it holds must be there to the end, and be whole (I1)."""
    if not (archive / "archive.db").exists() or result.job in ("backup", "mend", "migrate"):
        return []
    try:
        with open_archive(archive, write=False) as db:
            if result.job != "merge":
                result.damage += [str(one) for one in verify(db) if one.kind not in LEFT]
        return [one for one in facts(archive) if one[0] == "capture"]
    except Exception as error:
        if "no archive" not in str(error) and "no such table" not in str(error):
            result.damage.append(f"read after the crash: {error}")
        return []


def _run(job: Job, at: Path, warm: Warm, env: dict[str, str] | None = None) -> Done:
    said = environment(at / "kho")
    return warm.run(
        job.words(at), {**said, **(env or {}), "XDG_CACHE_HOME": said["XDG_CACHE_HOME"]}, 2 * HANG_S
    )


def _wrong(archive: Path, warm: Warm, *, again: bool = True) -> list[str]:
    """Return what is wrong: every byte and row is looked at; with *again* every text is extracted anew."""
    if again:
        words = ["verify", "--full", "--workers", "1", "--archive", str(archive)]
        done = warm.run(words, dict(os.environ), 2 * HANG_S)
        return [] if done.code == 0 else [done.said]
    with open_archive(archive, write=False) as db:
        return [str(one) for one in verify(db, full=True)]


def kills(
    count: int, folder: Path, names: Sequence[str] = (), seed: int = 0, articles: int = 24
) -> Iterator[Killed]:
    """Kill *count* times, in turns over the jobs."""
    dice = random.Random(seed)
    with portal(articles) as site, Warm(folder / "said") as warm:
        made = [job for job in jobs(folder / "jobs", site.origin, articles) if not names or job.name in names]
        benches = [bench(job, folder, warm) for job in made]
        done = 0
        while done < count:
            for of in benches:
                result = kill(of, folder, dice, warm)
                if result is not None and done < count:
                    done += 1
                    yield result


def main(arguments: Sequence[str]) -> int:
    """Print what does not survive, and a line for each job."""
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    seed = random.SystemRandom().randrange(1 << 30)
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="khocong-kills-") as folder:
        for one in kills(int(arguments[0]), Path(folder), arguments[1:], seed):
            tried[one.job] += 1
            if sum(tried.values()) % 25 == 0:
                print(f"{sum(tried.values())} killed, {sum(survived.values()) + 1} survived", flush=True)
            survived[one.job] += one.survived
            if not one.survived:
                print(str(one)[:3000], flush=True)
                keep = Path(tempfile.mkdtemp(prefix=f"khocong-{one.job}-"))
                shutil.copytree(Path(folder) / f"{one.job}-killed", keep, dirs_exist_ok=True, symlinks=True)
                print("kept in", keep, flush=True)
    for name, number in tried.items():
        print(f"{name}: {survived[name]} of {number} survived")
    return 0 if tried == survived else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
