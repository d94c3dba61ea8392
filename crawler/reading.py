"""The reading of one answer, outside the crawling process: bytes as received in, a Page out.

`crawler.passing` has the program of the processes that do it.
"""

import zlib
from dataclasses import dataclass

from archive.attached import FileText
from archive.digests import payload_digest
from archive.errors import PageTooHeavy, WarcDamaged
from archive.records import Portal, UrlKind
from archive.warc.reader import decode_body
from crawler import files
from crawler.exchange import Exchange
from crawler.page import Page, read_page

# A 10 kB gzip bomb holds 10 MB; the largest page of a portal seen has 2 MB.
MAX_PAGE_BYTES = 20 * 1024 * 1024
_GZIP = b"\x1f\x8b"
# How a whole page, sitemap or feed ends.
ENDINGS = (b"</html>", b"</urlset>", b"</sitemapindex>", b"</rss>", b"</feed>")
# A worker has some 150 MB; a runaway page gets a MemoryError, or takes its worker down. RLIMIT_DATA counts
# what is really asked for, RLIMIT_AS also the libraries and thread stacks that are only mapped.
MAX_MEMORY_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One answer to be read; `body` still carries its content-encoding.

    Where a browser rendered the answer, `rendered` (UTF-8) is what is read; the digest stays the body's.
    With `sign` an article brings its signature (`archive.near_duplicates.signatures`), by text digest.
    """

    body: bytes
    url: str
    content_type: str
    content_encoding: str
    portal: Portal
    kind: UrlKind
    images: bool = False
    rendered: bytes | None = None
    learn: bool = False
    sign: bool = False

    @classmethod
    def of(
        cls, exchange: Exchange, portal: Portal, kind: UrlKind, *, images: bool, learn: bool = False,
        sign: bool = False,
    ) -> "ReadJob":  # fmt: skip
        """Return the job of reading an exchange."""
        said = exchange.header("content-type"), exchange.header("content-encoding")
        return cls(exchange.body, exchange.url, *said, portal, kind, images, exchange.rendered, learn, sign)


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading gave: a page, the text of a file, or the words of why there is neither (`failure`)."""

    page: Page | None
    body_digest: str
    failure: str = ""
    detail: str = ""
    file: FileText | None = None
    cut: bool = False
    signature: tuple[str, bytes] | None = None


def read(job: ReadJob) -> Reading:
    """Read one answer; never raises on what a portal may send."""
    most = files.MAX_BYTES if job.kind == "attachment" else MAX_PAGE_BYTES
    try:
        body = decode_body(job.body, job.content_encoding, most + 1)
        if body[:2] == _GZIP and "html" in job.content_type:
            # Packed by the CMS and once more by the server, and announced once.
            body = decode_body(body, "gzip", most + 1)
    except WarcDamaged as error:
        # Servers say gzip and send plain text; if it is markup after all, it is read as what it is.
        if job.body.lstrip()[:1] != b"<":
            return Reading(None, payload_digest(job.body), "encoding", str(error))
        body = job.body
    digest = payload_digest(body)
    if job.rendered is None and _is_file(job, body):
        return Reading(None, digest, file=files.read_file(body))
    content_type = job.content_type
    if job.rendered is not None:
        body, content_type = job.rendered, "text/html; charset=utf-8"
    if len(body) > MAX_PAGE_BYTES:
        return Reading(None, digest, "too_heavy", f"more than {MAX_PAGE_BYTES} bytes")
    try:
        page = read_page(
            body,
            job.url,
            headers={"Content-Type": content_type},
            portal=job.portal,
            kind=job.kind,
            images=job.images,
            learn=job.learn,
        )
    except MemoryError:
        return Reading(None, digest, "out_of_memory", f"more than {MAX_MEMORY_BYTES} bytes to read it")
    except (RecursionError, PageTooHeavy) as error:
        return Reading(None, digest, "too_heavy", f"{type(error).__name__}: {error}")
    except Exception as error:  # the boundary of reading: one page must not end a crawl
        return Reading(None, digest, "unreadable", f"{type(error).__name__}: {error}"[:500])
    return Reading(page, digest, cut=_ends_early(job, body), signature=_signature(job, page))


def _signature(job: ReadJob, page: Page) -> tuple[str, bytes] | None:
    article = page.article
    if not job.sign or article is None:
        return None
    # The crawling process knows of readings, and makes none.
    from archive.near_duplicates.signatures import sign_text

    return article.text_digest, sign_text(article.title, article.lead, article.text)


def _ends_early(job: ReadJob, body: bytes) -> bool:
    """Say whether a compressed page breaks off: the answer has its length, and half the text is missing."""
    if body[-200:].rstrip().lower().endswith(ENDINGS) or len(body) >= MAX_PAGE_BYTES:
        return False
    name = job.content_encoding.strip().lower()
    if name not in ("gzip", "x-gzip") or job.body[:2] != _GZIP:
        return False
    unpacker = zlib.decompressobj(31)
    try:
        unpacker.decompress(job.body, MAX_PAGE_BYTES)
    except zlib.error:
        return True
    return not unpacker.eof


def _is_file(job: ReadJob, body: bytes) -> bool:
    if files.looks_like_file(body):
        return True
    return job.kind == "attachment" and "html" not in job.content_type and body.lstrip()[:1] != b"<"
