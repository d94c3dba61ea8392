"""Articles of several pages in an archive of captures: the parts are joined when the file has been read."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from archive import urls
from archive.records import Article, Issue, Outcome
from crawler.multipage import MAX_PARTS
from crawler.parts import join_parts


class PartsBook:
    """Holds first parts and later parts of one file until `joined` puts them together."""

    def __init__(self) -> None:
        self._firsts: list[tuple[str, Outcome]] = []
        self._parts: defaultdict[tuple[str, str], list[tuple[str, Article]]] = defaultdict(list)
        self._held: list[Outcome] = []

    def hold_first(self, portal_key: str, outcome: Outcome) -> None:
        """Keep an outcome whose article names a next part."""
        self._firsts.append((portal_key, outcome))

    def hold_part(self, portal_key: str, url: str, at: str, article: Article, outcome: Outcome) -> None:
        """Keep a later part; it is an article of its own to nobody.

        Its *outcome* is recorded after the article's: a run that is killed in between meets the part again.
        """
        self._parts[portal_key, urls.urlkey(url)].append((at, article))
        self._held.append(outcome)

    def joined(self) -> Iterator[Outcome]:
        """Yield the held outcomes with the parts nearest in time joined to them; empties the book."""
        firsts, self._firsts = self._firsts, []
        for portal_key, outcome in firsts:
            yield self._join(portal_key, outcome)
        held, self._held = self._held, []
        yield from held
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
        found = self._parts.get((portal_key, key))
        if not found:
            return None
        return min(found, key=lambda held: _apart(held[0], at))[1]


def _apart(one: str, other: str) -> float:
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds())
