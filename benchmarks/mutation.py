"""Would the tests notice? Small changes are made to the code, one at a time, and its tests are run on each.

`python -m benchmarks mutation` samples the mutants that cosmic-ray can make of identity, folding, dates,
citations and the frontier, in a copy of the checkout; what survives is printed with its change. A mutant that
changes nothing that could be seen (a cache's size, a wider window) counts as surviving all the same.
Tests that fail on the code as it is would kill every mutant, so they are run on it first, and timed.
"""

import argparse
import json
import os
import random
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAR = 0.85
# A mutant that loops is ended after so many times what the tests take on the code as it is, or so long.
_TIMES, _LEAST_S = 4.0, 30.0


@dataclass(frozen=True)
class Area:
    """Modules, and the tests that are to notice a change of them."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]


_PROPERTIES = "tests/properties"
_WORDS = "tests/unit/vietnamese"
_CRAWLER = "tests/unit/crawler"
AREAS = {
    "identity": Area(
        ("archive/urls.py", "archive/digests.py"),
        ("tests/unit/test_digests.py", "tests/unit/test_urls.py", f"{_PROPERTIES}/test_url_forms.py",
         f"{_PROPERTIES}/test_url_properties.py", f"{_PROPERTIES}/test_identity.py"),
    ),
    "folding": Area(
        ("archive/vietnamese/fold.py",), (f"{_WORDS}/test_fold.py", f"{_PROPERTIES}/test_vietnamese.py")
    ),
    "dates": Area(
        ("archive/vietnamese/dates.py", "archive/vietnamese/date_reading.py"),
        (f"{_WORDS}/test_date_bounds.py", f"{_WORDS}/test_date_roles.py", f"{_WORDS}/test_dates.py"),
    ),
    "citations": Area(
        ("archive/vietnamese/document_no.py", "archive/vietnamese/document_symbols.py"),
        (f"{_WORDS}/test_document_no.py", f"{_WORDS}/test_document_records.py"),
    ),
    "frontier": Area(
        ("crawler/yields.py", "crawler/selecting.py", "crawler/frontier.py"),
        (f"{_CRAWLER}/test_frontier.py", f"{_CRAWLER}/test_yields.py", f"{_CRAWLER}/test_selecting.py",
         "tests/portal/test_traps.py"),
    ),
}  # fmt: skip


def tried(area: Area, sample: int, seed: int, folder: Path) -> tuple[int, int, list[str]]:
    """Return (mutants tried, killed, changes that survived) of *area*, in the copy at *folder*.

    Raises SystemExit where the tests do not pass on the code as it is.
    """
    begun = time.monotonic()
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        *area.tests,
    ]
    plain = subprocess.run(words, cwd=folder, env=_environment(folder), capture_output=True, check=False)
    if plain.returncode:
        raise SystemExit(
            "the tests fail on the code as it is:\n" + plain.stdout.decode(errors="replace")[-2000:]
        )
    config = folder / "mutation.toml"
    config.write_text(
        "[cosmic-ray]\n"
        f"module-path = {json.dumps(list(area.modules))}\n"
        f"timeout = {max(_TIMES * (time.monotonic() - begun), _LEAST_S)}\n"
        "excluded-modules = []\n"
        f"test-command = {json.dumps(shlex.join(words))}\n"
        '[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    session = folder / "mutation.sqlite"
    session.unlink(missing_ok=True)
    _cosmic_ray(folder, "init", config, session)
    _draw(session, sample, seed)
    _cosmic_ray(folder, "exec", config, session)
    with closing(sqlite3.connect(session)) as connection:
        rows = connection.execute(
            "SELECT s.module_path, s.start_pos_row, s.operator_name, r.test_outcome, r.diff "
            "FROM work_results r JOIN mutation_specs s USING (job_id)"
        ).fetchall()
    survived = [
        f"{module}:{row} {name.rpartition('/')[2]}{_changed(diff or '')}"
        for module, row, name, outcome, diff in rows
        if outcome == "SURVIVED"
    ]
    return len(rows), len(rows) - len(survived), sorted(survived)


def _draw(session: Path, sample: int, seed: int) -> None:
    """Leave *sample* mutants in the session; which of them must not hang on the numbers they were given."""
    with closing(sqlite3.connect(session)) as connection, connection:
        order = connection.execute(
            "SELECT job_id FROM mutation_specs "
            "ORDER BY module_path, start_pos_row, start_pos_col, operator_name, occurrence"
        )
        jobs = [job for (job,) in order]
        kept = set(random.Random(seed).sample(jobs, min(sample, len(jobs))))
        for job in jobs:
            if job not in kept:
                for table in ("mutation_specs", "work_items"):
                    connection.execute(f"DELETE FROM {table} WHERE job_id = ?", (job,))


def _changed(diff: str) -> str:
    """Return the lines of a diff that differ, without the names of its files."""
    lines = [line for line in diff.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return "".join(f"\n    {line}" for line in lines)


def _environment(folder: Path) -> dict[str, str]:
    return {"KHOCONG_SHARED": str(ROOT.parent / "shared"), **os.environ, "PYTHONPATH": str(folder)}


def _cosmic_ray(folder: Path, verb: str, config: Path, session: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "cosmic_ray.cli", verb, str(config), str(session)],
        cwd=folder,
        env=_environment(folder),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when less than 85 % of the mutants of an area were killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks mutation", description=__doc__)
    parser.add_argument("--sample", type=int, default=50, help="mutants of each area (50; some minutes each)")
    parser.add_argument("--only", choices=AREAS, action="append", help="an area; may be given again")
    parser.add_argument("--seed", type=int, default=7, help="another draws other mutants (7)")
    asked = parser.parse_args(arguments)
    missed = False
    print("| area | mutants tried | killed | share |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "khocong"
        left_out = shutil.ignore_patterns(".git", ".venv*", "__pycache__", "*.gz", "mutants", "demo-archive")
        shutil.copytree(ROOT, folder, ignore=left_out)
        for name in asked.only or AREAS:
            count, killed, survived = tried(AREAS[name], asked.sample, asked.seed, folder)
            missed |= killed < BAR * count
            print(f"| {name} | {count} | {killed} | {killed / max(count, 1):.0%} |", flush=True)
            for line in survived:
                print(f"  survived: {line}", file=sys.stderr, flush=True)
    return int(missed)
