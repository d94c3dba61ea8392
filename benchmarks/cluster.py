"""`python -m benchmarks cluster`: two Dask workers beside two local processes, the same tasks, in turns.

Four WARC files of article pages are taken in, a file a task: what Dask costs is in the clock, not only its
own CPU. The bar is .9 of the local pages a second; joining the shards is the same for both and left out.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks.ingest import write_warc
from crawler.cluster.dispatch import Dispatcher
from crawler.cluster.engines import Engine, engine_of
from crawler.cluster.jobs import IngestJob

FILES, WORKERS, BAR = 4, 2, 0.9


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 below the bar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks cluster", description=__doc__)
    parser.add_argument("--pages", type=int, default=1000, help="of each of the four files")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    given = parser.parse_args(arguments)
    from distributed import LocalCluster

    figures: dict[str, list[float]] = {"local": [], "dask": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [folder / f"{number}.warc.gz" for number in range(FILES)]
        for number, file in enumerate(files):
            write_warc(file, given.pages, 1, f"http://phuong{number}.example.gov.vn", 22)
        with LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
        ) as cluster:
            addresses = {"local": f"local:{WORKERS}", "dask": cluster.scheduler_address}
            for turn in range(given.rounds):
                for way in sorted(addresses, reverse=bool(turn % 2)):
                    shards = folder / f"{way}-{turn}"
                    figures[way].append(_timed(addresses[way], shards, files, given.pages))
    ratios = [dask / local for dask, local in zip(figures["dask"], figures["local"], strict=True)]
    print("| pages/s, medians | local processes | Dask workers | ratio | bar |\n|---|--:|--:|--:|--:|")
    print(
        f"| {FILES} files of {given.pages} pages, {given.rounds} rounds | {median(figures['local']):.1f} |"
        f" {median(figures['dask']):.1f} | {median(ratios):.2f} | {BAR} |"
    )
    if given.json:
        given.json.write_text(json.dumps({**figures, "ratios": ratios, "bar": BAR}, indent=1) + "\n")
    return 0 if median(ratios) >= BAR else 1


def _timed(address: str, shards: Path, files: Sequence[Path], pages: int) -> float:
    engine: Engine = engine_of(address, shards, lambda _said: None)
    with closing(engine):
        begun = time.monotonic()
        made = Dispatcher(engine, [IngestJob(str(file), workers=1) for file in files]).run().made
        seconds = time.monotonic() - begun
    taken: int = sum(taking.captures for one in made for taking in one["takings"])
    if taken != pages * len(files):
        raise RuntimeError(f"{taken} of {pages * len(files)} pages were taken in at {address}: {made}")
    return taken / seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
