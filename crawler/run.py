"""Runs crawls in this process: one writer, one reactor, a session for each portal, and an orderly end."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import Any

from archive.errors import KhoCongError, UsageError
from archive.records import Portal
from archive.store import Store
from archive.warc.writer import WarcWriter
from crawler import registry, settings
from crawler.session import Session
from crawler.tally import Options

LOG_FOLDER = "logs"
# Ctrl-C promises an end within 5 s: so long may answers that are on their way still arrive.
_GRACE_S = 3.0
_TICK_S = 0.5


def options_for(word: str, given: Mapping[str, Any]) -> Options:
    """Return the options of a crawl: the registry's politeness, unless the user asked for more or less."""
    config = registry.find(word)
    delay = given.get("delay")
    if delay is None:
        delay = (
            config.politeness.delay_s
            if config and config.politeness.delay_s is not None
            else Options().delay_s
        )
    since = given.get("since")
    if since is not None:
        try:
            since = date.fromisoformat(str(since)[:10]).isoformat()
        except ValueError as error:
            raise UsageError(f"--since takes a date like 2025-07-01, not {since!r}") from error
    most = given.get("max_requests")
    return Options(
        delay_s=max(0.0, float(delay)),
        max_requests=int(most) if most is not None else None,
        since=since,
        allow_private=str(given.get("allow_private", "")).lower() in ("1", "true", "yes"),
        workers=int(given.get("workers", 1)),
    )


def open_session(word: str, archive_dir: Path, given: Mapping[str, Any]) -> Session:
    """Open an archive and a session of its own for one portal: the way of `scrapy crawl portal`."""
    if not word:
        raise UsageError("which portal? add -a portal=KEY or -a portal=URL")
    portal, seeds, options = registry.resolve(word), _seeds(word), options_for(word, given)
    store = Store(archive_dir, agent=_software())
    return Session(store, _writer(store), portal, seeds, options)


def crawl(
    words: Sequence[str],
    archive_dir: Path,
    given: Mapping[str, Any],
    on_tick: Callable[[Sequence[Session]], None] = lambda _sessions: None,
) -> list[Session]:
    """Crawl the portals named by *words* into the archive; return their sessions, closed.

    Raises UsageError for a word that is neither key nor URL, and what opening the archive raises, before
    anything is fetched. A process can do this once: Twisted's reactor does not start twice.
    """
    # "alone": the URL itself and nothing else to start from (`khocong probe`).
    portals = _distinct(
        [
            (registry.resolve(word), [word] if given.get("alone") else _seeds(word), options_for(word, given))
            for word in words
        ]
    )
    store = Store(archive_dir, agent=_software())
    writer = _writer(store)
    sessions: list[Session] = []
    try:
        sessions += [Session(store, writer, portal, seeds, options) for portal, seeds, options in portals]
        _run(sessions, archive_dir, on_tick)
        return sessions
    finally:
        try:
            for session in sessions:
                session.close("failed: ended before its time")
            writer.close()
        finally:
            store.close()


def _run(
    sessions: Sequence[Session], archive_dir: Path, on_tick: Callable[[Sequence[Session]], None]
) -> None:
    # Imported here: installing the reactor is the business of the process that crawls.
    from scrapy.crawler import AsyncCrawlerProcess
    from scrapy.settings import Settings

    scrapy_settings = Settings()
    scrapy_settings.setmodule(settings, priority="project")
    scrapy_settings.set("LOG_FILE", str(_log_file(archive_dir)), priority="cmdline")
    scrapy_settings.set("USER_AGENT", user_agent(), priority="cmdline")
    process = AsyncCrawlerProcess(scrapy_settings)
    from twisted.internet import reactor as installed

    from crawler.spiders.portal import PortalSpider

    reactor: Any = installed
    loop = asyncio.get_event_loop()
    # crash() and not stop(): before it stops, Scrapy waits for every answer that is on its way.
    ending = _Ending(sessions, loop, reactor.crash)
    for session in sessions:
        crawling = process.crawl(PortalSpider, session=session)
        crawling.add_done_callback(partial(_note_end, session))
    ticking = loop.create_task(_tick(sessions, on_tick))
    with ending:
        process.start(install_signal_handlers=False)
    if ending.crashed:
        # A reactor that stops ends its threads; one that crashed leaves them, and the process would wait.
        reactor.getThreadPool().stop()
    ticking.cancel()
    for session in sessions:
        session.close("interrupted" if ending.asked else None)
    on_tick(sessions)


def _note_end(session: Session, crawling: "asyncio.Future[None]") -> None:
    error = None if crawling.cancelled() else crawling.exception()
    if error is not None:
        session.frontier.stop(f"failed: {type(error).__name__}: {error}")
    session.close()


async def _tick(sessions: Sequence[Session], on_tick: Callable[[Sequence[Session]], None]) -> None:
    while True:
        await asyncio.sleep(_TICK_S)
        on_tick(sessions)


class _Ending:
    """Ctrl-C and SIGTERM: the first lets answers on their way arrive for 3 s, the second does not wait."""

    def __init__(
        self, sessions: Sequence[Session], loop: asyncio.AbstractEventLoop, stop: Callable[[], None]
    ) -> None:
        self.asked = self.crashed = False
        self._sessions = sessions
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
        for session in self._sessions:
            session.frontier.stop("interrupted")
        self._loop.call_later(_GRACE_S, self._crash)

    def _crash(self) -> None:
        if not self.crashed:
            self.crashed = True
            self._stop()


def user_agent() -> str:
    """Return who we say we are; KHOCONG_CONTACT names whom a portal's keepers may write to."""
    contact = os.environ.get("KHOCONG_CONTACT") or settings.DEFAULT_CONTACT
    return settings.USER_AGENT_FORM.format(contact=contact)


def _seeds(word: str) -> list[str]:
    """Return the URLs to start from, each host's front page among them: it tells the platform."""
    seeds = [seed.url for seed in registry.seeds_for(word)]
    origins = ["/".join(url.split("/", 3)[:3]) + "/" for url in seeds]
    return list(dict.fromkeys([*origins[:1], *seeds]))


def _distinct(portals: list[tuple[Portal, list[str], Options]]) -> list[tuple[Portal, list[str], Options]]:
    """Join words that mean one portal: two sessions must not lease the same URLs."""
    found: dict[str, tuple[Portal, list[str], Options]] = {}
    for portal, seeds, options in portals:
        if portal.key in found:
            seeds = list(dict.fromkeys([*found[portal.key][1], *seeds]))
        found[portal.key] = (portal, seeds, options)
    return list(found.values())


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
