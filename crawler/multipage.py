"""Articles spread over several pages: their parts are fetched one after the other and stored as one."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from archive.records import Article, Issue, LeasedUrl
from crawler.judging import Verdict
from crawler.parts import join_parts

PART = "part of an article"
# The longest seen has 6 parts; a "next page" that never ends is a trap.
MAX_PARTS = 50


@dataclass(slots=True)
class _Open:
    parts: list[Article]
    seen: set[str]
    record_id: str
    next_url: str


class Multipage:
    """Holds the parts read so far of the articles whose next part is still to come.

    *may_fetch* says whether a part's URL is in scope and allowed by robots.txt. What is held is lost with
    the process: the row is pending then, and a resumed crawl begins at its first part again.
    """

    def __init__(self, may_fetch: Callable[[str], bool]) -> None:
        self._may_fetch = may_fetch
        self._open: dict[int, _Open] = {}

    def address(self, url_id: int) -> str | None:
        """Return the URL of the part that is to be fetched next for this row, if one is."""
        held = self._open.get(url_id)
        return held.next_url if held else None

    def take(self, lease: LeasedUrl, verdict: Verdict) -> Verdict:
        """Return the verdict with the parts joined, or "pending" with `reason` PART while one is missing."""
        held = self._open.get(lease.url_id)
        outcome = verdict.outcome
        article = outcome.article
        if held is None:
            if article is None or not article.next_page or not self._may_fetch(article.next_page):
                return verdict
            record_id = outcome.capture.record_id if outcome.capture else ""
            self._open[lease.url_id] = _Open([article], {article.url}, record_id, article.next_page)
            return _wait(verdict)
        if outcome.state == "pending":
            return verdict
        if article is not None:
            held.parts.append(article)
            held.seen.add(held.next_url)
            further = article.next_page
            if (
                further
                and further not in held.seen
                and len(held.parts) < MAX_PARTS
                and self._may_fetch(further)
            ):
                held.next_url = further
                return _wait(verdict)
        del self._open[lease.url_id]
        return _joined(verdict, held, complete=article is not None)


def _wait(verdict: Verdict) -> Verdict:
    return replace(verdict, outcome=replace(verdict.outcome, state="pending", reason=PART, article=None))


def _joined(verdict: Verdict, held: _Open, *, complete: bool) -> Verdict:
    outcome = verdict.outcome
    first, *rest = held.parts
    issues = outcome.issues
    if not complete:
        issues = (
            *issues,
            Issue("part_missing", f"{held.next_url}: {outcome.reason or outcome.state}", first.url),
        )
    joined = join_parts(first, rest) if rest else first
    outcome = replace(
        outcome, state="done", reason="" if complete else "part missing", article=joined,
        article_record_id=held.record_id or None, issues=issues,
    )  # fmt: skip
    return replace(verdict, outcome=outcome)
