"""The reading of one answer, outside the crawling process: bytes as received in, a Page out.

`main` runs a worker: length-prefixed pickles on stdin and stdout, from and to the process that started
it, until stdin ends. It therefore ends with its parent, however that dies.
"""

import contextlib
import os
import pickle
import resource
import signal
import struct
import sys
from dataclasses import dataclass
from typing import BinaryIO

from archive.digests import payload_digest
from archive.errors import PageTooHeavy, WarcDamaged
from archive.records import Portal, UrlKind
from archive.warc.reader import decode_body
from crawler.page import Page, read_page

LENGTH = struct.Struct(">I")
# A 10 kB gzip bomb holds 10 MB; the largest page of a portal seen has 2 MB.
MAX_PAGE_BYTES = 32 * 1024 * 1024
# What lxml and trafilatura need for the largest page is some 400 MB; a runaway page gets a MemoryError.
_MAX_MEMORY_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class ReadJob:
    """One answer to be read; `body` still carries its content-encoding."""

    body: bytes
    url: str
    content_type: str
    content_encoding: str
    portal: Portal
    kind: UrlKind
    images: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading gave: a page, or the words of why there is none (`failure`)."""

    page: Page | None
    body_digest: str
    failure: str = ""
    detail: str = ""


def read(job: ReadJob) -> Reading:
    """Read one answer; never raises on what a portal may send."""
    try:
        body = decode_body(job.body, job.content_encoding, MAX_PAGE_BYTES + 1)
    except WarcDamaged as error:
        # Servers say gzip and send plain text; if it is markup after all, it is read as what it is.
        if job.body.lstrip()[:1] != b"<":
            return Reading(None, payload_digest(job.body), "encoding", str(error))
        body = job.body
    digest = payload_digest(body)
    if len(body) > MAX_PAGE_BYTES:
        return Reading(None, digest, "too_heavy", f"more than {MAX_PAGE_BYTES} bytes")
    try:
        page = read_page(
            body,
            job.url,
            headers={"Content-Type": job.content_type},
            portal=job.portal,
            kind=job.kind,
            images=job.images,
        )
    except (MemoryError, RecursionError, PageTooHeavy) as error:
        return Reading(None, digest, "too_heavy", f"{type(error).__name__}: {error}")
    except Exception as error:  # the boundary of reading: one page must not end a crawl
        return Reading(None, digest, "unreadable", f"{type(error).__name__}: {error}"[:500])
    return Reading(page, digest)


def work(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer jobs until *source* ends."""
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        (size,) = LENGTH.unpack(head)
        answer = pickle.dumps(read(pickle.loads(source.read(size))), pickle.HIGHEST_PROTOCOL)
        sink.write(LENGTH.pack(len(answer)) + answer)
        sink.flush()


def main() -> int:
    """Run as a worker. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, resource.RLIM_INFINITY))
    sink = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not stand between two answers.
    os.dup2(2, 1)
    with contextlib.suppress(BrokenPipeError):
        work(sys.stdin.buffer, sink)
    return 0
