"""A disk that is full, read-only or broken, at each operation of a command: it says so, and loses nothing.

By hand: `python -m tests.faults.failing RUNS [JOB …]`, or `every` for every operation of every job.
"""

import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from archive.database import open_archive
from archive.verify import verify
from tests.faults.disk import Disk
from tests.faults.jobs import facts, jobs, portal
from tests.faults.killing import HANG_S, LEFT, Bench, Killed, bench
from tests.faults.warm import Warm
from tests.portal.crawling import environment

FAULTS = ("full", "full1", "io", "io1", "read1", "readonly")


def fail(of: Bench, folder: Path, fault: str, at_operation: int, warm: Warm) -> Killed:
    """Run a job on a disk that fails, look at what is left, let it run on a sound one, and compare."""
    at = folder / f"{of.job.name}-failed"
    shutil.rmtree(at, ignore_errors=True)
    shutil.copytree(of.job.base, at)
    archive = at / of.job.archive
    result = Killed(of.job.name, f"{fault} at operation {at_operation}")
    env = environment(at / "kho")
    disk = Disk(at, folder / "count", fault, at_operation)
    done = warm.run(of.job.words(at), {**env, **disk.environment()}, HANG_S)
    if done.code is None:
        result.hung = True
        return result
    if done.code not in (0, 1) or "Traceback" in done.said or "please report" in done.said:
        result.damage.append(f"said {done.code}: {done.said[-600:]}")
    if of.job.name not in ("backup", "mend", "migrate", "merge") and (archive / "archive.db").exists():
        with open_archive(archive, write=False) as db:
            result.damage += [str(one) for one in verify(db) if one.kind not in LEFT]
    again = warm.run(of.job.words(at), env, 2 * HANG_S)
    result.hung = again.code is None
    if again.code != 0:
        result.damage.append(f"the next run: {again.code}: {again.said[-600:]}")
        return result
    after = facts(archive)
    result.lost = list((of.facts - after).elements())
    result.doubled = list((after - of.facts).elements())
    with open_archive(archive, write=False) as db:
        result.damage += [str(one) for one in verify(db, full=True)]
    return result


def failures(
    count: int | None, folder: Path, names: Sequence[str] = (), seed: int = 0, articles: int = 6
) -> Iterator[Killed]:
    """Let *count* operations fail at random, in turns over jobs and faults; None: each one, in each way."""
    dice = random.Random(seed)
    with portal(articles) as site, Warm(folder / "said") as warm:
        made = [job for job in jobs(folder / "jobs", site.origin, articles) if not names or job.name in names]
        benches = [bench(job, folder, warm) for job in made]
        if count is None:
            for of in benches:
                for fault in FAULTS:
                    for number in range(1, of.operations + 1):
                        yield fail(of, folder, fault, number, warm)
            return
        for number in range(count):
            of = benches[number % len(benches)]
            fault = FAULTS[number // len(benches) % len(FAULTS)]
            yield fail(of, folder, fault, dice.randint(1, of.operations), warm)


def main(arguments: Sequence[str]) -> int:
    """Print what does not survive, and a line for each job."""
    tried: Counter[str] = Counter()
    survived: Counter[str] = Counter()
    count = None if arguments[0] == "every" else int(arguments[0])
    with tempfile.TemporaryDirectory(prefix="khocong-failing-") as folder:
        for one in failures(count, Path(folder), arguments[1:], random.SystemRandom().randrange(1 << 30)):
            tried[one.job] += 1
            survived[one.job] += one.survived
            if not one.survived:
                print(str(one)[:3000], flush=True)
    for name, number in tried.items():
        print(f"{name}: {survived[name]} of {number} survived")
    return 0 if tried == survived else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
