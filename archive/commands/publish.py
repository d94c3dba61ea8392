"""`khocong publish`: how to put the archive before the public, and a snapshot that does not change."""

from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples


@click.command(
    epilog=examples(
        "khocong publish https://kho.example.vn https://goc.example.vn --archive kho",
        "khocong publish https://kho.example.vn https://goc.example.vn --snapshot /srv/kho-2026-11",
    )
)
@click.argument("public", metavar="URL")
@click.argument("replay_public", metavar="REPLAY_URL")
@click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="First make an unchanging copy in DIR, and publish that.",
)
@click.option("--port", type=click.IntRange(1, 65535), default=8001, show_default=True)
@click.option("--replay-port", type=click.IntRange(1, 65535), default=8002, show_default=True)
@common_options
def publish(
    public: str,
    replay_public: str,
    snapshot: Path | None,
    port: int,
    replay_port: int,
    archive_dir: Path,
    as_json: bool,
) -> None:  # fmt: skip
    """Print what nginx and systemd must be told to serve the archive at URL, and its captures at REPLAY_URL.

    The two need hosts of their own: a captured page must never share an origin with the archive's pages.
    Nothing is sent anywhere and nothing is started.
    """
    from archive.database import open_archive
    from archive.errors import UsageError
    from archive.web import publishing

    origin, replay = publishing.origin_of(public), publishing.origin_of(replay_public)
    if origin.split("://")[-1].split(":")[0] == replay.split("://")[-1].split(":")[0]:
        raise UsageError("the captures need a host of their own: name two different hosts")
    if port == replay_port:
        raise UsageError("the two servers need two ports")
    open_archive(archive_dir, write=False, upgrade=False).close()
    console = Console()
    made = publishing.snapshot(archive_dir, snapshot) if snapshot is not None else None
    folder = snapshot or archive_dir
    proxy = publishing.nginx(origin, replay, port, replay_port)
    unit = publishing.systemd(folder, origin, replay, port, replay_port)
    plain = f"datasette serve --immutable {folder / 'archive.db'} --setting allow_download off"
    if as_json:
        console.json(
            {"snapshot": made, "folder": str(folder), "nginx": proxy, "systemd": unit, "datasette": plain}
        )
        return
    if made is not None:
        console.note(f"{folder}: {made['articles']} articles, {made['size_bytes']} bytes, read-only")
    for title, text in (
        ("/etc/nginx/conf.d/khocong.conf", proxy),
        ("/etc/systemd/system/khocong.service", unit),
        ("or the tables alone, on any host that serves Datasette", plain + "\n"),
    ):
        console.line(f"# {title}")
        for line in text.splitlines():
            console.line(line)
        console.line()
