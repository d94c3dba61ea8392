"""What the commands ask of a cluster: portals crawled, files taken in."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from archive.commands.common import clean
from archive.database import DATABASE_NAME, open_archive
from archive.records import Portal
from archive.software import SOFTWARE
from archive.store import Store
from crawler import plans, registry
from crawler.cluster.gathering import gather, shards_folder
from crawler.cluster.jobs import CrawlJob, IngestJob
from crawler.cluster.shards import has_home
from crawler.ingest.taking import Taking
from crawler.plans import Plan
from crawler.portals_kept import kept_portal


def say(line: str) -> None:
    """Write a line for people, on stderr."""
    click.echo(clean(line), err=True)


def crawl_portals(
    address: str,
    words: Sequence[str],
    archive_dir: Path,
    shards: Path | None,
    given: Mapping[str, Any],
    *,
    keep_shards: bool,
    choose: Callable[[Store], list[Plan]] | None,
    on_end: Callable[[dict[str, Any]], None],
) -> tuple[list[dict[str, Any]], list[str]]:
    """Crawl portals, each a task; return the summaries and the keys of those not begun or not ended."""
    chosen = _chosen(words, archive_dir, given, choose)
    if not chosen:
        return [], []
    folder = shards_folder(archive_dir, shards)
    jobs = [CrawlJob(plan, given) for plan in chosen]
    if begun_here := _known_here_alone(archive_dir, folder, jobs):
        say(
            f"{begun_here} portals of the archive have no shard in {folder}: they are crawled from their"
            " beginning there, and what is known of them is joined; `khocong crawl` without --cluster goes on"
        )
    done = gather(
        address, jobs, archive_dir, folder, keep_shards=keep_shards, say=say, on_end=on_end,
    )  # fmt: skip
    return done.made, [job.plan.portal.key for job in done.skipped if isinstance(job, CrawlJob)]


def ingest_files(
    address: str,
    words: Sequence[str],
    archive_dir: Path,
    shards: Path | None,
    *,
    portals: tuple[str, ...],
    keep_shards: bool,
    url: str | None,
    at: str | None,
    workers: int,
) -> list[Taking]:
    """Take files in, each a task; return what became of each, in the order of the words."""
    for word in portals:
        registry.resolve(word)  # a word that means nothing is said before anything is done
    known = _known(archive_dir)
    jobs = [IngestJob(_absolute(word), portals, known, url, at, workers) for word in dict.fromkeys(words)]
    done = gather(
        address, jobs, archive_dir, shards_folder(archive_dir, shards), keep_shards=keep_shards, say=say
    )
    made = {one["file"]: one["takings"] for one in done.made}
    return [
        taking
        for job in jobs
        for taking in made.get(job.word, job.failed("interrupted; run the same command again")["takings"])
    ]


def _chosen(
    words: Sequence[str],
    archive_dir: Path,
    given: Mapping[str, Any],
    choose: Callable[[Store], list[Plan]] | None,
) -> list[Plan]:
    if choose is None and not archive_dir.exists():
        return plans.named(words, given)
    with Store(archive_dir, agent=SOFTWARE) as store:
        return choose(store) if choose is not None else plans.named(words, given, store)


def _known_here_alone(archive_dir: Path, folder: Path, jobs: Sequence[CrawlJob]) -> int:
    """Return how many portals the archive has articles of while no shard remembers them."""
    if not (archive_dir / DATABASE_NAME).exists():
        return 0
    with closing(open_archive(archive_dir, write=False)) as db:
        known = {key for (key,) in db.execute("SELECT DISTINCT portal_key FROM articles")}
    return sum(job.plan.portal.key in known and not has_home(folder, job.home) for job in jobs)


def _known(archive_dir: Path) -> tuple[Portal, ...]:
    """Return the portals of the archive that no registry names: a worker cannot know them."""
    if not (archive_dir / DATABASE_NAME).exists():
        return ()
    db = open_archive(archive_dir, write=False)
    try:
        keys = [key for (key,) in db.execute("SELECT portal_key FROM portals ORDER BY portal_key")]
        return tuple(kept_portal(db, key) for key in keys if registry.find_readable(key) is None)
    finally:
        db.close()


def _absolute(word: str) -> str:
    return word if "://" in word else str(Path(word).absolute())
