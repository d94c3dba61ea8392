"""A record on its way through the intake: read, and judged as the answer to a fetch would be."""

from dataclasses import dataclass, replace

from archive.records import LeasedUrl, Link, Outcome, Portal
from crawler.exchange import Exchange
from crawler.judging import judge
from crawler.page import Page
from crawler.reading import Reading, ReadJob


@dataclass(frozen=True, slots=True)
class Read:
    """A record on its way: what it was taken for (`lease`), how it is read (`job`), what it came to."""

    outcome: Outcome
    link: Link
    portal: Portal
    lease: LeasedUrl
    exchange: Exchange
    origin: str
    job: ReadJob | None = None
    page: Page | None = None

    @property
    def url(self) -> str:
        return self.exchange.url


def judged(read: Read, portal: Portal, reading: Reading | None) -> Read:
    """Return *read* with what its reading comes to, by the portal as it is known now."""
    verdict = judge(read.lease, read.exchange, reading, portal)
    outcome = verdict.outcome
    if outcome.capture is not None:
        outcome = replace(outcome, capture=replace(outcome.capture, origin=read.origin))
    return replace(read, outcome=outcome, portal=portal, page=verdict.page)
