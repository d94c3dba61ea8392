"""`khocong serve`: the archive in a browser."""

import os
import sys
from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples

_PORT = click.IntRange(0, 65535)


@click.command(
    epilog=examples(
        "khocong serve",
        "khocong serve --port 0 --open",
        "khocong serve --public https://kho.example.vn --replay-public https://goc.example.vn --published",
    )
)
@click.option("--port", type=_PORT, default=8001, show_default=True, help="0 takes a free one.")
@click.option(
    "--replay-port",
    type=_PORT,
    default=0,
    show_default=True,
    help="Of the server that shows captures as they were: another origin, so that they can do no harm.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the browser.")
@click.option(
    "--public", metavar="URL", default="", help="Where a proxy serves it to others; see khocong publish."
)
@click.option(
    "--replay-public", metavar="URL", default="", help="Where a proxy serves the captures: another host."
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=lambda: min(2, os.cpu_count() or 1),
    show_default="2, or the cores",
    help="Processes that serve the pages.",
)
@click.option("--published", is_flag=True, help="Let search engines in.")
@click.option("--metrics", is_flag=True, help="Give Prometheus its numbers at /metrics.")
@common_options
def serve(
    port: int,
    replay_port: int,
    open_browser: bool,
    public: str,
    replay_public: str,
    published: bool,
    metrics: bool,
    workers: int,
    archive_dir: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Read and search the archive in a browser, on this machine only; Ctrl-C ends it.

    Reading only: a crawl may write at the same time.
    """
    from archive.web.publishing import origin_of
    from archive.web.serve import Public, run

    console = Console()
    reached = Public(origin_of(public), origin_of(replay_public), published, metrics)

    def ready(address: str, replay: str) -> None:
        if as_json:
            console.json({"address": address, "replay": replay, "archive": str(archive_dir)})
        else:
            console.line(f"{archive_dir} is at {address} (Ctrl-C ends)")
        sys.stdout.flush()
        if open_browser:
            click.launch(address)

    try:
        run(archive_dir, port, ready, replay_port=replay_port, public=reached, workers=workers)
    except KeyboardInterrupt:
        # The way a server is ended, not a failure.
        console.note("stopped")
