"""Articles of several pages in an archive of captures: the parts are joined when the file has been read."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import datetime

from archive import urls
from archive.records import Article, Capture, Issue, Outcome
from crawler.multipage import MAX_PARTS
from crawler.parts import join_parts

Again = Callable[[str, Article, Capture], Awaitable[Article]]


class PartsBook:
    """Holds first parts and later parts of one file until `joined` puts them together."""

    def __init__(self) -> None:
        self._firsts: list[tuple[str, Outcome]] = []
        # Each part as it was read, and what is to be recorded of it, which is no article.
        self._parts: defaultdict[tuple[str, str], list[tuple[Article, Outcome]]] = defaultdict(list)

    def hold_first(self, portal_key: str, outcome: Outcome) -> None:
        """Keep an outcome whose article names a next part."""
        self._firsts.append((portal_key, outcome))

    def hold_part(self, portal_key: str, url: str, article: Article, outcome: Outcome) -> None:
        """Keep a later part; it is an article of its own to nobody.

        Its *outcome* is recorded after the article's: a run that is killed in between meets the part again.
        """
        self._parts[portal_key, urls.urlkey(url)].append((article, outcome))

    async def refresh(self, again: Again) -> None:
        """Have each held page read by *again*, which returns it as it is or as it is read by now."""
        for place, (key, outcome) in enumerate(self._firsts):
            if outcome.article is not None and outcome.capture is not None:
                article = await again(key, outcome.article, outcome.capture)
                self._firsts[place] = key, replace(outcome, article=article)
        for (key, _), held in self._parts.items():
            for place, (article, outcome) in enumerate(held):
                if outcome.capture is not None:
                    held[place] = await again(key, article, outcome.capture), outcome

    def joined(self) -> Iterator[Outcome]:
        """Yield the held outcomes with the parts nearest in time joined to them, then those of the parts."""
        firsts, self._firsts = self._firsts, []
        for portal_key, outcome in firsts:
            yield self._join(portal_key, outcome)
        for held in self._parts.values():
            yield from (outcome for _, outcome in held)
        self._parts.clear()

    def _join(self, portal_key: str, outcome: Outcome) -> Outcome:
        first, capture = outcome.article, outcome.capture
        if first is None or capture is None:
            return outcome
        rest: list[Article] = []
        seen: set[str] = set()
        following = first.next_page
        missing = ""
        while following and len(rest) < MAX_PARTS:
            key = urls.urlkey(following)
            if key in seen:
                break
            seen.add(key)
            part = self._nearest(portal_key, key, capture.captured_at)
            if part is None:
                missing = following
                break
            rest.append(part)
            following = part.next_page
        issues = outcome.issues
        if missing:
            issues = (*issues, Issue("part_missing", f"{missing}: no capture of it here", first.url))
        article = join_parts(first, rest) if rest else replace(first, next_page=None)
        return replace(outcome, article=article, issues=issues)

    def _nearest(self, portal_key: str, key: str, at: str) -> Article | None:
        found = [
            (_apart(outcome.capture.captured_at, at), article)
            for article, outcome in self._parts.get((portal_key, key), ())
            if outcome.capture is not None
        ]
        return min(found, key=lambda one: one[0])[1] if found else None


def _apart(one: str, other: str) -> float:
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())
