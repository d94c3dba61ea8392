"""What most adapters share: a URL read once, and rules as data that say what it means.

An adapter that inherits `RuledPlatform` states its marks, its refusals and its paging as class
attributes and answers only `place()`. `identify` runs on every link of every page (about 135 a
page), so nothing here decodes what it does not need: queries stay as they were written, which also
keeps TCVN3 and windows-1258 escapes intact.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from archive.records import UrlKind
from crawler.platforms.base import Identity, Platform
from crawler.platforms.generic import shared_identity
from crawler.platforms.marks import has_many, look_for, marks_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from urllib.parse import SplitResult

    from lxml.html import HtmlElement

# What a path's ending says on every CMS. Style sheets and scripts are not archived; audio and video
# are not fetched by default (hours of council sessions), so the ledger keeps them as excluded.
_FILES: tuple[tuple[UrlKind, str, str], ...] = (
    ("attachment", "", "pdf doc docx xls xlsx ppt pptx zip rar 7z odt ods odp rtf txt csv"),
    ("image", "", "jpg jpeg png gif webp bmp tif tiff heic avif jfif"),
    ("page", "asset", "css js mjs map ico svg woff woff2 ttf otf eot json ashx axd swf ics apk exe"),
    ("page", "media", "mp3 mp4 wmv avi flv mov m4a m4v webm mkv wma wav 3gp"),
)
_ENDINGS = {ending: (kind, reason) for kind, reason, endings in _FILES for ending in endings.split()}
# State no platform needs, beside what archive.urls drops before a URL is compared.
_STATE = re.compile(
    r"(?i)(?:utm_\w+|fbclid|gclid|zarsrc|_ga|gsc\.tab|redirect|inheritRedirect|plidlayout|jsessionid|PHPSESSID)$"
)
_SESSION = re.compile(r"(?i);jsessionid=[^/]*")
_GENERATOR = re.compile(r"""(?i)<meta\b[^<>]{0,400}\bname\s{0,3}=\s{0,3}["']?generator\b[^<>]{0,400}>""")

Pair = tuple[str, str]


class Address:
    """A URL in pieces: `root` (scheme and host), `path`, and the query as pairs, undecoded."""

    __slots__ = ("pairs", "params", "path", "root")

    def __init__(self, root: str, path: str, query: str) -> None:
        self.root = root
        self.path = _SESSION.sub("", path) if ";" in path else path
        self.pairs: list[Pair] = []
        self.params: dict[str, str] = {}
        if query:
            for field in query.split("&"):
                name, _, value = field.partition("=")
                if "%" in name:
                    name = unquote(name)
                if name and not _STATE.match(name):
                    self.pairs.append((name, value))
                    self.params.setdefault(name, value)

    def url(self, path: str | None = None, pairs: "Iterable[Pair] | None" = None) -> str:
        """Return the URL with *path* and *pairs* in place of its own."""
        query = "&".join(
            f"{quote_name(name)}={value}" for name, value in (self.pairs if pairs is None else pairs)
        )
        return f"{self.root}{path if path is not None else self.path}{'?' + query if query else ''}"

    def keep(self, *names: str) -> list[Pair]:
        """Return the pairs of these names, in this order, so that two orders of one query meet."""
        return [(name, self.params[name]) for name in names if name in self.params]

    def without(self, names: "frozenset[str]") -> list[Pair]:
        """Return the pairs whose name is not one of *names* (lower case)."""
        return [pair for pair in self.pairs if pair[0].lower() not in names]


def quote_name(name: str) -> str:
    """Escape in a parameter's name only what would end it."""
    if name.isidentifier():
        return name
    return re.sub(r"[%&=#?+\s]", lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), name)


def by_ending(address: Address) -> Identity | None:
    """Return the identity of a file by its ending, or None for what may be a page."""
    ending = address.path[address.path.rfind(".") + 1 :]
    if len(ending) > 5 or (known := _ENDINGS.get(ending.lower())) is None:
        return None
    kind, reason = known
    # `t=1658804544379` on images and files is a cache buster in epoch milliseconds.
    pairs = [
        pair for pair in address.pairs if pair[0].lower() not in {"t", "v", "ver", "version", "download"}
    ]
    return Identity(kind, address.url(pairs=pairs), excluded=reason)


def next_by_number(
    tree: "HtmlElement",
    url: str,
    number_of: "Callable[[str], int | None]",
    first: int,
    *,
    any_path: bool = False,
) -> list[str]:
    """Return the link whose page number is the smallest above the current page's.

    *number_of* reads the number from an absolute URL; *first* is the number of a page that carries
    none. Labels are not read: they are "Tiếp", "Sau", "next", "»" or an icon, as the theme likes.
    Only links to the same path count, unless *any_path* (where the parameter names the list itself).
    """
    here = number_of(url)
    current = first if here is None else here
    path = urlsplit(url).path.rstrip("/")
    best: tuple[int, str] | None = None
    for href in tree.xpath("//a/@href"):
        try:
            target = urljoin(url, str(href).strip())
            number = number_of(target)
            same = any_path or urlsplit(target).path.rstrip("/") == path
        except ValueError:
            continue
        if number is not None and same and number > current and (best is None or number < best[0]):
            best = (number, target)
    return [best[1]] if best else []


