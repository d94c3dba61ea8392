"""What a query of common words matches, settled with bits instead of walks through FTS5's lists.

Of words the answer is FTS5's own to the article. Of phrases the bits know where all the words are, not
whether they stand side by side: few are asked of FTS5 one by one, of many the answer is only a bound.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from archive.search import bits as bits_
from archive.search.common import Known, having, known
from archive.search.plan import INDEXES, Plan, leaf_match
from archive.search.query import And, Leaf, Node, Not, leaves_of
from archive.search.texts import those_matching
from archive.search.words import exact
from archive.vietnamese.fold import fold

# An opened prefix is an OR of hundreds of words, each of which would be asked for by itself.
_MOST_LEAVES = 24
# So many articles are tested one by one for what else a query asks (a portal, a year), and so many texts are
# read for a phrase: some 70 µs each.
_MOST_TESTED, _MOST_READ = 10_000, 150
# FTS5 reads the places of a phrase's words too, and tests each row for marks beside words without.
_PHRASE, _CONDITION = 2, 3


@dataclass(frozen=True, slots=True)
class Settled:
    """The articles of a match, as bits. Where it `is_exact` no others match and all of these do; else some
    of these may not.

    `cost`: how many entries of its lists FTS5 would go through to find and to rank them.
    """

    bits: int
    cost: int
    is_exact: bool = True

    @property
    def total(self) -> int:
        """How many articles these are."""
        return self.bits.bit_count()


class _NotSettled(Exception):
    """The bits do not say."""


def settle(conn: sqlite3.Connection, plan: Plan) -> Settled | None:
    """Return what *plan* matches, or None where bits are no help: no common word, too many parts."""
    if plan.node is None or plan.match is None:
        return None
    leaves = leaves_of(plan.node)
    if len(leaves) > _MOST_LEAVES or any(leaf.prefix for leaf in leaves):
        return None
    reach = known(conn)
    if reach is None:
        return None
    settling = _Settling(conn, plan.folded, reach)
    try:
        found = settling.of(plan.node)
    except _NotSettled:
        return None
    if not settling.cost:
        return None
    found |= _beyond(conn, plan, reach)
    is_exact = settling.is_exact
    if not is_exact and found.bit_count() <= _MOST_READ:
        found, is_exact = bits_.of_ids(those_matching(conn, plan, bits_.ids_of(found)), reach.newest), True
    if plan.filters:
        if found.bit_count() > _MOST_TESTED or not is_exact:
            return None
        found = _tested(conn, plan, found)
    has_more = len(plan.conditions) > len(plan.filters)
    return Settled(found, settling.cost * (_CONDITION if has_more else 1), is_exact)


class _Settling:
    def __init__(self, conn: sqlite3.Connection, folded: bool, reach: Known) -> None:
        self._conn, self._folded, self._reach = conn, folded, reach
        self._changed = bits_.of_ids(reach.stale, reach.horizon)
        self.cost = 0
        self.is_exact = True

    def of(self, node: Node) -> int:
        """Return what *node* matches up to the horizon, without what was changed since."""
        if isinstance(node, Leaf):
            found = self._of_common(node)
            return self._of_rare([node]) if found is None else found
        if isinstance(node, Not):
            # Which ids there are no bit says.
            raise _NotSettled
        if isinstance(node, And):
            return self._of_all([part for part in node.parts if not isinstance(part, Not)]) & ~self._of_any(
                [part.part for part in node.parts if isinstance(part, Not)], sharp=True
            )
        return self._of_any(node.parts)

    def _of_any(self, parts: Iterable[Node], *, sharp: bool = False) -> int:
        either = 0
        for part in parts:
            was_exact, self.is_exact = self.is_exact, True
            either |= self.of(part)
            if sharp and not self.is_exact:
                # What only may match must not be taken away.
                raise _NotSettled
            self.is_exact = self.is_exact and was_exact
        return either

    def _of_all(self, parts: Sequence[Node]) -> int:
        if not parts:
            raise _NotSettled
        rare: list[Leaf] = []
        every: int | None = None
        for part in parts:
            found = self._of_common(part) if isinstance(part, Leaf) else self.of(part)
            if found is None and isinstance(part, Leaf):
                rare.append(part)
            elif found is not None:
                every = found if every is None else every & found
        if rare:
            found = self._of_rare(rare)
            every = found if every is None else every & found
        return every or 0

    def _of_common(self, leaf: Leaf) -> int | None:
        """Return where all words of *leaf* are; None where one of them is rare: its list is short."""
        strict = leaf.marked and not self._folded
        every, cost = ~self._changed, 0
        for word in leaf.words:
            found = having(self._conn, exact(word) if strict else fold(word), strict)
            if found is None:
                return None
            cost += found.bit_count() * (_PHRASE if len(leaf.words) > 1 else 1)
            every &= found
        self.cost += cost
        self.is_exact = self.is_exact and len(leaf.words) == 1
        return every

    def _of_rare(self, leaves: Sequence[Leaf]) -> int:
        """Return what matches all of *leaves*: one walk an index, from list to list."""
        found = -1
        matches = [leaf_match(leaf, folded=self._folded) for leaf in leaves]
        for index in INDEXES:
            exprs = [match.expr for match in matches if match.index == index]
            if exprs:
                found &= bits_.of_ids(self._ids(index, " AND ".join(exprs)), self._reach.horizon)
        return found & ~self._changed

    def _ids(self, index: str, expr: str) -> list[int]:
        (ids,) = self._conn.execute(
            f"SELECT group_concat(rowid, ',') FROM {index} WHERE {index} MATCH ? AND rowid <= ?",
            (expr, self._reach.horizon),
        ).fetchone()
        found: list[int] = json.loads(f"[{ids or ''}]")
        return found


def _beyond(conn: sqlite3.Connection, plan: Plan, reach: Known) -> int:
    """Return what matches of the articles that the bits do not know: the newest, and those changed since."""
    ids = those_matching(conn, plan, reach.stale)
    if reach.newest > reach.horizon:
        bare = replace(plan, conditions=plan.conditions[: len(plan.conditions) - len(plan.filters)])
        where, params = bare.source(probing=True)
        rows = conn.execute(f"SELECT {plan.rowid} {where} AND {plan.rowid} > ?", (*params, reach.horizon))
        ids += [row[0] for row in rows]
    return bits_.of_ids(ids, reach.newest)


def _tested(conn: sqlite3.Connection, plan: Plan, found: int) -> int:
    """Return which of *found* satisfy the filters."""
    filtered = Plan(None, plan.filters)
    where, params = filtered.source(article=True, probing=True)
    rows = conn.execute(
        f"SELECT {filtered.rowid} {where} AND {filtered.rowid} IN (SELECT value FROM json_each(?))",
        (*params, json.dumps(bits_.ids_of(found))),
    )
    return bits_.of_ids((row[0] for row in rows), max(1, found.bit_length()))
