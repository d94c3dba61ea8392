"""A whole run on a cluster: tasks given out, and their shards joined into the archive."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from archive.errors import ArchiveError
from archive.software import SOFTWARE
from archive.store import Store
from crawler.cluster.dispatch import Dispatcher, Given
from crawler.cluster.engines import engine_of
from crawler.cluster.jobs import Job
from crawler.cluster.shards import found_in, machine

Say = Callable[[str], None]


def shards_folder(archive_dir: Path, given: Path | None) -> Path:
    """Return where shards are: beside the archive, unless another folder was named; as workers see it too."""
    return (given or archive_dir.with_name(f"{archive_dir.name}-shards")).absolute()


def gather(
    address: str,
    jobs: Sequence[Job],
    archive_dir: Path,
    folder: Path,
    *,
    keep_shards: bool,
    say: Say,
    on_end: Callable[[dict[str, Any]], None] = lambda _made: None,
) -> Given:
    """Run *jobs* on the cluster at *address*, join their shards into the archive, return what came of them.

    After Ctrl-C, and with *keep_shards*, the shards are left as they are: the same command goes on in them.
    Raises what `engine_of` raises before anything is done, and what joining raises.
    """
    far: dict[str, int] = {}

    def how_far(said: Mapping[str, Any]) -> None:
        name = str(said.get("portal") or said.get("file"))
        count = int(said.get("requests") or said.get("records") or 0)
        if count - far.get(name, -100) >= 100:
            far[name] = count
            say(f"{name}: {count} {'fetched' if 'requests' in said else 'records'}")

    engine = engine_of(address, folder, how_far)
    with closing(engine):
        given = Dispatcher(engine, jobs, on_end=on_end, say=say).run()
    if given.interrupted or keep_shards:
        say(f"the shards are left in {folder}; the same command goes on in them")
        return given
    join(archive_dir, folder, given, say)
    return given


def join(archive_dir: Path, folder: Path, given: Given, say: Say) -> None:
    """Merge what the tasks left on this machine's disks; name what lies on others'. Safe to do again."""
    from archive.merge import merge
    from archive.near_duplicates import update

    here = {str(shard) for shard in found_in(folder)}
    for where, shard in sorted(given.shards):
        if shard not in here:
            say(f"{shard} is on {where}, not on {machine()}: bring it here, then `khocong merge` takes it in")
    mine = [Path(shard) for _, shard in sorted(given.shards) if shard in here]
    if not mine:
        return
    with Store(archive_dir, agent=SOFTWARE) as store:
        for one in merge(store, mine, say):
            say(
                f"{Path(one.shard).name}: {one.articles} articles and {one.captures} captures joined"
                f" into {archive_dir}"
            )
        try:
            update(store.db, time_s=60.0)
        except ArchiveError as error:
            say(f"copies could not be looked for: {error}")
    say(
        f"the shards stay in {folder}: the next run knows from them what it has. Give their space back only"
        " after `khocong verify --full`; a portal without its shard is crawled from its beginning"
    )