class RuledPlatform(Platform):
    """An adapter whose URL rules and marks are data."""

    # (what the page source holds, how much that says); independent marks add up.
    marks: ClassVar[tuple[tuple[str, float], ...]] = ()
    generator: ClassVar[str] = ""
    # The form of this CMS's own URLs, in the page's address: never sure by itself.
    url_form: ClassVar[re.Pattern[str] | None] = None
    # The form of this CMS's own links, in the page's source; five different ones are a mark that
    # weighs as much as the form is peculiar.
    link_form: ClassVar[re.Pattern[str] | None] = None
    link_weight: ClassVar[float] = 0.8
    # Named groups are the reasons; the canonical URL of a refused path loses its query.
    refused_path: ClassVar[re.Pattern[str] | None] = None
    # Parameter (lower case) → reason; "name=value" (both lower case) names one value only.
    refused_params: ClassVar[dict[str, str]] = {}
    # Parameters (lower case) that are state on this CMS.
    state: ClassVar[frozenset[str]] = frozenset()
    # Parameters (lower case) that number the pages of a listing, with the value of its first page.
    paging: ClassVar[dict[str, str]] = {}
    listing_path: ClassVar[re.Pattern[str] | None] = None
    # Common exclusions that are no trap on this CMS.
    tolerates: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        look_for(tuple(mark for mark, _ in cls.marks), cls.link_form)

    def recognises(self, tree: "HtmlElement", url: str, text: str) -> float:
        doubt = 1.0
        found = marks_in(text)
        for mark, weight in self.marks:
            if mark in found:
                doubt *= 1 - weight
        if self.generator and self.generator in _generator(text):
            doubt *= 0.05
        if self.url_form is not None and self.url_form.search(url):
            doubt *= 0.6
        if self.link_form is not None and has_many(self.link_form, found):
            doubt *= 1 - self.link_weight
        return round(1 - doubt, 3)

    def identify(self, parts: "SplitResult") -> Identity:
        if not parts.netloc or parts.scheme not in ("http", "https"):
            return Identity("page", urlunsplit(parts), excluded="not a web address")
        address = Address(f"{parts.scheme}://{parts.netloc}", parts.path or "/", parts.query)
        self.tidy(address)
        found = self._refused(address) or by_ending(address)
        if found is not None:
            return found
        placed = self.place(address)
        if placed.excluded or placed.kind not in ("page", "listing"):
            return placed
        # What is neither refused, nor a file, nor an article here still falls into the common traps.
        target = urlsplit(placed.canonical_url)
        shared = shared_identity(target, placed.canonical_url)
        if shared is None or shared.excluded in self.tolerates:
            return placed
        return shared

    def tidy(self, address: Address) -> None:
        """Take out of *address* what is never part of a URL's meaning here."""

    def _refused(self, address: Address) -> Identity | None:
        if self.refused_path is not None and (found := self.refused_path.search(address.path)):
            return Identity("page", address.url(pairs=()), excluded=found.lastgroup or "refused")
        if address.pairs and self.refused_params:
            for name, value in address.pairs:
                low = name.lower()
                reason = self.refused_params.get(low) or self.refused_params.get(f"{low}={value.lower()}")
                if reason:
                    return Identity("page", address.url(pairs=[(name, value)]), excluded=reason)
        return None

    def place(self, address: Address) -> Identity:
        """Return what a URL means that is neither refused nor a file. Adapters with articles extend it."""
        pairs = [
            pair
            for pair in address.pairs
            if (low := pair[0].lower()) not in self.state and self.paging.get(low) != pair[1]
        ]
        paged = any(name.lower() in self.paging for name, _ in pairs)
        listed = self.listing_path is not None and self.listing_path.search(address.path)
        return Identity("listing" if paged or listed else "page", address.url(pairs=pairs))

    def next_listings(self, tree: "HtmlElement", url: str) -> "Sequence[str]":
        for href in tree.xpath("//link[@rel='next']/@href | //a[@rel='next']/@href"):
            return [urljoin(url, str(href).strip())]
        for name, first in self.paging.items():
            number = re.compile(rf"(?i)[?&]{re.escape(name)}=(\d{{1,7}})(?:&|#|$)")
            if found := next_by_number(tree, url, _reader(number), int(first) if first.isdigit() else 0):
                return found
        return ()


@lru_cache(maxsize=2)
def _generator(text: str) -> str:
    """Return the generator tag, lower case: asked once a page, by every adapter in turn."""
    # In the head alone: further down it would be quoted code.
    found = _GENERATOR.search(text[:50_000])
    return found[0].lower() if found else ""


def _reader(pattern: re.Pattern[str]) -> "Callable[[str], int | None]":
    def read(url: str) -> int | None:
        found = pattern.search(url)
        return int(found[1]) if found else None

    return read
