"""`khocong metrics`: what a monitoring system asks of an archive."""

import sqlite3
import sys
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import click

from archive.commands.common import Console, common_options, examples
from archive.errors import KhoCongError, UsageError

if TYPE_CHECKING:
    from archive.metrics import Metric

# Prometheus asks every fifteen seconds or less often; several of them get one answer.
_FRESH_S = 10.0


@click.command(
    epilog=examples(
        "khocong metrics",
        "khocong metrics --textfile /var/lib/node_exporter/khocong.prom",
        "khocong metrics --serve 9469",
    )
)
@click.option(
    "--textfile", type=click.Path(path_type=Path, dir_okay=False), help="Write a file, all at once."
)
@click.option(
    "--serve", "port", type=click.IntRange(0, 65535), help="Answer /metrics on 127.0.0.1, this port."
)
@click.option(
    "--most-portals",
    type=click.IntRange(min=0),
    default=500,
    show_default=True,
    help="Portals with series of their own.",
)
@common_options
def metrics(
    textfile: Path | None, port: int | None, most_portals: int, archive_dir: Path, as_json: bool
) -> None:
    """Print the archive's metrics for Prometheus: portals, articles, crawls, alarms, certificates."""
    from archive.metrics import render, write_textfile

    if textfile is not None and port is not None:
        raise UsageError("--textfile or --serve, not both")
    found = _collect(archive_dir, most_portals)
    if port is not None:
        _serve(archive_dir, port, most_portals, as_json=as_json)
    elif textfile is not None:
        write_textfile(textfile, render(found))
    elif as_json:
        series = {
            f"khocong_{one.name}": [{**labels, "value": value} for labels, value in one.series]
            for one in found
        }
        Console().json(series)
    else:
        click.echo(render(found), nl=False)


def _collect(archive_dir: Path, most_portals: int) -> "list[Metric]":
    from archive.database import open_archive
    from archive.metrics import collect

    db = open_archive(archive_dir, write=False)
    try:
        return collect(db.conn, datetime.now(UTC), most_portals)
    finally:
        db.close()


class _Kept:
    """The last answer, made anew when it is old; an archive that cannot be read says so as khocong_up 0."""

    def __init__(self, archive_dir: Path, most_portals: int) -> None:
        self._what = (archive_dir, most_portals)
        self._lock = Lock()
        self._at = -_FRESH_S
        self._text = ""

    def text(self) -> str:
        from archive.metrics import HELP, Metric, render

        with self._lock:
            if time.monotonic() - self._at >= _FRESH_S:
                try:
                    self._text = render(_collect(*self._what))
                except (KhoCongError, sqlite3.Error):
                    self._text = render([Metric("up", HELP["up"], [({}, 0.0)])])
                self._at = time.monotonic()
            return self._text


def _serve(archive_dir: Path, port: int, most_portals: int, *, as_json: bool) -> None:
    from archive.metrics import CONTENT_TYPE

    kept = _Kept(archive_dir, most_portals)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path.partition("?")[0] == "/metrics"
            body = (kept.text() if known else "/metrics\n").encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Type", CONTENT_TYPE if known else "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            """A line every fifteen seconds is no log."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    except OSError as error:
        raise KhoCongError(f"port {port} cannot be used ({error.strerror}); 0 takes a free one") from error
    console = Console()
    address = f"http://127.0.0.1:{server.server_port}/metrics"
    if as_json:
        console.json({"address": address})
    else:
        console.line(f"metrics of {archive_dir} are at {address} (Ctrl-C ends)")
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        console.note("stopped")
    finally:
        server.server_close()
