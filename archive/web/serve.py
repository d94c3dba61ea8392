"""Builds the Datasette of an archive and runs it on loopback until told to stop."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from datasette.app import Datasette
from datasette.plugins import pm

from archive.database import DATABASE_NAME, open_archive
from archive.errors import KhoCongError
from archive.web import plugin
from archive.web.describing import describe
from archive.web.hosts import names_of
from archive.web.publishing import is_snapshot
from archive.web.replay import Replay

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


@dataclass(frozen=True, slots=True)
class Public:
    """How the archive is reached from elsewhere: the origins behind which a proxy stands; "" for none.

    `published` lets search engines in.
    """

    origin: str = ""
    replay: str = ""
    published: bool = False


def build(archive_dir: Path, replay: str = "", public: Public | None = None) -> Datasette:
    """Return the Datasette of the archive in *archive_dir*, which is only read.

    *replay* is the origin of the replay server, "" where there is none. Raises ArchiveMissing,
    ArchiveDamaged or ArchiveTooNew, as every reader does.
    """
    db = open_archive(archive_dir, write=False)
    try:
        metadata = describe(db)
    finally:
        db.close()
    public = public or Public()
    if not pm.is_registered(plugin):
        pm.register(plugin, name="khocong")
    database = archive_dir / DATABASE_NAME
    files = {"files": [str(database)]}
    if is_snapshot(archive_dir):
        # WAL readers need a shared-memory file beside the database; where none can be made, nobody writes.
        files = {"immutables": [str(database)]}
    metadata["plugins"] = {
        "khocong": {
            "replay": (public.replay or replay).rstrip("/"),
            "hosts": sorted(names_of(public.origin, public.replay)),
            "published": public.published,
        }
    }
    return Datasette(
        **files,
        metadata=metadata,
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


def run(
    archive_dir: Path,
    port: int,
    ready: Callable[[str, str], None],
    *,
    replay_port: int | None = 0,
    public: Public | None = None,
) -> None:
    """Serve the archive until SIGINT or SIGTERM; *ready* gets both addresses once it answers.

    Originals are replayed from *replay_port*: another origin (I9). 0 takes a free one, None leaves it out.
    """
    import uvicorn

    public = public or Public()
    bound = listen(port)
    replay_bound = listen(replay_port) if replay_port is not None else None
    address = _address(bound)
    replay = _address(replay_bound).rstrip("/") if replay_bound is not None else ""
    try:
        datasette = build(archive_dir, replay, public)

        class Server(uvicorn.Server):
            async def startup(self, sockets: list[socket.socket] | None = None) -> None:
                await super().startup(sockets=sockets)
                if self.started:
                    ready(address, replay)

        def configure(app: Any, lifespan: Any) -> uvicorn.Config:
            return uvicorn.Config(app, log_level="warning", lifespan=lifespan, timeout_graceful_shutdown=2)

        second: uvicorn.Server | None = None
        if replay_bound is not None:
            app = Replay(
                archive_dir,
                public.origin or address,
                public.replay or replay,
                names_of(public.origin, public.replay),
            )
            second = uvicorn.Server(configure(app, "off"))
            # A thread of its own: signals go to the first server, which ends this one with it.
            Thread(target=second.run, kwargs={"sockets": [replay_bound]}, daemon=True).start()
        try:
            Server(configure(datasette.app(), "on")).run(sockets=[bound])
        finally:
            if second is not None:
                second.should_exit = True
    finally:
        bound.close()
        if replay_bound is not None:
            replay_bound.close()


def _address(bound: socket.socket) -> str:
    return f"http://{HOST}:{bound.getsockname()[1]}/"
