"""A `Query` → SQL: which index drives, its MATCH expression, and what else a row must satisfy.

Every word reaches SQL as a bound parameter and, within FTS5's own language, as a quoted string of
letters and digits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from archive.search.expansion import expand
from archive.search.query import And, Leaf, Node, Not, Query, leaves_of
from archive.search.words import exact
from archive.vietnamese.fold import fold

Index: TypeAlias = Literal["articles_exact", "articles_folded", "articles_headings"]

INDEXES: tuple[Index, ...] = ("articles_exact", "articles_folded")
# Of text, title, lead and files: title over lead over text over attached files, which are long and say much
# beside their subject.
WEIGHTS = (1.0, 10.0, 4.0, 0.3)
WORDS = "title lead text files"


@dataclass(frozen=True, slots=True)
class Match:
    """An FTS5 expression that one index answers alone."""

    index: Index
    expr: str


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a row called `m` (an index) or `a` (articles), with its parameters.

    `sql` reads once what satisfies it, for tests of many rows; `probe`, with the same parameters, asks of
    each row by itself, for tests of few.
    """

    sql: str
    params: tuple[Any, ...] = ()
    needs_article: bool = False
    probe: str = ""

    def wording(self, *, probing: bool = False) -> str:
        """Return the SQL that tests a row."""
        return self.probe if probing and self.probe else self.sql


@dataclass(frozen=True, slots=True)
class Plan:
    """`match` drives where there is one (else every article is looked at); `conditions` must all hold."""

    match: Match | None
    conditions: tuple[Condition, ...] = ()
    # The words and phrases that may be found, with whether their marks count, and a folded expression that
    # matches everything they do.
    leaves: tuple[tuple[Leaf, bool], ...] = ()
    bare: str = ""
    # What was asked, with abbreviations spelled out; whether marks are ignored in it; and which of the
    # conditions are no words of it.
    node: Node | None = None
    folded: bool = False
    filters: tuple[Condition, ...] = ()

    def source(
        self, *, article: bool = False, facets: bool = False, probing: bool = False
    ) -> tuple[str, list[Any]]:
        """Return `FROM … WHERE …` and its parameters; `rowid` names the article's id in it.

        With *article* the narrow index over `articles` is joined as `a`; its columns are article_id,
        portal_key, published_at, section, source and status, and others cost a read of the row itself.
        With *facets* the table `search_facets` is joined as `f`; *probing*: few rows will be looked at.
        """
        clauses = [condition.wording(probing=probing) for condition in self.conditions]
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
        return f"FROM {tables}{beside} WHERE {' AND '.join(clauses)}", [self.match.expr, *params]

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
    leaves = tuple((leaf, leaf.marked and not folded) for leaf in leaves_of(node))
    bare = _superset(node) or ""
    asked = (leaves, bare, node, folded, tuple(conditions))
    if isinstance(compiled, Match):
        return Plan(compiled, tuple(conditions), *asked)
    # Words of both kinds: the folded index finds and ranks what satisfies every word without marks, and
    # the condition keeps what satisfies the marks too.
    if isinstance(node, And) and not folded:
        # What has no marks the superset has settled: asking for it again would read its lists twice.
        strict = tuple(part for part in node.parts if _has_more(part))
        compiled = _as_condition(_compile(And(strict), folded=False))
    match = Match("articles_folded", bare) if bare else None
    return Plan(match, (compiled, *conditions), *asked)


def phrase(words: Sequence[str], *, prefix: bool = False) -> str:
    """Return *words* as an FTS5 string: nothing in it can be an operator."""
    quoted = '"' + " ".join(words).replace('"', '""') + '"'
    return f"{quoted} *" if prefix else quoted


def leaf_match(leaf: Leaf, *, folded: bool) -> Match:
    """Return what finds one word or phrase; with *folded* its marks are ignored."""
    if leaf.marked and not folded:
        return Match("articles_exact", phrase([exact(word) for word in leaf.words], prefix=leaf.prefix))
    return Match("articles_folded", phrase([fold(word) for word in leaf.words], prefix=leaf.prefix))


def _compile(node: Node, *, folded: bool) -> Match | Condition:
    if isinstance(node, Leaf):
        return leaf_match(node, folded=folded)
    if isinstance(node, Not):
        return _none_of(_compile(node.part, folded=folded))
    if isinstance(node, And):
        wanted = [_compile(part, folded=folded) for part in node.parts if not isinstance(part, Not)]
        unwanted = [_compile(part.part, folded=folded) for part in node.parts if isinstance(part, Not)]
        return _conjunction(wanted, unwanted)
    merged = _merge([_compile(part, folded=folded) for part in node.parts], " OR ")
    if len(merged) == 1:
        return merged[0]
    return _joined([_as_condition(part) for part in merged], " OR ")


def _conjunction(wanted: list[Match | Condition], unwanted: list[Match | Condition]) -> Match | Condition:
    wanted, unwanted = _merge(wanted, " AND "), _merge(unwanted, " OR ")
    match wanted, unwanted:
        case [Match() as only], []:
            return only
        case [Match() as only], [Match() as out] if only.index == out.index:
            return Match(only.index, f"({only.expr}) NOT ({out.expr})")
    return _joined([*map(_as_condition, wanted), *map(_none_of, unwanted)], " AND ")


def _joined(parts: Sequence[Condition], operator: str) -> Condition:
    sql, probe = (
        "(" + operator.join(part.wording(probing=probing) for part in parts) + ")"
        for probing in (False, True)
    )
    return Condition(sql, tuple(param for part in parts for param in part.params), probe=probe)


def _none_of(part: Match | Condition) -> Condition:
    inner = _as_condition(part)
    return Condition(f"NOT ({inner.sql})", inner.params, probe=f"NOT ({inner.wording(probing=True)})")


def _merge(parts: list[Match | Condition], operator: str) -> list[Match | Condition]:
    """Join the expressions that the same index answers, so that it is asked once."""
    merged: list[Match | Condition] = []
    for index in INDEXES:
        exprs = [part.expr for part in parts if isinstance(part, Match) and part.index == index]
        if exprs:
            expr = exprs[0] if len(exprs) == 1 else "(" + operator.join(exprs) + ")"
            merged.append(Match(index, expr))
    return merged + [part for part in parts if isinstance(part, Condition)]


def _as_condition(part: Match | Condition) -> Condition:
    if isinstance(part, Condition):
        return part
    return Condition(
        f"+m.rowid IN (SELECT rowid FROM {part.index} WHERE {part.index} MATCH ?)",
        (part.expr,),
        probe=f"EXISTS (SELECT 1 FROM {part.index} AS i WHERE i.{part.index} MATCH ? AND i.rowid = m.rowid)",
    )


def _has_more(node: Node) -> bool:
    """Say whether *node* asks for more than its folded expression does: marks, or words ruled out."""
    if isinstance(node, Leaf):
        return node.marked
    return isinstance(node, Not) or any(map(_has_more, node.parts))


def _superset(node: Node) -> str | None:
    """Return a folded expression that matches everything *node* does, or None when only all articles do."""
    if isinstance(node, Leaf):
        return leaf_match(node, folded=True).expr
    if isinstance(node, Not):
        return None
    parts = [_superset(part) for part in node.parts]
    known = [part for part in parts if part is not None]
    if isinstance(node, And):
        return "(" + " AND ".join(known) + ")" if known else None
    return "(" + " OR ".join(known) + ")" if len(known) == len(parts) else None
