"""The frozen dataclasses that cross between the crawler and the archive.

All are picklable and hold no live objects, so that they travel to worker processes and back. Times
are ISO 8601 strings as stored: an aware time with offset (`2021-12-28T15:30:00+07:00`) or, where
only the day is known, a bare date. Texts are NFC (I10).
"""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from archive.attached import FileText

Json: TypeAlias = dict[str, Any]

# How exactly a portal says when it published: never finer than what the page shows.
Precision: TypeAlias = Literal["second", "minute", "day", "month", "year"]

# What a URL is believed to be before it is fetched; the order is the order of fetching.
UrlKind: TypeAlias = Literal[
    "robots", "seed", "sitemap", "feed", "article", "page", "listing", "attachment", "image"
]

# I2: every discovered URL stands in exactly one of these.
UrlState: TypeAlias = Literal["pending", "leased", "done", "excluded", "failed", "gone"]

# Pages that answer 200 and say nothing: they add a capture and an event, never text (I5).
SOFT_REASONS = (
    "wait_page",  # "Hãy đợi…": the NukeViet flood blocker answers 200 with it
    "login",
    "maintenance",
    "not_found",
    "parked",
    "injected_spam",
    "redirected_home",
    "empty",
)

BlockKind: TypeAlias = Literal["paragraph", "heading", "list_item", "quote", "table_row", "caption"]


@dataclass(frozen=True, slots=True)
class Block:
    """One line of an article in reading order.

    `cells` is filled for table rows (then `text` is the cells joined by " | "); `level` is the
    heading level or the list depth, else 0. Captions are blocks, but not part of `Article.text`.
    """

    kind: BlockKind
    text: str
    level: int = 0
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Citation:
    """A legal document as one sentence mentions it.

    `start`/`end` are offsets into `Article.full_text` (title, lead and text joined by newlines).
    `verbatim` is what stands there. `normal` is the form one document has however it is written
    ("33/CT-TTg", "01/2020/TT-BTC"); `year` comes from the number, else from `date`. `issuer` is None
    where the symbol does not say it (UBND, HĐND, TU: the level is in the sentence).
    """

    verbatim: str
    normal: str
    doc_type: str | None
    number: str
    year: int | None
    symbol: str | None
    issuer: str | None
    date: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file an article points to; `url` is absolute. The label is the link's own text."""

    url: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """An image inside the body. `alt` is often a file name or "Responsive image": not a caption."""

    url: str
    caption: str = ""
    alt: str = ""


