"""When URLs stop being worth a request: families of them are judged by what they teach.

A family is a listing with all its pages, or the pages of one folder or form. One that teaches nothing new
is demoted first (it comes after all else) and then closed, with the reason the ledger keeps.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from archive.records import LeasedUrl, Link, UrlKind
from crawler.platforms.generic import PAGING

# Where a sitemap names the articles, listings only repeat it: these many in a row without anything new
# close the rest. Without a sitemap they are the way in, and each family is judged by itself.
_BARREN_WITH_SITEMAP = 8
_BARREN_WITHOUT = 80
# A listing's first, second and third page; two where listings have named half of what is known.
_BARREN_IN_FAMILY = 3
# Listings that name so large a share of the known articles and none beside them have been reconciled:
# what a CMS lists nowhere cannot be found by walking on. Some must be deep pages, where old articles stand.
_GROUND = 0.6
_ENOUGH_LISTINGS, _ENOUGH_DEEP = 12, 2
# `?p=1182` of WordPress leads to an article under its real name, once for each article: such redirects to
# what is known anyway close the rest of their family.
_USELESS_REDIRECTS = 2
# Pages of one folder that were no articles and led to none: tags under a name of the portal's own, months.
_WASTED = 3
_WASTED_TWICE = 5
# A folder that has held articles may hold as many other pages in a row; only very many say that no more come.
_WASTED_AFTER_ARTICLES = 60
# A page that says that nothing is there, or leads to the front page, counts twice.
_EMPTY_WORDS = ("not_found", "login", "redirected_home")
# After everything else but files: a page that is demoted is still asked for, in case it was judged too early.
DEMOTED = 12
# Why a URL waits for a run without --since; such a run opens it again.
OLDER = "older than --since"
# So many articles in a row that are older than --since: the pages of listings that follow are older still.
_OLD_RUN = 20
# Links that pages themselves mark as tags, so many in one folder, say what the folder is.
_TAGS_OF_A_FOLDER = 3
_NUMBERS = re.compile(r"\d+")
# Feeds name the newest articles once more; they are asked after the listings.
LISTINGS: frozenset[UrlKind] = frozenset({"listing", "feed"})
_FEEDS = "feeds"
_CONTENT = ("article", "page")


def family_of(url: str) -> str:
    """Return the listing a page belongs to: its URL without page number, so that pages 1, 2 and 3 are one."""
    parts = urlsplit(url)
    target = parts.path.rstrip("/") + ("?" + parts.query if parts.query else "")
    return _NUMBERS.sub("#", PAGING.sub("", target).rstrip("/?&"))


@lru_cache(maxsize=20_000)
def folder_of(url: str) -> str:
    """Return the family of a page that is no listing by its URL: its folder, or its form with a query.

    "" where the page stands at the root: what stands there has nothing in common.
    """
    parts = urlsplit(url)
    if parts.query:
        names = sorted(field.partition("=")[0] for field in parts.query.split("&"))
        return f"{_NUMBERS.sub('#', parts.path.rstrip('/'))}?{'&'.join(names)}"
    folder = parts.path.rstrip("/").rpartition("/")[0]
    return f"{_NUMBERS.sub('#', folder)}/*" if folder else ""


class Yields:
    """Counts what listings and pages taught, and says which of those that wait need no request any more."""

    def __init__(self, since: str | None = None) -> None:
        self.since = since
        self._old_run = 0
        self.in_sitemaps = 0
        self.articles = 0
        self._barren_run = self._deep_run = 0
        self._barren: Counter[str] = Counter()
        self._redirects: Counter[str] = Counter()
        self._wasted: Counter[str] = Counter()
        self._trusted: set[str] = set()
        self._tags: defaultdict[str, set[str]] = defaultdict(set)
        self._bodies: dict[str, str] = {}
        self._ground: set[str] = set()
        self.feeds = 0

    def note(self, lease: LeasedUrl, fresh: int, links: Sequence[Link] = (), digest: str = "") -> None:
        """Note that a listing named *fresh* articles or pages nobody had named before.

        *digest* is of its body: a page that repeats another of its family word for word ends the family.
        """
        family = _family(lease)
        if digest and self._bodies.get(family) == digest:
            self._barren[family] += _BARREN_IN_FAMILY
        self._bodies[family] = digest
        if fresh:
            self._barren_run = self._deep_run = 0
            self._barren[family] = 0
            self._ground.clear()
            return
        self._barren_run += 1
        self._deep_run += bool(PAGING.search(lease.url))
        self._barren[family] += 1
        self._ground.update(link.urlkey for link in links if link.kind in _CONTENT)

    def note_page(self, lease: LeasedUrl, *, article: bool, links: Sequence[Link], fresh: int) -> None:
        """Note what a page was. *fresh* counts its unknown links; those of its own family are no gain."""
        if lease.kind not in _CONTENT:
            return
        self.articles += article
        for link in links:
            if link.reason == "tag" and len(self._tags[folder := folder_of(link.url)]) < _TAGS_OF_A_FOLDER:
                self._tags[folder].add(link.urlkey)
        family = folder_of(lease.url)
        own = sum(link.state == "pending" and folder_of(link.url) == family for link in links) if fresh else 0
        if article or fresh > own:
            self._wasted[family] = 0
            self._trusted.add(family)
        elif lease.kind == "page":
            self._wasted[family] += 1

    def note_date(self, published_at: str | None) -> None:
        """Note when an article was published (ISO), for a crawl that wants what is new only."""
        if self.since and published_at:
            self._old_run = self._old_run + 1 if published_at[:10] < self.since else 0

    def note_nothing(self, lease: LeasedUrl, reason: str) -> None:
        """Note that a page said "nothing here" without the status that says so (soft 404, front page)."""
        if lease.kind == "page" and reason in _EMPTY_WORDS:
            self._wasted[folder_of(lease.url)] += 1 if reason == "login" else 2

    def note_redirect(self, lease: LeasedUrl, *, useful: bool) -> None:
        """Note that a page led to another URL, which was new (*useful*) or known already."""
        family = folder_of(lease.url)
        self._redirects[family] = 0 if useful else self._redirects[family] + 1

    def wary(self, lease: LeasedUrl) -> bool:
        """Say whether nobody knows yet if the page's family teaches anything: it is asked one by one."""
        family = folder_of(lease.url) if lease.kind == "page" else ""
        return bool(family) and (family not in self._trusted or self._wasted[family] > 0)

    def demoted(self, lease: LeasedUrl) -> bool:
        """Say whether the page's family has taught nothing yet, and the page should come after all else."""
        if lease.kind != "page" or lease.priority <= DEMOTED:
            return False
        family = folder_of(lease.url)
        return bool(family) and (
            self._wasted[family] >= _WASTED or ("?" in family and self._redirects[family] >= 1)
        )

    def closed(self, lease: LeasedUrl) -> str:
        """Return why the URL is not worth a request any more, "" when it is."""
        if lease.kind == "page":
            family = folder_of(lease.url)
            if "?" in family and self._redirects[family] >= _USELESS_REDIRECTS:
                return "redirects to what is known"
            if (
                family
                and family not in self._trusted
                and len(self._tags.get(family, ())) >= _TAGS_OF_A_FOLDER
            ):
                return "tag"
            most = _WASTED_AFTER_ARTICLES if family in self._trusted else _WASTED_TWICE
            if family and lease.priority <= DEMOTED and self._wasted[family] >= most:
                return "family teaches nothing new"
            return ""
        if lease.kind not in LISTINGS or (lease.kind == "feed" and not self.feeds):
            # One feed is always read: the next run asks it first what is new.
            return ""
        if self._old_run >= _OLD_RUN and PAGING.search(lease.url):
            return f"{OLDER} {self.since}"
        known_ground = len(self._ground) >= _GROUND * max(self.articles, 1)
        if self._barren[_family(lease)] >= (2 if known_ground else _BARREN_IN_FAMILY):
            return "listing repeats what is known"
        if known_ground and self._barren_run >= _ENOUGH_LISTINGS and self._deep_run >= _ENOUGH_DEEP:
            return "listings are reconciled"
        limit = _BARREN_WITH_SITEMAP if self.in_sitemaps else _BARREN_WITHOUT
        return "listings teach nothing new" if self._barren_run >= limit else ""


def _family(lease: LeasedUrl) -> str:
    return _FEEDS if lease.kind == "feed" else family_of(lease.url)
