"""What is given to a worker, and what comes back: plain data, pickled on the way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from archive.errors import KhoCongError
from archive.records import Portal
from crawler.plans import Plan

# Told on the way: how far a task is, by the names of a summary.
Tell = Callable[[Mapping[str, Any]], None]


class Busy(KhoCongError):
    """A host or a shard that the task needs is held by another; it is worth asking again."""


class Job(Protocol):
    """One task. `home` names what it leaves in its shard: a task of the same home goes on there.

    `hosts` are held while it runs, so that no two workers ask one of them anything.
    """

    @property
    def home(self) -> str: ...

    @property
    def hosts(self) -> tuple[str, ...]: ...

    def run(self, shard: Path, tell: Tell) -> dict[str, Any]:
        """Do it, in a process of its own; *shard* is an archive folder that nobody else writes."""
        ...

    def failed(self, why: str) -> dict[str, Any]:
        """Return what `run` would have returned, where it could not."""
        ...


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a task: what `Job.run` returned, and where the shard is; or why to ask again."""

    made: dict[str, Any] = field(default_factory=dict)
    shard: str = ""
    machine: str = ""
    busy: str = ""


def host_of(name: str) -> str:
    """Return host[:port] as politeness counts it: `www.` and the bare name are one."""
    return name.lower().removeprefix("www.")


@dataclass(frozen=True, slots=True)
class CrawlJob:
    """Crawl one portal to its end."""

    plan: Plan
    given: Mapping[str, Any]

    @property
    def home(self) -> str:
        """The portal's key."""
        return f"portal {self.plan.portal.key}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts of the portal."""
        return tuple(sorted({host_of(host) for host in self.plan.portal.hosts}))

    def run(self, shard: Path, tell: Tell) -> dict[str, Any]:
        """Crawl into the shard, as `khocong crawl` does; return the summary."""
        from crawler.starting import quick_start

        with quick_start():
            from crawler import run

        class Told(run.Watch):
            """Passes on how far the portal is."""

            ticks = 0

            def on_tick(self, conductor: Any) -> None:
                self.ticks += 1
                if self.ticks % 4 == 0:
                    for session in conductor.sessions:
                        tally = session.tally
                        tell({"portal": session.portal.key, "requests": tally.requests,
                              "articles": tally.articles})  # fmt: skip

        made = run.crawl((), shard, self.given, Told(), choose=lambda _store: [self.plan], parallel=1)
        return made[0] if made else self.failed("interrupted")

    def failed(self, why: str) -> dict[str, Any]:
        """Return the summary of a portal that was not crawled."""
        from crawler.conducting import failed_summary

        summary = failed_summary(self.plan, why)
        return {**summary, "reason": why} if why == "interrupted" else summary


@dataclass(frozen=True, slots=True)
class IngestJob:
    """Take one file in. *word* is a path or an address (s3://…), *known* what the archive's portals are."""

    word: str
    portals: tuple[str, ...] = ()
    known: tuple[Portal, ...] = ()
    url: str | None = None
    at: str | None = None
    workers: int = 1

    @property
    def home(self) -> str:
        """The file."""
        return f"file {self.word}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """None: nothing is asked of a portal."""
        return ()

    def run(self, shard: Path, tell: Tell) -> dict[str, Any]:
        """Take the file into the shard, as `khocong ingest` does; return what became of it."""
        from archive.remote import fetched
        from crawler.ingest.running import enter_portals, take_in
        from crawler.ingest.sources import sources_of

        enter_portals(shard, self.known)

        def on_tick(taking: Any) -> None:
            if taking.records % 200 == 0:
                tell({"file": taking.name, "records": taking.records})

        with fetched(self.word, shard.parent) as path:
            if not path.exists():
                raise KhoCongError(f"{self.word} does not exist where this worker looks for it")
            sources = sources_of(path, self.url, self.at)
            takings = take_in(shard, sources, self.portals, workers=self.workers, on_tick=on_tick)
        return {"file": self.word, "takings": takings}

    def failed(self, why: str) -> dict[str, Any]:
        """Return a source that could not be taken in."""
        from crawler.ingest.taking import Taking

        return {"file": self.word, "takings": [Taking(Path(self.word).name, error=why)]}
