"""Records of other tools, copied into our own files: the block byte for byte, the headers as they were.

What changes is said in the record: digests are computed anew over the copied bytes, and where the source
named another payload digest it is kept as `WARC-Source-Payload-Digest` (tools disagree on what a payload
digest of chunked bytes means).
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from archive.digests import payload_digest
from archive.warc.arc import Foreign
from archive.warc.http import HttpMessage
from archive.warc.records import TEXT_LEVEL, gzip_record, safe_uri, warc_date

# Written by us for every record, or meaningless in another file.
_OURS = frozenset(
    ["content-length", "warc-block-digest", "warc-payload-digest", "warc-record-id", "warc-target-uri"]
    + ["warc-date", "warc-warcinfo-id", "warc-filename", "warc-segment-number"]
)
# Where a copied record was found: file and offset, package and member, or the saved page.
ORIGIN = "X-Archive-Origin"
# Ids of records that have none of their own: the same record always gets the same one.
_NAMESPACE = uuid.UUID("6f0f8a52-6f1e-5c1c-9d3f-0d0f2a1c7b11")


@dataclass(frozen=True, slots=True)
class Copied:
    """A record ready to be appended, its id without brackets, and the digest of its payload as stored."""

    data: bytes
    record_id: str
    payload_digest: str


def copied(record: Foreign, message: HttpMessage | None, origin: str = "") -> Copied:
    """Return *record* as one gzip member. *message* is the HTTP response in its block, if it is one.

    *origin* is kept in the record, so that an archive rebuilt from its WARC files still knows it.
    """
    if message is not None:
        payload = message.payload
    else:
        payload = record.block.partition(b"\r\n\r\n")[2] if record.type == "request" else record.block
    digest = payload_digest(payload)
    said = record.header("WARC-Payload-Digest")
    headers = [
        ("WARC-Type", record.type),
        ("WARC-Record-ID", f"<{record_id(record)}>"),
        ("WARC-Target-URI", safe_uri(record.url)),
        ("WARC-Date", warc_date(record_time(record))),
        ("WARC-Payload-Digest", said if record.type == "revisit" and said else digest),
    ]
    if said and said != digest and record.type != "revisit":
        headers.append(("WARC-Source-Payload-Digest", said))
    if record.cut and not record.header("WARC-Truncated"):
        headers.append(("WARC-Truncated", "unspecified"))
    if origin:
        headers.append((ORIGIN, quote(origin, safe=" :/@._-+,()[]!#")))
    headers += [
        (name, value)
        for name, value in record.headers
        if name.lower() not in _OURS and name.lower() not in ("warc-type", ORIGIN.lower()) and name.isascii()
    ]
    return Copied(
        gzip_record(headers, record.block, TEXT_LEVEL),
        record_id(record),
        dict(headers)["WARC-Payload-Digest"],
    )


def record_id(record: Foreign) -> str:
    """Return the record's own id without brackets, or one made of what it holds."""
    said = record.header("WARC-Record-ID").strip("<> ")
    if said.startswith(("urn:", "http:", "https:")) and len(said) < 300 and " " not in said:
        return said
    name = f"{record.url} {record.header('WARC-Date')} {payload_digest(record.block)}"
    return f"urn:uuid:{uuid.uuid5(_NAMESPACE, name)}"


def record_time(record: Foreign) -> datetime:
    """Return WARC-Date (14 digits are read too) as an aware time. Raises ValueError for what is none."""
    word = record.header("WARC-Date").strip()
    if word.isascii() and word.isdigit():
        return datetime.strptime(word[:14].ljust(14, "0"), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    at = datetime.fromisoformat(word.replace("Z", "+00:00"))
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def resource_record(url: str, at: datetime, mime: str, body: bytes, note: str) -> Foreign:
    """Return a record for bytes that came without HTTP: a page somebody saved, a file of a mirror."""
    name = f"{url} {at.isoformat()} {payload_digest(body)}"
    headers = (
        ("WARC-Type", "resource"),
        ("WARC-Record-ID", f"<urn:uuid:{uuid.uuid5(_NAMESPACE, name)}>"),
        ("WARC-Target-URI", url),
        ("WARC-Date", warc_date(at)),
        ("Content-Type", mime),
        ("WARC-Source-URI", quote(note, safe=" :/@._-")),
    )
    return Foreign(headers, body, 0, len(body))


__all__ = ["ORIGIN", "Copied", "copied", "record_id", "record_time", "resource_record"]
