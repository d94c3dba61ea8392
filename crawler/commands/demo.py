"""`khocong demo`: everything once, end to end, on a portal of our own on loopback."""

import contextlib
import json
import os
import shlex
import sys
from pathlib import Path
from urllib.parse import urlsplit

import click

from archive.commands.common import Console, examples, json_option, run
from archive.errors import ArchiveMissing, KhoCongError
from crawler.demo import NAME, DemoServer, articles

DEMO_ARCHIVE = Path("demo-archive")
QUESTION = "chi thi 33 dan van"
# Where a new demo portal listens when it can; a URL that is easy to read again later.
_PORT = 8094
# How the words before the command are typed here: run.py sets it, so that what we print can be pasted.
_TYPED_AS = "KHOCONG_TYPED_AS"


@click.command(epilog=examples("khocong demo", "khocong demo --no-serve", "khocong demo --archive try-it"))
@click.option("--no-serve", is_flag=True, help="End after the search instead of serving the archive.")
@click.option(
    "--archive",
    "archive_dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEMO_ARCHIVE,
    show_default="./demo-archive",
    metavar="DIR",
    help="The demo's own archive; the same folder again is brought up to date.",
)
@json_option
def demo(no_serve: bool, archive_dir: Path, as_json: bool) -> int:
    """Crawl a small portal that comes along, search it, and show where to read it.

    Needs no network: the portal is served on 127.0.0.1 while the demo runs. All its articles but one are
    made up. With --json the result is one document and nothing is served.
    """
    with _portal(archive_dir) as portal:
        _say(f"The portal: {NAME}, {len(articles())} articles, at {portal.url}")
        crawl = ["crawl", portal.url, *_at(archive_dir), "--delay", "0", "--allow-private"]
        if code := _run(crawl, to_stderr=as_json):
            return code
        if as_json:
            return _print_json(archive_dir, portal)
        for words in (["status"], ["search", QUESTION, "--limit", "5"]):
            if code := _run([*words, *_at(archive_dir)]):
                return code
        serve = ["serve", *_at(archive_dir)]
        if not no_serve:
            # The portal goes on answering meanwhile, so that links to the original pages work.
            return _run([*serve, "--port", "0"])
    Console().line(f"To read it in a browser: {_typed(serve)}")
    return 0


def _at(archive_dir: Path) -> list[str]:
    return ["--archive", str(archive_dir)]


def _portal(archive_dir: Path) -> DemoServer:
    """Return the portal at the address this archive knows it by, so that nothing is archived twice."""
    known = _known_port(archive_dir)
    try:
        return DemoServer(known or _PORT)
    except OSError as error:
        if known is None:
            return DemoServer()
        raise KhoCongError(
            f"port {known}, where the portal of {archive_dir} stands, is taken: stop what listens there,"
            " or name another folder with --archive"
        ) from error


def _known_port(archive_dir: Path) -> int | None:
    from archive.database import open_archive

    try:
        db = open_archive(archive_dir, write=False)
    except ArchiveMissing:
        return None
    try:
        rows = db.conn.execute("SELECT hosts FROM portals ORDER BY first_seen_at").fetchall()
    finally:
        db.close()
    hosts = [urlsplit(f"//{host}") for (hosts,) in rows for host in json.loads(hosts)]
    return next((host.port for host in hosts if host.hostname == "127.0.0.1" and host.port), None)


def _run(words: list[str], *, to_stderr: bool = False) -> int:
    """Run a command as a person would type it, after showing it; return its exit code."""
    from crawler.cli import cli

    _say(f"\n$ {_typed(words)}")
    with contextlib.redirect_stdout(sys.stderr) if to_stderr else contextlib.nullcontext():
        return run(cli, "khocong", words)


def _typed(words: list[str]) -> str:
    return f"{os.environ.get(_TYPED_AS, 'khocong')} {shlex.join(words)}"


def _say(text: str) -> None:
    # Straight away, and on the side: the commands' own results stay alone on stdout.
    sys.stdout.flush()
    click.echo(text, err=True)


def _print_json(archive_dir: Path, portal: DemoServer) -> int:
    from archive.reading import Archive

    with Archive(archive_dir) as archive:
        Console().json(
            {
                "archive": str(archive_dir),
                "url": portal.url,
                "requests": len(portal.log),
                "articles": sum(one.articles for one in archive.status()),
                "question": QUESTION,
                "search": archive.search(QUESTION, limit=5).as_json(),
            }
        )
    return 0
