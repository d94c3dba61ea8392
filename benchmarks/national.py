"""`python -m benchmarks national`: how long a whole country takes, simulated from measured costs.

Portals of very unequal size (log-normal) are crawled, the largest first, so many at a time on so many
machines. A host gives a request a second, an address group (/24) one a second for all its portals, a machine
as many pages a second as its cores read; in each step of time a portal gets the least of what these allow.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

_STEP_S = 600.0
# The delay is up to a twentieth longer, as requests should not come like clockwork.
_JITTER = 1.025


class Country(NamedTuple):
    """What is crawled: articles of each portal, and the address group each stands in."""

    articles: list[int]
    groups: list[int]


class Ways(NamedTuple):
    """How it is crawled. `page_ms` is CPU of a page over all processes of a machine."""

    machines: int = 1
    cores: int = 2
    parallel: int = 16
    page_ms: float = 15.0
    delay_s: float = 1.0
    requests_an_article: float = 1.3


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks national", description=__doc__)
    parser.add_argument("--portals", type=int, default=8400)
    parser.add_argument("--articles", type=int, default=16_000_000)
    parser.add_argument(
        "--page-ms", type=float, default=15.0, help="CPU of a page (python -m benchmarks crawl)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE too")
    given = parser.parse_args(arguments)
    rows = []
    for shared in (8400, 600, 60):
        country = made_up(given.portals, given.articles, shared)
        for ways in (
            Ways(page_ms=given.page_ms),
            Ways(page_ms=given.page_ms, parallel=256),
            Ways(page_ms=given.page_ms, parallel=256, cores=8),
            Ways(page_ms=given.page_ms, parallel=256, machines=4),
        ):
            days, half, busy = crawled(country, ways)
            rows.append(
                {"groups": shared, **ways._asdict(), "days": days, "days_to_half": half, "cpu_busy": busy}
            )
    print(f"{given.portals:,} portals, {given.articles:,} articles, {given.page_ms:g} ms of CPU a page:\n")
    print("| address groups | machines | cores of each | at once, each | days | half of all after | CPU |")
    print("|--:|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        print(
            f"| {row['groups']:,} | {row['machines']} | {row['cores']} | {row['parallel']} |"
            f" {row['days']:.1f} | {row['days_to_half']:.1f} days | {row['cpu_busy']:.0%} |"
        )
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


def made_up(portals: int, articles: int, groups: int) -> Country:
    """Return a country: sizes log-normal (sigma 1.5), hosts spread over *groups* address groups."""
    dice = random.Random(63)
    weights = [dice.lognormvariate(0, 1.5) for _ in range(portals)]
    scale = articles / sum(weights)
    return Country([max(1, round(one * scale)) for one in weights], [dice.randrange(groups) for _ in weights])


def crawled(country: Country, ways: Ways) -> tuple[float, float, float]:
    """Return the days that a first crawl takes, those to half of all articles, and the CPU's mean share."""
    left = {at: size * ways.requests_an_article for at, size in enumerate(country.articles)}
    waiting = sorted(left, key=lambda at: left[at])
    total = sum(left.values())
    most = ways.machines * ways.cores * 1000 / ways.page_ms
    running: list[int] = []
    now = done = half = 0.0
    while waiting or running:
        while waiting and len(running) < ways.parallel * ways.machines:
            running.append(waiting.pop())
        sharing: dict[int, int] = {}
        for at in running:
            sharing[country.groups[at]] = sharing.get(country.groups[at], 0) + 1
        rates = {at: min(1 / (ways.delay_s * _JITTER), 1 / sharing[country.groups[at]]) for at in running}
        slower = min(1.0, most / sum(rates.values()))
        # Not beyond the end of the first that ends, nor so short that the small ones cost a step each.
        step = max(30.0, min(_STEP_S, min(left[at] / (rates[at] * slower) for at in running)))
        for at in running:
            asked = min(left[at], rates[at] * slower * step)
            left[at] -= asked
            done += asked
        running = [at for at in running if left[at] > 0]
        now += step
        if not half and done >= total / 2:
            half = now
    return now / 86_400, half / 86_400, total / (now * most)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
