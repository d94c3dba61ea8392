"""A run of ingest: sources taken in one after the other, by one writer."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from archive.records import Portal
from archive.search.common import refresh
from archive.search.feeding import Feeding
from archive.store import Store
from archive.warc.writer import WarcWriter
from crawler.ingest import services
from crawler.ingest.intake import Intake
from crawler.ingest.keeping import Copying
from crawler.ingest.portals import PortalFinder
from crawler.ingest.sources import Source
from crawler.ingest.taking import Taking
from crawler.readers import Readers

Lists = Callable[[services.Wanted], Iterator[tuple[str, services.Found]]]


def take_in(
    archive_dir: Path,
    sources: Sequence[Source],
    portals: tuple[str, ...],
    *,
    workers: int,
    on_tick: Callable[[Taking], None],
    lists_of: Lists = lambda _wanted: iter(()),
    on_source: Callable[[str], None] = lambda _name: None,
) -> list[Taking]:
    """Take *sources* in, then what *lists_of* names; return what became of each.

    *portals* are taken in whatever they are. *on_source* is told of each that begins, *on_tick* of records.
    """
    return asyncio.run(_run(archive_dir, sources, portals, workers, on_tick, lists_of, on_source))


def enter_portals(archive_dir: Path, known: Iterable[Portal]) -> None:
    """Have the archive in *archive_dir* know portals that another one knows: their hosts are taken in."""
    with Store(archive_dir, agent=_software()) as store:
        for portal in known:
            if store.portal(portal.key) is None:
                store.save_portal(portal)


async def _run(
    archive_dir: Path,
    sources: Sequence[Source],
    portals: tuple[str, ...],
    workers: int,
    on_tick: Callable[[Taking], None],
    lists_of: Lists,
    on_source: Callable[[str], None],
) -> list[Taking]:
    takings = []
    with (
        Store(archive_dir, agent=_software(), feeding=Feeding()) as store,
        WarcWriter(store.warc_directory, prefix="khocong-ingest", software=_software()) as writer,
    ):
        readers = Readers(workers)
        finder = PortalFinder(store, portals)
        keeper = Copying(store, writer)
        intake = Intake(store, keeper, readers, finder, at_once=max(2, 3 * workers), on_tick=on_tick)
        try:
            for source in sources:
                on_source(source.name)
                takings.append(await intake.take_in(source, store.path))
            for name, found in lists_of(intake.wants):
                on_source(name)
                takings.append(await intake.take_all(name, found))
            await intake.finish()
            intake.flush()
            refresh(store.db)
        finally:
            intake.flush()
            await readers.close()
    return takings


def _software() -> str:
    return f"khocong/{version('khocong')}"
