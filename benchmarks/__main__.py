"""`python -m benchmarks NAME`: run one benchmark and print its table as Markdown."""

import sys
from importlib import import_module

BENCHMARKS = {
    "extraction": "benchmarks.extraction",
    "memory": "benchmarks.memory",
    "crawl": "benchmarks.crawl",
    "frontier": "benchmarks.frontier",
    "near-duplicates": "benchmarks.near_duplicates",
    "ingest": "benchmarks.ingest",
    "serve": "benchmarks.serve",
    "search": "benchmarks.search",
    "size": "benchmarks.size",
    "faults": "benchmarks.faults",
    "soak": "benchmarks.soak",
    "mutation": "benchmarks.mutation",
    "cluster": "benchmarks.cluster",
    "scaling": "benchmarks.scaling",
    "national": "benchmarks.national",
    "all": "benchmarks.all",
}


def main(arguments: list[str]) -> int:
    """Run the benchmark named first, with the rest of the arguments; return its exit code."""
    if not arguments or arguments[0] not in BENCHMARKS:
        print(f"usage: python -m benchmarks {{{','.join(BENCHMARKS)}}} [options]", file=sys.stderr)
        return 2
    return int(import_module(BENCHMARKS[arguments[0]]).main(arguments[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
