"""The metric of every quality figure: 4-shingle F1, and what is kept or leaks line by line.

Tokens are `\\w+` runs of the NFC text; shingles are every four successive tokens, with multiplicity (the
whole text as one shingle when shorter). Precision and recall are means over pages, F1 is of those means.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warcio.archiveiterator import ArchiveIterator

_TOKEN = re.compile(r"\w+")
# Typographic forms a theme puts in place of what the editor typed; the truth keeps the typed ones.
_TYPESET = str.maketrans(
    {"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "″": '"', "′": "'", "–": "-", "—": "-", "…": "..."}
)


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Return the 4-shingles of a text with their counts."""
    tokens = _TOKEN.findall(unicodedata.normalize("NFC", text))
    if not tokens:
        return Counter()
    if len(tokens) < 4:
        return Counter([tuple(tokens)])
    return Counter(zip(tokens, tokens[1:], tokens[2:], tokens[3:], strict=False))


def precision_recall(found: str, gold: str) -> tuple[float, float]:
    """Return how much of *found* is gold, and how much of *gold* was found."""
    mine, theirs = shingles(found), shingles(gold)
    both = sum((mine & theirs).values())
    total_mine, total_theirs = sum(mine.values()), sum(theirs.values())
    return (both / total_mine if total_mine else 0.0, both / total_theirs if total_theirs else 1.0)


def plain(text: str) -> str:
    """Return a text with white space folded and typographic quotes and dashes as typed."""
    return re.sub(r"-{2,}", "-", " ".join(unicodedata.normalize("NFC", text).translate(_TYPESET).split()))


@dataclass
class Score:
    """Running means and counts over the pages of one portal."""

    pages: int = 0
    precision: float = 0.0
    recall: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)

    def add_body(self, found: str, gold: str) -> tuple[float, float]:
        precision, recall = precision_recall(found, gold)
        self.pages += 1
        self.precision += precision
        self.recall += recall
        return precision, recall

    def add(self, what: str, good: bool) -> None:
        self.counts[f"{what}/of"] += 1
        self.counts[what] += good

    def share(self, what: str) -> float:
        """Return the share of *what* that was good; 1.0 where none was to be found."""
        total = self.counts[f"{what}/of"]
        return self.counts[what] / total if total else 1.0

    @property
    def f1(self) -> float:
        if not self.pages or not self.precision or not self.recall:
            return 0.0
        precision, recall = self.precision / self.pages, self.recall / self.pages
        return 2 * precision * recall / (precision + recall)


def truth_of(captures: Path, name: str) -> list[dict[str, Any]]:
    """Return the truth of one capture: a row an article."""
    with (captures / f"{name}.truth.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def pages_of(captures: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield (url, body) of every HTML answer of one capture."""
    with (captures / f"{name}.warc.gz").open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type != "response" or record.http_headers.get_statuscode() != "200":
                continue
            if "html" in (record.http_headers.get_header("Content-Type") or ""):
                yield (
                    record.rec_headers.get_header("WARC-Target-URI").strip("<>"),
                    record.content_stream().read(),
                )
