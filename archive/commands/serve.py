"""`khocong serve`: the archive in a browser."""

import sys
from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples


@click.command(
    epilog=examples("khocong serve", "khocong serve --port 0 --open", "khocong serve --archive kho")
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8001, show_default=True, help="0 takes a free one."
)
@click.option("--open", "open_browser", is_flag=True, help="Open the browser.")
@common_options
def serve(port: int, open_browser: bool, archive_dir: Path, as_json: bool) -> None:
    """Read and search the archive in a browser, on this machine only; Ctrl-C ends it.

    Reading only: a crawl may write at the same time.
    """
    from archive.web.serve import run

    console = Console()

    def ready(address: str) -> None:
        if as_json:
            console.json({"address": address, "archive": str(archive_dir)})
        else:
            console.line(f"{archive_dir} is at {address} (Ctrl-C ends)")
        sys.stdout.flush()
        if open_browser:
            click.launch(address)

    try:
        run(archive_dir, port, ready)
    except KeyboardInterrupt:
        # The way a server is ended, not a failure.
        console.note("stopped")
