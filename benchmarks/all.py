"""`python -m benchmarks all`: every benchmark in a process of its own, one table of what came of each.

Quick sizes by default: minutes. `--full` takes the sizes that the bars are about: hours. One that fails, or
takes longer than it is given, is named with its last words, and the others go on.
"""

import argparse
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = (
    "khocong", "scrapy", "trafilatura", "lxml", "twisted", "warcio", "datasette", "rensa", "pyarrow",
    "distributed", "tantivy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planned:
    """One benchmark: its words for a quick and for a full run, and whether it writes its figures as JSON."""

    name: str
    quick: tuple[str, ...] = ()
    full: tuple[str, ...] = ()
    writes_json: bool = False


PLANNED = (
    Planned("extraction", ("--quick",), (), writes_json=True),
    Planned("memory", ("--pages", "200"), (), writes_json=True),
    Planned("crawl", ("--only", "race", "--pages", "200", "--rounds", "1"), ("--pages", "20000"),
            writes_json=True),
    Planned("frontier", ("--most", "10000"), (), writes_json=True),
    Planned("near-duplicates", ("--articles", "2000"), ("--articles", "100000")),
    Planned("ingest", ("--sizes", "2000", "--articles", "10", "--merge", "200"),
            ("--sizes", "10000,100000,1000000", "--articles", "10", "--merge", "20000")),
    Planned("serve", ("--size", "2000", "--readers", "4", "--seconds", "5"), ("--size", "1000000")),
    Planned("search", ("--size", "5000", "--no-peers"), ("--size", "1000000"), writes_json=True),
    Planned("size", ("--articles", "500"), ("--articles", "100000"), writes_json=True),
    Planned("cluster", ("--pages", "300"), ("--pages", "5000", "--rounds", "5"), writes_json=True),
    Planned("national", (), (), writes_json=True),
    Planned("scaling", ("--most", "10000"), ("--most", "1000000"), writes_json=True),
)  # fmt: skip


@dataclass(slots=True)
class Came:
    """What came of one benchmark: `figures` where it writes them, `said` what it printed."""

    name: str
    command: str
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    outcome: str = ""
    said: str = ""
    figures: Any = field(default=None)


def main(arguments: Sequence[str]) -> int:
    """Print a Markdown table and what each printed; 1 where one failed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks all", description=__doc__)
    parser.add_argument("--full", action="store_true", help="the sizes of the bars: hours")
    parser.add_argument("--only", metavar="NAME,…", help="these alone")
    parser.add_argument("--most-minutes", type=float, help="for each; default 15, with --full 240")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write what is printed to FILE too")
    given = parser.parse_args(arguments)
    chosen = given.only.split(",") if given.only else [one.name for one in PLANNED]
    if unknown := set(chosen) - {one.name for one in PLANNED}:
        parser.error(f"no benchmark is called {', '.join(sorted(unknown))}")
    limit_s = 60 * (given.most_minutes or (240 if given.full else 15))
    where = machine()
    came = []
    for planned in PLANNED:
        if planned.name in chosen:
            print(f"{planned.name} …", file=sys.stderr, flush=True)
            came.append(run(planned, full=given.full, limit_s=limit_s))
    text = markdown(where, came)
    print(text)
    if given.markdown:
        given.markdown.write_text(text + "\n", encoding="utf-8")
    if given.json:
        made = {"machine": where, "benchmarks": [asdict(one) for one in came]}
        given.json.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0 if all(one.outcome == "done" for one in came) else 1


def run(planned: Planned, *, full: bool, limit_s: float) -> Came:
    """Run one benchmark to its end, or end it after *limit_s* seconds."""
    words = [planned.name, *(planned.full if full else planned.quick)]
    came = Came(planned.name, "python -m benchmarks " + " ".join(words))
    with tempfile.TemporaryDirectory() as folder:
        figures = Path(folder) / "figures.json"
        more = ["--json", str(figures)] if planned.writes_json else []
        with (Path(folder) / "said").open("w+b") as said, (Path(folder) / "errors").open("w+b") as errors:
            begun = time.monotonic()
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks", *words, *more], stdout=said, stderr=errors,
                start_new_session=True,
            )  # fmt: skip
            ending = threading.Timer(limit_s, _end, (process,))
            ending.start()
            _, status, used = os.wait4(process.pid, 0)
            ending.cancel()
            process.returncode = code = os.waitstatus_to_exitcode(status)
            came.seconds = time.monotonic() - begun
            came.cpu_s, came.peak_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
            came.said = _read(said)
            if code == 0:
                came.outcome = "done"
            elif came.seconds >= limit_s:
                came.outcome = f"ended after {limit_s / 60:.0f} minutes"
            else:
                lines = _read(errors).splitlines() or came.said.splitlines() or ["it said nothing"]
                came.outcome = f"failed ({code}): {lines[-1][:160]}"
        if figures.exists():
            came.figures = json.loads(figures.read_text(encoding="utf-8"))
    return came


def machine() -> dict[str, Any]:
    """Return where and with what this runs."""
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "date": datetime.now(UTC).isoformat(timespec="minutes"), "system": platform.platform(),
        "processor": _processor(), "cores": os.cpu_count(), "memory_gb": round(pages / 2**30, 1),
        "load_before": round(os.getloadavg()[0], 1), "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version, "versions": versions,
    }  # fmt: skip


def markdown(where: dict[str, Any], came: Sequence[Came]) -> str:
    """Return the machine, a table of all, and what each printed."""
    versions = ", ".join(f"{name} {said}" for name, said in where["versions"].items())
    system = f"{where['system']}; Python {where['python']}, SQLite {where['sqlite']}"
    lines = [
        f"{where['date']}; {where['cores']} × {where['processor']}, {where['memory_gb']} GB, load"
        f" {where['load_before']} before; {system},"
        f" {versions}.",
        "",
        "| benchmark | seconds | CPU s | peak MB of a process | outcome |",
        "|---|--:|--:|--:|---|",
    ]
    lines += [
        f"| `{one.command}` | {one.seconds:.0f} | {one.cpu_s:.0f} | {one.peak_mb:.0f} |"
        f" {one.outcome.replace('|', '/')} |"
        for one in came
    ]
    for one in came:
        lines += ["", f"## {one.name}", "", one.said.strip() or "(nothing was printed)"]
    return "\n".join(lines)


def _end(process: "subprocess.Popen[bytes]") -> None:
    # With the processes it began: their group is its own.
    os.killpg(process.pid, 9)


def _read(stream: Any) -> str:
    stream.seek(0)
    return str(stream.read().decode("utf-8", "replace"))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
