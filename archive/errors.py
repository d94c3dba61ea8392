"""Every exception the project raises on purpose; each says what the caller should do.

KhoCongError                  a command prints its message as one line and exits 1
├── UsageError                what was asked for cannot be understood; exits 2
│   └── UnknownPortal         no such portal key, and the word is not a URL either
├── ArchiveError              the archive itself
│   ├── ArchiveBusy           another process writes this archive; try again when it has ended
│   ├── ArchiveDamaged        the folder is not a readable archive; restore it or name another
│   ├── ArchiveTooNew         a newer Kho Cổng wrote it; upgrade the program
│   ├── ArchiveTooOld         an older Kho Cổng wrote it; let a command that may write bring it up to date
│   ├── ArchiveMissing        there is no archive in this folder yet; crawl into it or name another
│   ├── WarcDamaged           a WARC record is not where, or not what, it should be; restore the file
│   └── CaptureError          an exchange could not be written to WARC: its response must not be used
├── ReaderMissing             no process that reads pages can be started: nothing was read, try again later
└── PageError                 one page; recorded as an outcome, never stops a crawl
    ├── NotAnArticle          a listing, a soft error page, an empty page: `reason` says which
    └── PageTooHeavy          over the size, time or memory a page may cost
"""


class KhoCongError(Exception):
    """The root: its text is one clear line that says what is wrong and what to do next."""

    exit_code = 1


class UsageError(KhoCongError):
    """The request cannot be understood; asking the same way again fails the same way."""

    exit_code = 2


class UnknownPortal(UsageError):
    """Neither a portal of the registry nor a URL; the message lists the nearest keys."""


class ArchiveError(KhoCongError):
    """Something about the archive on disk."""


class ArchiveBusy(ArchiveError):
    """Another process holds the write lock (I8); the message names its process id."""


class ArchiveDamaged(ArchiveError):
    """The folder exists and cannot be used as an archive; nothing in it was changed."""


class ArchiveTooNew(ArchiveError):
    """Migrations are applied that this version does not know; upgrade before opening it."""


class ArchiveTooOld(ArchiveError):
    """Migrations are missing, and whoever asked may not apply them: the message names who may."""


class ArchiveMissing(ArchiveError):
    """Nothing has been archived in this folder yet: a reader has nothing to read."""


class WarcDamaged(ArchiveError):
    """A WARC record is missing, cut or altered; the message names file and offset."""


class CaptureError(ArchiveError):
    """The exchange is not in WARC, so its response must not be used (I1); retry it."""


class ReaderMissing(KhoCongError):
    """The machine starts no reading process (descriptors, memory, processes); what was to be read waits."""


class PageError(KhoCongError):
    """One page could not become an article; the crawl records why and goes on."""


class NotAnArticle(PageError):
    """The page carries no article. `reason` is a word of `archive.records.SOFT_REASONS` or a kind."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"not an article: {reason}" + (f" ({detail})" if detail else ""))
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type["NotAnArticle"], tuple[str, str]]:
        # Extraction runs in worker processes: the default pickling would call us with one argument.
        return (NotAnArticle, (self.reason, self.detail))


class PageTooHeavy(PageError):
    """The page exceeded the size, time or memory one page may cost; its bytes are kept."""
