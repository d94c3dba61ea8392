"""What passes between the crawling process and a reader: nothing twice that both ends can keep.

A page has some 135 links, of which 130 stand on the portal's other pages too, and each was packed, unpacked
and made anew: a third of what taking an answer cost. A link is sent once and named by its number after that;
a portal, with all its learned chrome, is sent when it has changed. Each end belongs to one process.

`main` runs a reader: length-prefixed pickles on stdin and stdout, from and to the process that started
it, until stdin ends. It therefore ends with its parent, however that dies.
"""

import contextlib
import copyreg
import gc
import os
import pickle
import resource
import signal
import struct
import sys
from array import array
from collections.abc import Callable
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any, BinaryIO

from archive.records import Article, Attachment, Block, Citation, Image, Link, Portal, RemovedBlock
from crawler.page import Page
from crawler.reading import MAX_MEMORY_BYTES, Reading, ReadJob, read

LENGTH = struct.Struct(">I")
# What a worker says first, when its imports are done: an answer is never empty.
READY = LENGTH.pack(0)
# About 5 MB at each end; then both forget.
MOST_LINKS = 10_000


def _packed_by_fields(kind: type) -> Callable[[Any], tuple[type, tuple[Any, ...]]]:
    values = attrgetter(*(field.name for field in fields(kind)))
    return lambda value: (kind, values(value))


# A frozen dataclass with slots looks its fields up anew for each object that is packed and unpacked: a third
# of what both took.
for _kind in (Article, Attachment, Block, Citation, Image, Link, Page, Reading, RemovedBlock):
    copyreg.pickle(_kind, _packed_by_fields(_kind))


class Asking:
    """The crawling process's end."""

    def __init__(self) -> None:
        self._portal: Portal | None = None
        self._links: list[Link] = []

    def pack(self, job: ReadJob) -> bytes:
        """Return a job as it is sent."""
        portal = None if job.portal is self._portal else job.portal
        self._portal = job.portal
        rest = (
            job.body, job.url, job.content_type, job.content_encoding, job.kind, job.images, job.rendered,
            job.learn, job.sign,
        )  # fmt: skip
        return pickle.dumps((portal, rest), pickle.HIGHEST_PROTOCOL)

    def unpack(self, data: bytes) -> Reading:
        """Return an answer; raises UnpicklingError for what is none."""
        try:
            reading, forget, fresh, numbers = pickle.loads(data)
            if not isinstance(reading, Reading):
                raise TypeError(type(reading).__name__)
            if reading.page is None:
                return reading
            if forget:
                self._links.clear()
            self._links += fresh
            links = self._links
            found = tuple([links[number] for number in array("I", numbers)])
            return replace(reading, page=replace(reading.page, links=found))
        except Exception as error:  # bytes that are no pickle raise nearly anything
            raise pickle.UnpicklingError(f"no answer: {type(error).__name__}") from error


class Answering:
    """The reader's end."""

    def __init__(self) -> None:
        self._portal: Portal | None = None
        self._kept: list[Link] = []
        self._numbers: dict[int, int] = {}

    def unpack(self, data: bytes) -> ReadJob:
        """Return the job that was sent."""
        portal, (body, url, content_type, content_encoding, kind, *rest) = pickle.loads(data)
        self._portal = portal or self._portal
        if self._portal is None:
            raise ValueError("a job without a portal")
        return ReadJob(body, url, content_type, content_encoding, self._portal, kind, *rest)

    def pack(self, reading: Reading) -> bytes:
        """Return an answer as it is sent."""
        page = reading.page
        if page is None:
            return pickle.dumps((reading, False, (), b""), pickle.HIGHEST_PROTOCOL)
        forget = len(self._kept) > MOST_LINKS
        if forget:
            self._kept.clear()
            self._numbers.clear()
        fresh, numbers = [], array("I")
        for link in page.links:
            # The links of a page come from a cache: the same one is the same object (crawler.links).
            number = self._numbers.get(id(link))
            if number is None:
                number = self._numbers[id(link)] = len(self._kept)
                # Kept, so that no other object gets its id.
                self._kept.append(link)
                fresh.append(link)
            numbers.append(number)
        bare = replace(reading, page=replace(page, links=()))
        return pickle.dumps((bare, forget, fresh, numbers.tobytes()), pickle.HIGHEST_PROTOCOL)


def work(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer jobs until *source* ends."""
    end = Answering()
    while len(head := source.read(LENGTH.size)) == LENGTH.size:
        (size,) = LENGTH.unpack(head)
        answer = end.pack(read(end.unpack(source.read(size))))
        sink.write(LENGTH.pack(len(answer)) + answer)
        sink.flush()


def settle_collector() -> None:
    """Leave what imports made out of every search for dead cycles, and search seldom.

    A page makes some thousand objects at once, which begins several searches a page by the usual thresholds,
    and reading makes few cycles. What that saves was lost in the noise of a busy machine.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def main() -> int:
    """Run as a worker. Ctrl-C is the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (MAX_MEMORY_BYTES, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_AS, (2 * MAX_MEMORY_BYTES, resource.RLIM_INFINITY))
    # Imported before the first page, whose time is limited.
    import trafilatura  # noqa: F401  # crawler.body asks for it when it reads

    import archive.near_duplicates.signatures  # noqa: F401  # and crawler.reading for these

    settle_collector()
    sink = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not stand between two answers.
    os.dup2(2, 1)
    with contextlib.suppress(BrokenPipeError):
        sink.write(READY)
        sink.flush()
        work(sys.stdin.buffer, sink)
    return 0
