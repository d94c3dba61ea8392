"""A `Query` → SQL: which index drives, its MATCH expression, and what else a row must satisfy.

Every word reaches SQL as a bound parameter and, within FTS5's own language, as a quoted string of
letters and digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from archive.search.expansion import expand
from archive.search.query import And, Leaf, Node, Not, Query
from archive.search.words import exact
from archive.vietnamese.fold import fold

Index: TypeAlias = Literal["articles_exact", "articles_folded"]

# Of text, title, lead, …: title over lead over text over attached files, which are long and say much beside
# their subject; section, source and byline are for their filters alone.
WEIGHTS: dict[str, tuple[float, ...]] = {
    "articles_exact": (1.0, 10.0, 4.0, 0.3),
    "articles_folded": (1.0, 10.0, 4.0, 0.0, 0.0, 0.0, 0.3),
}
WORDS = "title lead text files"


@dataclass(frozen=True, slots=True)
class Match:
    """An FTS5 expression that one index answers alone, in *columns* only.

    The folded index holds section, source and byline too, for their filters: a word must not find (or,
    ruled out, lose) every article of the section "Tin tức".
    """

    index: Index
    expr: str
    columns: str = WORDS

    @property
    def fts(self) -> str:
        """Return what MATCH is given."""
        if self.index == "articles_exact" and self.columns == WORDS:
            return self.expr
        return f"{{{self.columns}}} : ({self.expr})"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a row called `m` (an index) or `a` (articles), with its parameters."""

    sql: str
    params: tuple[Any, ...] = ()
    needs_article: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`match` drives where there is one (else every article is looked at); `conditions` must all hold."""

    match: Match | None
    conditions: tuple[Condition, ...] = ()

    def source(self, *, article: bool = False, facets: bool = False) -> tuple[str, list[Any]]:
        """Return `FROM … WHERE …` and its parameters; `rowid` names the article's id in it.

        With *article* the narrow index over `articles` is joined as `a`; its columns are article_id,
        portal_key, published_at, section, source and status, and others cost a read of the row itself.
        With *facets* the table `search_facets` is joined as `f`.
        """
        clauses = [condition.sql for condition in self.conditions]
        params: list[Any] = [param for condition in self.conditions for param in condition.params]
        join = article or any(condition.needs_article for condition in self.conditions)
        beside = f" CROSS JOIN search_facets AS f ON f.article_id = {self.rowid}" if facets else ""
        if self.match is None:
            # A set of ids alone is looked up one by one; within an OR it has to be tested row by row.
            place = "+m.rowid" if " OR " not in "".join(clauses) else "m.rowid"
            clauses = [clause.replace(place, "a.article_id") for clause in clauses]
            clauses = [clause.replace("m.rowid", "a.article_id") for clause in clauses]
            tables = f"articles AS a INDEXED BY articles_for_search{beside}"
            return f"FROM {tables} WHERE {' AND '.join(clauses) or '1'}", params
        tables = f"{self.match.index} AS m"
        if join:
            tables += " CROSS JOIN articles AS a INDEXED BY articles_for_search ON a.article_id = m.rowid"
        clauses.insert(0, f"m.{self.match.index} MATCH ?")
        return f"FROM {tables}{beside} WHERE {' AND '.join(clauses)}", [self.match.fts, *params]

    @property
    def rowid(self) -> str:
        """Return the SQL name of the article's id in `source()`."""
        return "a.article_id" if self.match is None else "m.rowid"


def plan(query: Query, conditions: Sequence[Condition] = (), *, folded: bool = False) -> Plan:
    """Return the plan for *query*; with *folded*, marks are ignored in every word."""
    if query.node is None:
        return Plan(None, tuple(conditions))
    node = expand(query.node, frozenset(query.text.split()))
    compiled = _compile(node, folded=folded)
    if isinstance(compiled, Match):
        return Plan(compiled, tuple(conditions))
    # Words of both kinds: the folded index finds and ranks what satisfies every word without marks, and
    # the condition keeps what satisfies the marks too.
    superset = _superset(node)
    if isinstance(node, And) and not folded:
        # What has no marks the superset has settled: asking for it again would read its lists twice.
        strict = tuple(part for part in node.parts if _has_more(part))
        compiled = _as_condition(_compile(And(strict), folded=False))
    return Plan(Match("articles_folded", superset) if superset else None, (compiled, *conditions))


