"""Builds the Datasette of an archive and runs it on loopback until told to stop."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from datasette.app import Datasette
from datasette.plugins import pm

from archive.database import DATABASE_NAME, open_archive
from archive.errors import KhoCongError
from archive.web import plugin

HERE = Path(__file__).parent
HOST = "127.0.0.1"

SETTINGS = {
    # At a million articles Datasette's one second answers common phrases with "SQL Interrupted".
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 500,
    # Guessing facets reads every column of every table shown; ours are on the search page.
    "suggest_facets": False,
    "max_returned_rows": 1000,
    "default_page_size": 50,
    "allow_download": False,
    "template_debug": False,
    # An archive that is being crawled changes under the reader.
    "default_cache_ttl": 0,
}


def build(archive_dir: Path) -> Datasette:
    """Return the Datasette of the archive in *archive_dir*, which is only read.

    Raises ArchiveMissing, ArchiveDamaged or ArchiveTooNew, as every reader does.
    """
    open_archive(archive_dir, write=False).close()
    if not pm.is_registered(plugin):
        pm.register(plugin, name="khocong")
    database = archive_dir / DATABASE_NAME
    files = {"files": [str(database)]}
    if not os.access(archive_dir, os.W_OK) and not database.with_name(f"{DATABASE_NAME}-wal").exists():
        # WAL readers need a shared-memory file beside the database; where none can be made, nobody writes.
        files = {"immutables": [str(database)]}
    return Datasette(
        **files,
        metadata=yaml.safe_load((HERE / "metadata.yml").read_text(encoding="utf-8")),
        template_dir=str(HERE / "templates"),
        static_mounts=[("khocong", str(HERE / "static"))],
        settings=dict(SETTINGS),
    )


def listen(port: int) -> socket.socket:
    """Return a socket bound to *port* of the loopback address; 0 takes a free one."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        raise KhoCongError(
            f"port {port} cannot be used ({error.strerror}); --port 0 takes a free one"
        ) from error
    return bound


def run(archive_dir: Path, port: int, ready: Callable[[str], None]) -> None:
    """Serve the archive until SIGINT or SIGTERM; *ready* is called with the address once it answers."""
    import uvicorn

    datasette = build(archive_dir)
    bound = listen(port)
    address = f"http://{HOST}:{bound.getsockname()[1]}/"

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                ready(address)

    config = uvicorn.Config(_app(datasette), log_level="warning", lifespan="on", timeout_graceful_shutdown=2)
    try:
        Server(config).run(sockets=[bound])
    finally:
        bound.close()


def _app(datasette: Datasette) -> Any:
    return datasette.app()
