"""Runs crawls in this process: one writer, one reactor, a session for each portal, and an orderly end."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any, TypeAlias

from archive.errors import ArchiveError, KhoCongError, UsageError
from archive.search.feeding import Feeding
from archive.store import Store
from archive.store.missing import note_missing_captures
from archive.warc.writer import WarcWriter
from crawler import plans, settings
from crawler.commit import Committer
from crawler.conducting import PARALLEL, Conductor, Ended
from crawler.journal import within
from crawler.plans import Plan
from crawler.readers import Readers
from crawler.session import Session
from crawler.sharing import CommitGroup, ReadersShare
from crawler.starting import quick_start
from crawler.telling import TELLER

logger = logging.getLogger(__name__)

LOG_FOLDER = "logs"
# Ctrl-C promises an end within 5 s: so long may answers that are on their way still arrive.
_GRACE_S = 3.0
_TICK_S = 0.5

Choose: TypeAlias = Callable[[Store], list[Plan]]


def open_session(word: str, archive_dir: Path, given: Mapping[str, Any]) -> Session:
    """Open an archive and a session of its own for one portal: the way of `scrapy crawl portal`."""
    if not word:
        raise UsageError("which portal? add -a portal=KEY or -a portal=URL")
    [plan] = plans.named([word], given)
    store = Store(archive_dir, agent=_software(), feeding=Feeding())
    return Session(store, _writer(store), plan.portal, plan.seeds, plan.options)


class Watch:
    """What is told of a run while it goes: subclass what you care for.

    With `feeds` more portals may be put into `conductor.waiting` on a tick: the run is made for many.
    """

    feeds = False

    def on_plan(self, plans: Sequence[Plan]) -> None:
        """The portals are known, and none is begun."""

    def on_tick(self, conductor: Conductor) -> None:
        """Half a second has passed; also called once at the end."""

    def on_end(self, ended: Ended) -> None:
        """A portal has ended, well or not."""


def crawl(
    words: Sequence[str],
    archive_dir: Path,
    given: Mapping[str, Any],
    watch: Watch | None = None,
    *,
    choose: Choose | None = None,
    parallel: int = PARALLEL,
) -> list[dict[str, Any]]:
    """Crawl portals into the archive, *parallel* at a time; return the summary of each, in order of end.

    The portals are those *words* name, or those *choose* finds in the opened archive. Raises UsageError
    for a word that is neither key nor URL, and what opening the archive raises, before anything is
    fetched. A process can do this once: Twisted's reactor does not start twice.
    """
    watch = watch or Watch()
    # Words that mean nothing are said before an archive is made; keys of the archive need it open.
    known = None if choose is not None or archive_dir.exists() else plans.named(words, given)
    store = Store(archive_dir, agent=_software(), feeding=Feeding())
    writer = _writer(store)
    try:
        if known is None:
            known = choose(store) if choose is not None else plans.named(words, given, store)
        watch.on_plan(known)
        if not known:
            return []
        pool = Readers(plans.workers_of(known, given, os.cpu_count() or 1))
        # What came of a page may be lost by a power cut, its bytes never: they are adopted by the next run.
        with store.db.relaxed():
            made = [ended.summary for ended in _run(store, writer, known, pool, watch, parallel)]
            link_copies(store, made, pool.signatures)
            note_missing_captures(store.db)
        TELLER.finish(store, hurry=any(summary.get("reason") == "interrupted" for summary in made))
        return made
    finally:
        try:
            writer.close()
        finally:
            store.close()


def link_copies(
    store: Store,
    summaries: Sequence[Mapping[str, Any]],
    signatures: Mapping[str, bytes] | None = None,
) -> None:
    """Compare the new articles with all others, and bring the common words up to date; not after Ctrl-C,
    which promises an end within 5 s.

    What is left (a minute's work is some 60,000 articles) waits for the next crawl.
    """
    if any(summary.get("reason") == "interrupted" for summary in summaries):
        return
    # Imported when a crawl is over, as what else it ends with: a start should not wait for them.
    from archive.near_duplicates import update

    try:
        update(store.db, time_s=60.0, signed=signatures)
    except ArchiveError as error:
        logger.error("copies could not be looked for: %s", error)
    from archive.search.common import refresh

    refresh(store.db)


def _run(
    store: Store,
    writer: WarcWriter,
    chosen: Sequence[Plan],
    pool: Readers,
    watch: Watch,
    parallel: int,
) -> list[Ended]:
    group = CommitGroup(store, writer)
    at_once = parallel if watch.feeds else min(len(chosen), parallel)
    many = at_once > 1 or len(chosen) > 1
    with quick_start():
        process, reactor = _scrapy(store.path, at_once)
        # Imported here: the reactor must be installed before anything of Scrapy's asks for it.
        from crawler.spiders.portal import PortalSpider

    def begin(plan: Plan) -> Session:
        readers = ReadersShare(pool) if many else pool
        committer = group.committer if many else Committer
        return Session(store, writer, plan.portal, plan.seeds, plan.options, readers, committer, plan.why)

    def finish(session: Session) -> dict[str, Any]:
        from crawler.expecting import judged
        from crawler.summary import summary_of

        group.leave(session.committer)
        return judged(store, session.crawl_id, summary_of(session))

    conductor = Conductor(
        chosen,
        begin=begin,
        crawl=lambda session: within(session, lambda: process.crawl(PortalSpider, session=session)),
        finish=finish,
        on_end=watch.on_end,
        parallel=parallel,
    )
    loop = asyncio.get_event_loop()
    conducting = loop.create_task(_conduct(conductor, pool, reactor))
    ticking = loop.create_task(_tick(conductor, watch))
    # crash() and not stop(): before it stops, Scrapy waits for every answer that is on its way.
    ending = _Ending(conductor, loop, reactor.crash)
    try:
        with ending:
            process.start(stop_after_crawl=False, install_signal_handlers=False)
        if ending.crashed:
            # A reactor that stops ends its threads; one that crashed leaves them, and the process would wait.
            reactor.getThreadPool().stop()
        ticking.cancel()
        if conducting.done() and not conducting.cancelled() and (error := conducting.exception()) is not None:
            raise error
    finally:
        conductor.close()
        pool.kill()
    watch.on_tick(conductor)
    return conductor.ended


def _scrapy(archive_dir: Path, portals: int) -> tuple[Any, Any]:
    """Return Scrapy's process for so many *portals* at a time, and the reactor it installed."""
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    scrapy_settings = Settings()
    scrapy_settings.setmodule(settings, priority="project")
    scrapy_settings.set("LOG_FILE", str(_log_file(archive_dir)), priority="cmdline")
    scrapy_settings.set("USER_AGENT", user_agent(), priority="cmdline")
    # Names are resolved in threads, and a name server that is silent holds one for up to 20 s: with
    # Scrapy's ten, the names of ten dead portals would keep all others waiting.
    scrapy_settings.set("REACTOR_THREADPOOL_MAXSIZE", min(256, 10 + 4 * portals), priority="cmdline")
    process = AsyncCrawlerProcess(scrapy_settings)
    from twisted.internet import reactor

    return process, reactor


async def _conduct(conductor: Conductor, pool: Readers, reactor: Any) -> None:
    try:
        pool.warm_up()
        await conductor.run()
    finally:
        if reactor.running:
            reactor.stop()


async def _tick(conductor: Conductor, watch: Watch) -> None:
    while True:
        await asyncio.sleep(_TICK_S)
        watch.on_tick(conductor)


class _Ending:
    """Ctrl-C and SIGTERM: the first lets answers on their way arrive for 3 s, the second does not wait."""

    def __init__(
        self, conductor: Conductor, loop: asyncio.AbstractEventLoop, stop: Callable[[], None]
    ) -> None:
        self.asked = self.crashed = False
        self._conductor = conductor
        self._loop = loop
        self._stop = stop
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Ending":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._signalled)
        return self

    def __exit__(self, *_exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self._loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        if self.asked:
            self._crash()
            return
        self.asked = True
        self._conductor.stop("interrupted")
        self._loop.call_later(_GRACE_S, self._crash)

    def _crash(self) -> None:
        if not self.crashed:
            self.crashed = True
            self._stop()


def user_agent() -> str:
    """Return who we say we are; KHOCONG_CONTACT names whom a portal's keepers may write to."""
    contact = os.environ.get("KHOCONG_CONTACT") or settings.DEFAULT_CONTACT
    return settings.USER_AGENT_FORM.format(contact=contact)


def _writer(store: Store) -> WarcWriter:
    return WarcWriter(store.warc_directory, software=_software(), robots="obey (RFC 9309)")


def _software() -> str:
    return f"khocong/{version('khocong')} scrapy/{version('scrapy')}"


def _log_file(archive_dir: Path) -> Path:
    folder = archive_dir / LOG_FOLDER
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise KhoCongError(
            f"cannot make {folder}: {error.strerror}; change its rights or name another archive"
        ) from error
    return folder / f"crawl-{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"
