"""What is known of how complete a portal's archive is, and how that is said: data and words.

`crawler.reconcile` finds it. What cannot be known (no sitemap, ids that the CMS also gives to other things)
is said to be unknown, never guessed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """How many URLs of one kind stand in one state for one reason."""

    state: str
    kind: str
    reason: str
    urls: int


@dataclass(frozen=True, slots=True)
class Sitemap:
    """What the portal's sitemaps list, and what became of it.

    `files` counts sitemaps that were read, `unread` names those that were not, with the reason. Of the
    `urls` they list, `archived` are articles of the archive, `other` were read or left out for the reasons
    counted there, and `missing` names the rest with its state: what is not archived and should be.
    """

    files: int
    unread: tuple[tuple[str, str], ...]
    urls: int
    archived: int
    other: dict[str, int]
    missing: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """One listing with pages: the number of the last page that was named, and how many were read.

    `unread` counts the others by reason; "never named" are numbers between that no page linked.
    """

    url: str
    last_page: int
    pages: int
    read: int
    unread: dict[str, int]


@dataclass(frozen=True, slots=True)
class Ids:
    """The numbers the CMS gave its articles. `missing` lists ranges (first, last), both included.

    A missing number may be a draft, a deleted article, or one that nothing links to. `telling` is False
    where the CMS numbers other things in the same row, or where most numbers are not articles.
    """

    first: int
    last: int
    known: int
    missing: tuple[tuple[int, int], ...]
    missing_count: int
    telling: bool


@dataclass(frozen=True, slots=True)
class Completeness:
    """The report on one portal. `sitemap` and `ids` are None where the portal has none."""

    portal: str
    name: str
    platform: str | None
    articles: int
    last_crawl: str | None
    waiting: int
    ledger: tuple[LedgerRow, ...]
    sitemap: Sitemap | None
    listings: tuple[Listing, ...]
    ids: Ids | None

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, with the report's own sentence under "summary"."""
        return {**asdict(self), "summary": summary(self)}


def summary(report: Completeness) -> str:
    """Return the report in one sentence: "168 of 168 in the sitemap; 4 ids missing: …"."""
    parts = []
    if report.waiting:
        parts.append(f"not finished: {report.waiting} URLs wait")
    parts.append(_of_sitemap(report))
    short = [one for one in report.listings if one.unread]
    if report.listings:
        pages = sum(one.pages for one in report.listings)
        read = sum(one.read for one in report.listings)
        parts.append(
            f"{read} of {pages} listing pages read"
            + (f" ({_counted(sum((Counter(one.unread) for one in short), Counter()))})" if short else "")
        )
    parts.append(_of_ids(report.ids))
    return "; ".join(parts)


def _of_sitemap(report: Completeness) -> str:
    sitemap = report.sitemap
    if sitemap is None or not sitemap.urls:
        why = f" that can be read ({sitemap.unread[0][1]})" if sitemap and sitemap.unread else ""
        return f"{report.articles} articles; no sitemap{why} says how many there are"
    text = f"{sitemap.archived} of {sitemap.archived + len(sitemap.missing)} in the sitemap"
    if sitemap.unread:
        text += f", of which {len(sitemap.unread)} files could not be read"
    beside = report.articles - sitemap.archived
    return text + (f", {beside} articles beside it" if beside > 0 else "")


def _of_ids(ids: Ids | None) -> str:
    if ids is None:
        return "its articles have no running ids"
    if not ids.telling:
        return f"ids tell nothing ({ids.known} of the numbers {ids.first} to {ids.last} are articles)"
    if not ids.missing_count:
        return f"no id missing between {ids.first} and {ids.last}"
    return f"{ids.missing_count} ids missing: {ranges(ids.missing)}"


def ranges(missing: Sequence[tuple[int, int]], shown: int = _SHOWN) -> str:
    """Return ranges of numbers for people: "7, 12–14, …"."""
    words = [str(first) if first == last else f"{first}–{last}" for first, last in missing[:shown]]
    return ", ".join(words) + (", …" if len(missing) > shown else "")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common(3))
