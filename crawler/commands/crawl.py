"""`khocong crawl`: crawl portals or URLs politely into the archive; the same command again resumes."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from archive.commands.common import INTERRUPTED, Console, common_options, examples
from archive.errors import UsageError
from crawler.commands.clusters import cluster_options


@click.command(
    epilog=examples(
        "khocong crawl chaudoc.angiang.gov.vn",
        "khocong crawl https://example.gov.vn/ --delay 2 --max-requests 500",
        "khocong crawl https://example.gov.vn/ --since 2025-01-01 --archive tinh-moi",
        "khocong crawl angiang dongthap vinhlong",
        "khocong crawl --due",
        "khocong crawl --all --max-requests 200 --parallel 32",
        "khocong crawl --all --cluster tcp://scheduler:8786",
    )
)
@click.argument("portals", nargs=-1, metavar="PORTAL|URL …")
@click.option("--all", "everything", is_flag=True, help="Every portal of the registry, and of the archive.")
@click.option("--due", is_flag=True, help="Those of the archive that were cut short, or not seen for a day.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 256),
    default=16,
    show_default=True,
    help="How many portals at a time; the others wait for their turn.",
)
@click.option(
    "--delay",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Least time between two requests to a host. [default: the portal's, else 1]",
)
@click.option(
    "--max-requests",
    type=click.IntRange(min=1),
    metavar="N",
    help="End each portal after N requests; the same command goes on from there.",
)
@click.option("--since", metavar="DATE", help="Leave articles that a sitemap says are older for later.")
@click.option("--allow-private", is_flag=True, help="Allow loopback and private addresses, for these hosts.")
@click.option(
    "--workers",
    type=click.IntRange(min=0, max=64),
    help="Processes that read pages; 0 reads them in the crawling process.  [default: 1; 2 for many portals]",
)
@click.option(
    "--images/--no-images",
    default=None,
    help="Fetch the pictures of articles too, or not.  [default: the portal's, else not]",
)
@click.option(
    "--attachments/--no-attachments",
    default=None,
    help="Fetch attached files, or not.  [default: the portal's, else do]",
)
@click.option("--browser", is_flag=True, help="Render pages in Chromium: for a portal made of JavaScript.")
@click.option("--events", is_flag=True, help="Print what happens as it happens: a JSON object a line.")
@click.option("--wait-for", metavar="CSS", help="With --browser: a page is ready when this is there.")
@cluster_options
@common_options
def crawl(
    portals: Sequence[str],
    everything: bool,
    due: bool,
    parallel: int,
    delay: float | None,
    max_requests: int | None,
    since: str | None,
    allow_private: bool,
    workers: int | None,
    images: bool | None,
    attachments: bool | None,
    browser: bool,
    events: bool,
    wait_for: str | None,
    cluster: str | None,
    shards: Path | None,
    keep_shards: bool,
    archive_dir: Path,
    as_json: bool,
) -> int:
    """Crawl portals of the registry, or any URL, into the archive. Interrupt at will: nothing is lost.

    Several portals are crawled at once, each at its own pace: what hangs, dies or misbehaves does not hold
    up the others. With --json each prints one object, several portals one a line as they end; with --events
    a line when a portal begins, every ten seconds, and when it ends.

    Exit codes: 0 done (or the budget is spent), 1 failed, 2 not understood, 130 interrupted.
    """
    _check_words(portals, everything=everything, due=due)
    given: dict[str, Any] = {
        "delay": delay, "max_requests": max_requests, "since": since, "workers": workers,
        "allow_private": "1" if allow_private else "", "browser": browser, "wait_for": wait_for,
        "images": images, "attachments": attachments,
    }  # fmt: skip
    # Scrapy takes a second to import: not for --help, nor for what cannot be understood.
    from crawler.starting import quick_start

    with quick_start():
        from crawler import plans, run
    from crawler.commands.progress import progress
    from crawler.journal import Journal

    choose = partial(plans.every, given) if everything else partial(plans.due, given) if due else None
    many = choose is not None or len(portals) > 1
    if cluster is not None:
        return _crawl_on(cluster, portals, archive_dir, shards, given, keep_shards, choose, as_json=as_json)
    journal = Journal(archive_dir, _print_line if events else None)
    shown = progress(_print_line if as_json and many and not events else None, journal)
    try:
        summaries = run.crawl(portals, archive_dir, given, shown, choose=choose, parallel=parallel)
    finally:
        shown.close()
    if not summaries and not shown.skipped:
        Console().note("nothing is due" if due else "there is no portal to crawl")
        return 0
    if many or events:
        return _report_many(summaries, shown.skipped, as_json=as_json or events)
    return _report_one(summaries[0], as_json=as_json)


def _crawl_on(
    cluster: str,
    portals: Sequence[str],
    archive_dir: Path,
    shards: Path | None,
    given: dict[str, Any],
    keep_shards: bool,
    choose: Any,
    *,
    as_json: bool,
) -> int:
    from crawler.cluster.commands import crawl_portals, say
    from crawler.commands.progress import ending_of

    def on_end(summary: dict[str, Any]) -> None:
        if as_json:
            _print_line(summary)
        say(ending_of(summary))

    summaries, skipped = crawl_portals(
        cluster, portals, archive_dir, shards, given, keep_shards=keep_shards, choose=choose, on_end=on_end
    )
    if not summaries and not skipped:
        Console().note("there is no portal to crawl now")
        return 0
    return _report_many(summaries, skipped, as_json=as_json)


def _check_words(portals: Sequence[str], *, everything: bool, due: bool) -> None:
    if bool(portals) + everything + due != 1:
        raise UsageError(
            "name portals or URLs, or one of --all and --due; `khocong crawl --help` shows examples"
        )
    for word in portals:
        if "://" in word and not word.lower().startswith(("http://", "https://")):
            raise UsageError(f"{word!r} is not an http(s) URL; only those are crawled")


def _print_line(summary: dict[str, Any]) -> None:
    click.echo(json.dumps(summary, ensure_ascii=False, default=str))


def _report_one(summary: dict[str, Any], *, as_json: bool) -> int:
    from crawler.summary import exit_code, lines_of

    console = Console()
    if as_json:
        console.json(summary)
    for line in lines_of(summary):
        (console.note if as_json else console.line)(line)
    for one in summary.get("unexpected", ()):
        (console.note if as_json else console.line)(f"Not as the registry expects: {one}")
    return exit_code(summary)


def _report_many(summaries: Sequence[dict[str, Any]], skipped: Sequence[str], *, as_json: bool) -> int:
    from crawler.commands.progress import ending_of
    from crawler.summary import exit_code

    console = Console()
    say = console.note if as_json else console.line
    codes = [exit_code(summary) for summary in summaries]
    if not as_json:
        for summary in sorted(summaries, key=lambda one: str(one["portal"])):
            say(ending_of(summary))
    new = sum(summary["articles"]["new"] for summary in summaries)
    changed = sum(summary["articles"]["changed"] for summary in summaries)
    say(
        f"{len(summaries)} portals: {codes.count(0)} well, {codes.count(1)} failed,"
        f" {codes.count(INTERRUPTED)} interrupted, {len(skipped)} not begun; {new} articles new,"
        f" {changed} changed, {sum(summary['requests'] for summary in summaries)} requests"
    )
    if INTERRUPTED in codes or skipped:
        return INTERRUPTED if INTERRUPTED in codes or 1 not in codes else 1
    return max(codes)
