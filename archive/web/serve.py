"""Builds the Datasette of an archive and runs it on loopback until told to stop."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from archive.database import DATABASE_NAME, open_archive
from archive.errors import KhoCongError
from archive.web import plugin
from archive.web.describing import describe
from archive.web.hosts import names_of
from archive.web.lazily import lazily
from archive.web.processes import more_of
from archive.web.publishing import inspected, is_snapshot
from archive.web.rendering import DATABASE
from archive.web.replay import Replay

with lazily():
    from datasette.app import Datasette
    from datasette.plugins import pm

HERE = Path(__file__).parent
HOST = "127.0.0.1"
# An article is read in six steps between two threads; at each of them a search beside it may hold the
# interpreter as long as this. Python's own 5 ms make 30 ms of it.
SWITCH_S = 0.0005

SETTINGS = {
    # At a million articles Datasette's one second answers common phrases with "SQL Interrupted".
    "sql_time_limit_ms": 3000,
    "facet_time_limit_ms": 500,
    # Guessing facets reads every column of every table shown; ours are on the search page.
    "suggest_facets": False,
    # An article must not wait for a search to give its thread back.
    "num_sql_threads": 8,
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

    `published` lets search engines in, `metrics` gives Prometheus its numbers at /metrics.
    """

    origin: str = ""
    replay: str = ""
    published: bool = False
    metrics: bool = False


def build(archive_dir: Path, replay: str = "", public: Public | None = None) -> Datasette:
    """Return the Datasette of the archive in *archive_dir*, which is only read.

    *replay* is the origin of the replay server, "" where there is none. Raises ArchiveMissing,
    ArchiveDamaged or ArchiveTooNew, as every reader does, and ArchiveTooOld: serving changes nothing.
    """
    db = open_archive(archive_dir, write=False, upgrade=False)
    try:
        metadata = describe(db)
    finally:
        db.close()
    public = public or Public()
    if not pm.is_registered(plugin):
        pm.register(plugin, name="khocong")
    # Where Rich is installed, Datasette prints each refused query to stdout, with every variable of every
    # frame: a pipe that nobody read filled, and no reader was answered any more.
    import_module("datasette.handle_exception").rich = None  # type: ignore[attr-defined]  # a module's global
    database = archive_dir / DATABASE_NAME
    files: dict[str, Any] = {"files": [str(database)]}
    if is_snapshot(archive_dir):
        # WAL readers need a shared-memory file beside the database; where none can be made, nobody writes.
        files = {"immutables": [str(database)], "inspect_data": {DATABASE: inspected(archive_dir)}}
    metadata["plugins"] = {
        "khocong": {
            "replay": (public.replay or replay).rstrip("/"),
            "hosts": sorted(names_of(public.origin, public.replay)),
            "published": public.published,
            "metrics": public.metrics,
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
    workers: int = 1,
) -> None:
    """Serve the archive until SIGINT or SIGTERM; *ready* gets both addresses once it answers.

    Originals are replayed from *replay_port*: another origin (I9). 0 takes a free one, None leaves it out.
    The pages are served by *workers* processes; the first one replays as well.
    """
    public = public or Public()
    # What is wrong with the archive is said once, before there are several processes.
    open_archive(archive_dir, write=False, upgrade=False).close()
    bound = listen(port)
    replay_bound = listen(replay_port) if replay_port is not None else None
    address = _address(bound)
    replay = _address(replay_bound).rstrip("/") if replay_bound is not None else ""

    def pages(tell: Callable[[str, str], None]) -> None:
        _serve_pages(build(archive_dir, replay, public), bound, lambda: tell(address, replay))

    try:
        with (
            more_of(workers - 1, lambda: pages(lambda *_: None)),
            _replaying(archive_dir, replay_bound, address, replay, public),
        ):
            pages(ready)
    finally:
        bound.close()
        if replay_bound is not None:
            replay_bound.close()


def _serve_pages(datasette: Datasette, bound: socket.socket, ready: Callable[[], None]) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets=sockets)
            if self.started:
                ready()

    sys.setswitchinterval(SWITCH_S)
    Server(_configured(datasette.app(), "on")).run(sockets=[bound])


@contextmanager
def _replaying(
    archive_dir: Path, bound: socket.socket | None, address: str, replay: str, public: Public
) -> Iterator[None]:
    """Run the replay server while the block runs, in a thread of its own: signals go to the pages' server."""
    import uvicorn

    if bound is None:
        yield
        return
    hosts = names_of(public.origin, public.replay)
    app = Replay(archive_dir, public.origin or address, public.replay or replay, hosts)
    server = uvicorn.Server(_configured(app, "off"))
    Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True).start()
    try:
        yield
    finally:
        server.should_exit = True


def _configured(app: Any, lifespan: Any) -> Any:
    import uvicorn

    return uvicorn.Config(
        app, log_level="warning", access_log=False, lifespan=lifespan, timeout_graceful_shutdown=2
    )


def _address(bound: socket.socket) -> str:
    return f"http://{HOST}:{bound.getsockname()[1]}/"
