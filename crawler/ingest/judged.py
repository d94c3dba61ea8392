"""A record on its way through the intake: read, and judged as the answer to a fetch would be."""

from dataclasses import dataclass, replace
from pathlib import Path

from archive.errors import WarcDamaged
from archive.records import Article, Capture, LeasedUrl, Link, Outcome, Portal
from archive.warc.http import unchunk
from archive.warc.reader import file_in, read_record
from crawler.exchange import Exchange
from crawler.judging import judge
from crawler.page import Page
from crawler.readers import Readers
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


async def read_anew(readers: Readers, folder: Path, capture: Capture, portal: Portal) -> Article | None:
    """Return the article of a capture, read once more from our own WARC; None where that gives none."""
    try:
        record = read_record(file_in(folder, capture.warc_file), capture.warc_offset)
    except WarcDamaged:
        return None
    said = record.header("Content-Type") or capture.mime, record.header("Content-Encoding") or ""
    chunked = "chunked" in (record.header("Transfer-Encoding") or "").lower()
    payload = unchunk(record.payload) if chunked else record.payload
    page = (await readers.read(ReadJob(payload, record.url, *said, portal, "article"))).page
    return page.article if page is not None else None


def judged(read: Read, portal: Portal, reading: Reading | None) -> Read:
    """Return *read* with what its reading comes to, by the portal as it is known now."""
    verdict = judge(read.lease, read.exchange, reading, portal)
    outcome = verdict.outcome
    if outcome.capture is not None:
        outcome = replace(outcome, capture=replace(outcome.capture, origin=read.origin))
    return replace(read, outcome=outcome, portal=portal, page=verdict.page)
