"""When listings stop being worth a request: they are closed by what they teach, with a reason."""

import re
from collections import Counter
from urllib.parse import urlsplit

from archive.records import LeasedUrl, UrlKind

# Where a sitemap names the articles, listings only repeat it: these many in a row without anything new
# close the rest. Without a sitemap they are the way in, and each family is judged by itself.
_BARREN_WITH_SITEMAP = 8
_BARREN_WITHOUT = 80
_BARREN_IN_FAMILY = 2
# `?p=1182` of WordPress leads to an article under its real name, once for each article: three such
# redirects to what is known anyway close the rest of their family.
_USELESS_REDIRECTS = 3
_NUMBERS = re.compile(r"\d+")
# Feeds name the newest articles once more; they are asked after the listings.
LISTINGS: frozenset[UrlKind] = frozenset({"listing", "feed"})
_FEEDS = "feeds"


def family_of(url: str) -> str:
    """Return the listing a page belongs to: its URL without numbers, so that page 2 and page 3 are one."""
    parts = urlsplit(url)
    return _NUMBERS.sub("#", parts.path.rstrip("/") + ("?" + parts.query if parts.query else ""))


def _family(lease: LeasedUrl) -> str:
    return _FEEDS if lease.kind == "feed" else family_of(lease.url)


class Yields:
    """Counts what listings taught, and says which of those that wait need not be fetched any more."""

    def __init__(self) -> None:
        self.in_sitemaps = 0
        self._barren_run = 0
        self._barren: Counter[str] = Counter()
        self._redirects: Counter[str] = Counter()

    def note(self, lease: LeasedUrl, fresh: int) -> None:
        """Note that a listing named *fresh* articles or pages nobody had named before."""
        family = _family(lease)
        if fresh:
            self._barren_run = 0
            self._barren[family] = 0
        else:
            self._barren_run += 1
            self._barren[family] += 1

    def note_redirect(self, lease: LeasedUrl, *, useful: bool) -> None:
        """Note that a page led to another URL, which was new (*useful*) or known already."""
        family = family_of(lease.url)
        self._redirects[family] = 0 if useful else self._redirects[family] + 1

    def closed(self, lease: LeasedUrl) -> str:
        """Return why the listing is not worth a request any more, "" when it is."""
        if (
            lease.kind == "page"
            and "?" in lease.url
            and self._redirects[family_of(lease.url)] >= _USELESS_REDIRECTS
        ):
            return "redirects to what is known"
        if lease.kind not in LISTINGS:
            return ""
        if self._barren[_family(lease)] >= _BARREN_IN_FAMILY:
            return "listing repeats what is known"
        limit = _BARREN_WITH_SITEMAP if self.in_sitemaps else _BARREN_WITHOUT
        return "listings teach nothing new" if self._barren_run >= limit else ""
