"""`khocong merge`: join archives into one; the same command again changes nothing."""

from dataclasses import asdict
from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples
from archive.merge import merge as merge_shards
from archive.software import SOFTWARE
from archive.store import Store


@click.command(epilog=examples("khocong merge shard-1 shard-2 --archive kho"))
@click.argument("shards", nargs=-1, required=True, metavar="SHARD …", type=click.Path(path_type=Path))
@common_options
def merge(shards: tuple[Path, ...], archive_dir: Path, as_json: bool) -> None:
    """Take the portals, articles, captures and WARC files of other archives into this one.

    A shard is an archive folder; it is read, and brought up to this version's schema. Give it back its
    space only after `khocong verify --full` of the whole.
    """
    console = Console()
    with Store(archive_dir, agent=SOFTWARE) as store:
        done = merge_shards(store, list(shards), console.note)
    if as_json:
        console.json([asdict(one) for one in done])
        return
    for one in done:
        console.line(
            f"{one.shard}: {one.articles} articles and {one.captures} captures new;"
            f" {len(one.new_portals)} portals new, {len(one.known_portals)} known"
        )
