"""What is usual for a portal, learned from its sound crawls: shares with their spread, lengths, layout."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from archive.drift.facts import Facts
from archive.drift.layout import similarity

# So many sound crawls are remembered: a portal's habits of last year are not today's.
MOST_CRAWLS = 30
# With fewer cases behind it a share is an anecdote.
LEAST_CASES = 10
# From so many crawls on, their own spread says how far a share may fall.
_ENOUGH_CRAWLS = 5


@dataclass(frozen=True, slots=True)
class Share:
    """A share of cases, of all sound crawls together; `lowest` is that of the worst crawl with some cases."""

    hits: int
    cases: int
    crawls: int
    lowest: float

    @property
    def value(self) -> float:
        """The share itself."""
        return self.hits / self.cases if self.cases else 0.0


@dataclass(frozen=True, slots=True)
class Measure:
    """A share that should not fall: its name, how to read it off a crawl, and how many cases speak."""

    name: str
    of: Callable[[Facts], tuple[int, int]]
    least: int = 2
    # How far it must fall before it is told, whatever the statistics say.
    fall: float = 0.3


SHARES = (
    Measure("yield", lambda one: (one.articles, one.pages), 3),
    Measure("title", lambda one: (one.titled, one.read)),
    Measure("date", lambda one: (one.dated, one.read)),
    Measure("body", lambda one: (one.bodied, one.read)),
    Measure("kept", lambda one: (one.reread - one.shrunk, one.reread)),
    Measure("chrome", lambda one: (one.slotted, one.slottable), 3, 0.5),
    Measure("present", lambda one: (one.known - one.missing, one.known), 5, 0.4),
    Measure("answered", lambda one: (min(one.answers, one.requests), one.requests), 10, 0.4),
)
# A sign that stands alone must be as good as certain: a national archive judges a hundred thousand shares a
# month. Of signs that come together each may be weaker.
ALONE, TOGETHER = 1e-5, 1e-3
_KEPT = (20, 20)
BY_NAME = {one.name: one for one in SHARES}


@dataclass(frozen=True, slots=True)
class Usual:
    """What sound crawls of a portal have in common; empty where there were none.

    `chars` are the median body lengths of crawls with two texts or more. `layout` holds the marks of the
    last sound crawl that had some, by template, `alike` how alike neighbouring crawls were at the least.
    """

    shares: Mapping[str, Share] = field(default_factory=dict)
    chars: tuple[int, ...] = ()
    layout: Mapping[str, Sequence[str]] = field(default_factory=dict)
    alike: Mapping[str, float] = field(default_factory=dict)
    sitemaps: Mapping[str, int] = field(default_factory=dict)
    crawls: int = 0


def learn(sound: Sequence[Facts]) -> Usual:
    """Return what is usual, from the facts of sound crawls, the oldest first."""
    recent = sound[-MOST_CRAWLS:]
    shares = {}
    for measure in SHARES:
        pairs = [pair for one in recent if (pair := measure.of(one))[1] > 0]
        # Nobody cuts known articles to half their length: that needs no learning.
        pairs += [_KEPT] if measure.name == "kept" and recent else []
        telling = [hits / cases for hits, cases in pairs if cases >= measure.least]
        shares[measure.name] = Share(
            sum(hits for hits, _ in pairs), sum(cases for _, cases in pairs), len(telling),
            min(telling, default=1.0),
        )  # fmt: skip
    layout: dict[str, Sequence[str]] = {}
    alike: dict[str, float] = {}
    sitemaps: dict[str, int] = {}
    for one in recent:
        for template, found in one.layout.items():
            same = similarity(layout.get(template, ()), found)
            if same is not None:
                alike[template] = min(same, alike.get(template, 1.0))
            layout[template] = found
        sitemaps.update(one.sitemaps)
    chars = tuple(one.body_chars for one in recent if one.read >= 2)
    return Usual(shares, chars, layout, alike, sitemaps, len(recent))


def fell(measure: Measure, usual: Usual, now: Facts, chance: float = ALONE) -> bool | None:
    """Say whether a share fell below what chance and the portal's own spread explain; None: too little known.

    The chance is that of the beta-binomial: so few hits among so many cases, were the share as it was; it
    must be below *chance*.
    """
    hits, cases = measure.of(now)
    share = usual.shares.get(measure.name)
    if share is None or share.cases < LEAST_CASES or cases <= 0:
        return None
    value = hits / cases
    if value > share.value - measure.fall:
        return False
    if cases < measure.least:
        return None
    spread = share.lowest - 0.1 if share.crawls >= _ENOUGH_CRAWLS else share.value - max(0.5, measure.fall)
    if value > spread or tail(hits, cases, share.hits, share.cases) >= chance:
        return None
    return True


def shortened(usual: Usual, now: Facts) -> bool | None:
    """Say whether bodies collapsed: the median text is a fraction of what it ever was."""
    if now.read < 1 or not usual.chars:
        return None
    typical = median(usual.chars)
    if now.body_chars >= 0.6 * typical:
        return False
    if now.read < 2 or (len(usual.chars) == 1 and now.read < 3):
        return None
    return now.body_chars < 0.35 * typical and now.body_chars < 0.6 * min(usual.chars) or None


def tail(hits: int, cases: int, known_hits: int, known_cases: int) -> float:
    """Return how probable so few *hits* among *cases* are, after what was known (Jeffreys' prior).

    >>> tail(0, 2, 40, 40) < 0.001 < tail(1, 2, 40, 40)
    True
    """
    alpha, beta = known_hits + 0.5, known_cases - known_hits + 0.5
    whole = math.lgamma(alpha) + math.lgamma(beta) - math.lgamma(alpha + beta)
    found = 0.0
    for k in range(max(0, hits - 400), hits + 1):
        log = (
            math.lgamma(cases + 1) - math.lgamma(k + 1) - math.lgamma(cases - k + 1)
            + math.lgamma(k + alpha) + math.lgamma(cases - k + beta) - math.lgamma(cases + alpha + beta)
        )  # fmt: skip
        found += math.exp(log - whole)
    return min(1.0, found)
