"""Which articles of the truth a crawler has seen, and how often, by what the replayed portal served it."""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from lxml.html import document_fromstring

from benchmarks.metric import plain
from crawler.charset import decode
from crawler.dom import words_of
from tests.portal.replay import Site, target_key

# A page with more whole articles than this is a list of them.
_ONE = 1
_PARAGRAPHS = 3


class Views:
    """Tells views of articles among the pages a crawler asked for.

    A page is a view of the one article whose longest paragraphs all stand on it. What shows several
    articles whole (a blog's front page) is a list.
    """

    def __init__(self, site: Site, truth: Path) -> None:
        self._site = site
        self._marks: dict[str, tuple[str, ...]] = {}
        self._own: dict[str, str] = {}
        for line in truth.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if "KHÔNG HIỂN THỊ" in row["title"]:
                continue
            longest = sorted(filter(str.strip, row["body_text"].split("\n")), key=len)[-_PARAGRAPHS:]
            self._own[target_key("/" + site.url(row["url"]).split("/", 3)[3])] = row["url"]
            self._marks[row["url"]] = (plain(row["title"]), *(plain(text)[:200] for text in longest))
        self.shown = cache(self._shown)

    def of(self, targets: Iterable[str]) -> dict[str, float]:
        """Return how many articles were seen, of how many, and how many views were of one seen before."""
        seen: Counter[str] = Counter()
        for target in {target_key(one) for one in targets}:
            if article := self.shown(target):
                seen[article] += 1
        return {"articles": len(seen), "of": len(self._marks), "again": sum(seen.values()) - len(seen)}

    def _shown(self, target: str) -> str | None:
        """Return the URL of the article a page shows, None for none or several."""
        if target in self._own:
            return self._own[target]
        answer = self._site.pages.get(target) or self._site.pages.get(target.rstrip("/"))
        if answer is None or answer.status != 200 or b"<" not in answer.body[:2000]:
            return None
        try:
            text = plain(words_of(document_fromstring(decode(answer.body).text)))
        except (ValueError, SyntaxError):
            return None
        found = [url for url, marks in self._marks.items() if all(mark in text for mark in marks)]
        return found[0] if len(found) == _ONE else None
