"""One foreign record becomes one exchange: what a fetch of the same page would have brought."""

from dataclasses import dataclass
from datetime import UTC

from archive.errors import WarcDamaged
from archive.warc.arc import Foreign
from archive.warc.copying import Copied, copied, record_id, record_time
from archive.warc.http import HttpMessage, http_message, unchunk
from archive.warc.records import WarcPlace
from crawler.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Taken:
    """A record worth keeping: `at` is its time in UTC, `message` None for bytes that came without HTTP."""

    record: Foreign
    message: HttpMessage | None
    at: str
    origin: str
    request: Foreign | None = None

    @property
    def status(self) -> int:
        """The HTTP status; bytes without HTTP count as an answer that went well."""
        return self.message.status if self.message is not None else 200

    @property
    def is_bare_revisit(self) -> bool:
        """Whether the record only points to an earlier one that carries the same bytes."""
        return self.record.type == "revisit" and self.status == 200 and not self.body

    @property
    def body(self) -> bytes:
        """The payload without chunks, content-encoding still on."""
        if self.message is None:
            return self.record.block
        if "chunked" in self.message.header("transfer-encoding").lower():
            return unchunk(self.message.payload)
        return self.message.payload

    @property
    def copy_id(self) -> str:
        """The id under which the record is kept."""
        return record_id(self.record)

    def copy(self) -> Copied:
        """Return the record as it will stand in our own file."""
        return copied(self.record, self.message, self.origin)

    def exchange(self, place: WarcPlace, body: bytes | None = None) -> Exchange:
        """Return what the judge and the reader work on; *body* stands in for a revisit's missing one."""
        headers: dict[str, str] = {}
        if self.message is None:
            headers["content-type"] = self.record.header("Content-Type")
        else:
            for name, value in self.message.headers:
                headers.setdefault(name.lower(), value)
        return Exchange(
            self.record.url, self.at, self.status, headers, self.body if body is None else body, place,
            ip=self.record.header("WARC-IP-Address") or None, cut=self.record.cut,
            revisit_of=self.record.header("WARC-Refers-To").strip("<> ") or None,
        )  # fmt: skip


def take(origin: str, record: Foreign, request: Foreign | None) -> Taken | None:
    """Return what a record carries, or None for one that is no answer of a web server.

    Raises WarcDamaged for an answer whose date or HTTP head cannot be read.
    """
    if record.type not in ("response", "revisit", "resource"):
        return None
    if not record.url.lower().startswith(("http://", "https://")):
        return None
    message = None
    if record.type != "resource":
        message = http_message(record.block)
        if message is None and record.type == "response":
            raise WarcDamaged(f"{record.url[:300]}: no HTTP response in the record")
    try:
        at = record_time(record).astimezone(UTC).isoformat()
    except ValueError as error:
        raise WarcDamaged(f"{record.url[:300]}: {error}") from error
    return Taken(record, message, at, origin, request)
