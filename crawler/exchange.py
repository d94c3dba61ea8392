"""One fetch as it went, captured: what the frontier, the judge and the archive need of it, without Scrapy."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from archive.records import Capture
from archive.warc.records import WarcPlace


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer, already in the WARC at `place`.

    `body` carries its content-encoding still. `cut` says that the connection ended before the announced
    length. `first_byte_at` is of the monotonic clock. `rendered` is the document a browser made of the body,
    as UTF-8, where the portal needs one; it stands in the WARC beside the answer.
    """

    url: str
    captured_at: str
    status: int
    headers: dict[str, str]
    body: bytes
    place: WarcPlace
    ip: str | None = None
    tls: str | None = None
    elapsed_s: float | None = None
    first_byte_at: float | None = None
    cut: bool = False
    revisit_of: str | None = None
    rendered: bytes | None = None

    def header(self, name: str) -> str:
        """Return a header by its lower-case name, "" where there is none."""
        return self.headers.get(name, "")

    @property
    def mime(self) -> str:
        """The media type without parameters, lower case."""
        return self.header("content-type").partition(";")[0].strip().lower()[:100]

    def retry_after_s(self, now: datetime | None = None) -> float | None:
        """Return Retry-After in seconds, whether sent as a number or as a date; None without one."""
        return retry_after_s(self.header("retry-after"), now)

    def capture(self, body_digest: str, charset: str | None = None) -> Capture:
        """Return the row of `captures` for this exchange."""
        return Capture(
            url=self.url,
            captured_at=self.captured_at,
            status=self.status,
            mime=self.mime,
            warc_file=self.place.file,
            warc_offset=self.place.offset,
            warc_length=self.place.length,
            record_id=self.place.record_id,
            payload_digest=self.place.payload_digest,
            body_digest=body_digest,
            size_bytes=len(self.body),
            charset=charset or None,
            ip=self.ip,
            tls=self.tls,
            etag=self.header("etag")[:300] or None,
            last_modified=self.header("last-modified")[:100] or None,
            location=self.header("location")[:2000] or None,
            revisit_of=self.revisit_of,
            elapsed_s=round(self.elapsed_s, 3) if self.elapsed_s is not None else None,
        )


def retry_after_s(value: str, now: datetime | None = None) -> float | None:
    """Return the seconds a Retry-After header asks for.

    >>> retry_after_s("120"), retry_after_s("soon")
    (120.0, None)
    """
    word = value.strip()
    if not word:
        return None
    if word.isascii() and word.isdigit():
        return float(word[:9])
    try:
        at = parsedate_to_datetime(word)
    except (ValueError, TypeError, IndexError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))) / timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class Failed:
    """A fetch without an answer. `kind` is a word for the ledger; `worth_retrying`: time may help."""

    kind: str
    detail: str = ""
    worth_retrying: bool = True
    host_fault: bool = True