@dataclass(frozen=True, slots=True)
class RemovedBlock:
    """Something cut from the page and why, so that learning is reversible and can be shown."""

    reason: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Article:
    """An article as extracted from one page; what a revision keeps.

    `title` is the article's own, never the site's fixed `<title>`. `lead` is the sapo where it stands
    apart from the body, and then it is not repeated in `text`. `text` has one line a paragraph, list
    item or table row. `source` is the syndicating source as printed, without its label or brackets;
    `source_evidence` the words it was found in, `source_portal` the registry's key of the portal that it
    means. `rests_on` is the normal form of the document the
    article announces ("814/KH-UBND"), `rests_on_date` its date. `content_id` is the CMS's own id,
    or None. `confidence` runs from 0 to 1; below 0.5 the row is marked low-confidence. `reading` names
    what the reading rests on beside the extractor's version: the platform, the digest of learned chrome.
    """

    url: str
    canonical_url: str
    platform: str
    title: str
    text: str
    lead: str = ""
    blocks: tuple[Block, ...] = ()
    content_id: str | None = None
    published_at: str | None = None
    published_precision: Precision | None = None
    published_evidence: str = ""
    updated_at: str | None = None
    source: str | None = None
    source_evidence: str = ""
    source_portal: str | None = None
    byline: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    rests_on: str | None = None
    rests_on_date: str | None = None
    citations: tuple[Citation, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    images: tuple[Image, ...] = ()
    next_page: str | None = None
    confidence: float = 1.0
    method: str = ""
    removed: tuple[RemovedBlock, ...] = ()
    text_digest: str = ""
    extractor: str = ""
    reading: str = ""
    notes: tuple[str, ...] = ()

    @property
    def full_text(self) -> str:
        """Title, lead and text, one below the other: what citations' offsets count in."""
        return "\n".join(part for part in (self.title, self.lead, self.text) if part)


@dataclass(frozen=True, slots=True)
class Link:
    """A URL a page points to, already identified: its place in the ledger.

    `url` is canonical and is what will be fetched unless `fetch_url` says otherwise. `state` is
    "pending", or "excluded" with a `reason` (a print twin, a calendar, another host …).
    """

    url: str
    urlkey: str
    kind: UrlKind
    state: Literal["pending", "excluded"] = "pending"
    reason: str = ""
    priority: int = 0
    fetch_url: str | None = None
    lastmod: str | None = None

    def __reduce__(self) -> tuple[type["Link"], tuple[str | int | None, ...]]:
        # A page sends 135 of them to the crawling process; a frozen dataclass's own way of unpickling asks
        # each for its fields anew, which was a seventh of all that process did (measured).
        return Link, (
            self.url, self.urlkey, self.kind, self.state, self.reason, self.priority, self.fetch_url,
            self.lastmod,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Capture:
    """One HTTP exchange at one moment, with the place of its WARC response record.

    `payload_digest` is of the payload as stored (WARC `sha1:BASE32`), `body_digest` of the body with
    content-encoding undone. They differ for compressed answers, and tools disagree on which one a
    digest means: both are kept. `length` counts the record's compressed bytes in the file.
    """

    url: str
    captured_at: str
    status: int
    mime: str
    warc_file: str
    warc_offset: int
    warc_length: int
    record_id: str
    payload_digest: str
    body_digest: str
    size_bytes: int
    charset: str | None = None
    ip: str | None = None
    tls: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    location: str | None = None
    revisit_of: str | None = None
    elapsed_s: float | None = None
    origin: str = "live"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something a run met and could not place: kept, counted, never a reason to stop."""

    kind: str
    detail: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """What happened to what, in PREMIS words: capture, ingestion, validation, deaccession …"""

    kind: str
    detail: str
    outcome: str = "success"
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one leased URL: stored in one transaction, all of it or nothing (I1, I2).

    `state` "pending" with `not_before` (ISO time) puts the URL back for a retry. `article_record_id` names
    the WARC record the article belongs to where that is not this capture: the first page of several.
    `evidence` is what the page teaches of its template, packed; it is kept with the page.
    """

    url_id: int
    state: UrlState
    reason: str = ""
    not_before: str | None = None
    capture: Capture | None = None
    article: Article | None = None
    article_record_id: str | None = None
    evidence: bytes | None = None
    links: tuple[Link, ...] = ()
    issues: tuple[Issue, ...] = ()
    events: tuple[Event, ...] = ()
    file: FileText | None = None


@dataclass(frozen=True, slots=True)
class LeasedUrl:
    """A row of the ledger handed out for fetching."""

    url_id: int
    portal_key: str
    url: str
    kind: UrlKind
    attempts: int
    etag: str | None = None
    last_modified: str | None = None
    priority: int = 0
    urlkey: str = ""


@dataclass(frozen=True, slots=True)
class ChromeModel:
    """What a portal's own pages taught us: where content stands and what recurs inside it.

    `slots` are structure paths of content containers, best first, with their page share. `chrome`
    maps (structure path + digit-masked text) fingerprints to the share of pages carrying them.
    `pages` is how many pages taught it: below `MATURE_PAGES` it is evidence, not yet a rule. `data` holds
    where titles and dates stand, and what every page's head says alike.
    """

    portal_key: str
    pages: int = 0
    slots: tuple[tuple[str, float], ...] = ()
    chrome: dict[str, float] = field(default_factory=dict)
    data: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Portal:
    """One e-portal as extraction and storage see it; the registry's PortalConfig makes one.

    `hosts` are what may be fetched and what links may stay on. `sources` maps a folded source name
    ("cong ttdt tinh ag") to a portal key. `platform` None means: recognise it.
    """

    key: str
    name: str = ""
    hosts: tuple[str, ...] = ()
    platform: str | None = None
    organ: str | None = None
    jurisdiction: str | None = None
    chrome: ChromeModel | None = None