def phrase(words: Sequence[str], *, prefix: bool = False) -> str:
    """Return *words* as an FTS5 string: nothing in it can be an operator."""
    quoted = '"' + " ".join(words).replace('"', '""') + '"'
    return f"{quoted} *" if prefix else quoted


def _leaf(leaf: Leaf, *, folded: bool) -> Match:
    if leaf.marked and not folded:
        return Match("articles_exact", phrase([exact(word) for word in leaf.words], prefix=leaf.prefix))
    return Match("articles_folded", phrase([fold(word) for word in leaf.words], prefix=leaf.prefix))


def _compile(node: Node, *, folded: bool) -> Match | Condition:
    if isinstance(node, Leaf):
        return _leaf(node, folded=folded)
    if isinstance(node, Not):
        inner = _as_condition(_compile(node.part, folded=folded))
        return Condition(f"NOT ({inner.sql})", inner.params)
    if isinstance(node, And):
        wanted = [_compile(part, folded=folded) for part in node.parts if not isinstance(part, Not)]
        unwanted = [_compile(part.part, folded=folded) for part in node.parts if isinstance(part, Not)]
        return _conjunction(wanted, unwanted)
    merged = _merge([_compile(part, folded=folded) for part in node.parts], " OR ")
    if len(merged) == 1:
        return merged[0]
    conditions = [_as_condition(part) for part in merged]
    return Condition(
        "(" + " OR ".join(part.sql for part in conditions) + ")",
        tuple(param for part in conditions for param in part.params),
    )


def _conjunction(wanted: list[Match | Condition], unwanted: list[Match | Condition]) -> Match | Condition:
    wanted, unwanted = _merge(wanted, " AND "), _merge(unwanted, " OR ")
    match wanted, unwanted:
        case [Match() as only], []:
            return only
        case [Match() as only], [Match() as out] if only.index == out.index:
            return Match(only.index, f"({only.expr}) NOT ({out.expr})")
    conditions = [_as_condition(part) for part in wanted]
    for part in unwanted:
        inner = _as_condition(part)
        conditions.append(Condition(f"NOT ({inner.sql})", inner.params))
    return Condition(
        "(" + " AND ".join(part.sql for part in conditions) + ")",
        tuple(param for part in conditions for param in part.params),
    )


def _merge(parts: list[Match | Condition], operator: str) -> list[Match | Condition]:
    """Join the expressions that the same index answers, so that it is asked once."""
    merged: list[Match | Condition] = []
    for index in WEIGHTS:
        exprs = [part.expr for part in parts if isinstance(part, Match) and part.index == index]
        if exprs:
            expr = exprs[0] if len(exprs) == 1 else "(" + operator.join(exprs) + ")"
            merged.append(Match("articles_exact" if index == "articles_exact" else "articles_folded", expr))
    return merged + [part for part in parts if isinstance(part, Condition)]


def _as_condition(part: Match | Condition) -> Condition:
    if isinstance(part, Condition):
        return part
    return Condition(f"+m.rowid IN (SELECT rowid FROM {part.index} WHERE {part.index} MATCH ?)", (part.fts,))


def _has_more(node: Node) -> bool:
    """Say whether *node* asks for more than its folded expression does: marks, or words ruled out."""
    if isinstance(node, Leaf):
        return node.marked
    return isinstance(node, Not) or any(map(_has_more, node.parts))


def _superset(node: Node) -> str | None:
    """Return a folded expression that matches everything *node* does, or None when only all articles do."""
    if isinstance(node, Leaf):
        return _leaf(node, folded=True).expr
    if isinstance(node, Not):
        return None
    parts = [_superset(part) for part in node.parts]
    known = [part for part in parts if part is not None]
    if isinstance(node, And):
        return "(" + " AND ".join(known) + ")" if known else None
    return "(" + " OR ".join(known) + ")" if len(known) == len(parts) else None
