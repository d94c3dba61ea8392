"""User text → a `Query`: a tree of words, the filters, and notes on what could not be understood.

Nothing typed is an error. What the parser does not understand it searches as words, and says so.

    Châu Đốc "dân vận" (chỉ thị OR công văn) -lễ hội* portal:chaudoc year:2021 doc:33/CT-TTg
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from archive.search.words import as_typed, is_marked, words
from archive.vietnamese.fold import fold

MAX_CHARS = 2000
MAX_WORDS = 64
MAX_DEPTH = 20
# A prefix of one letter would merge a tenth of the dictionary and find everything.
MIN_PREFIX = 2

# The filters' names; each may be typed in Vietnamese too, with or without marks.
FILTERS = ("portal", "province", "year", "after", "before", "source", "section", "by", "doc", "has", "status")
_ALIASES = {
    "cong": "portal", "site": "portal", "tinh": "province", "nam": "year", "tu": "after", "truoc": "before",
    "nguon": "source", "muc": "section", "tacgia": "by", "byline": "by", "vanban": "doc", "document": "doc",
}  # fmt: skip

_TOKEN = re.compile(
    r"""(?P<minus>[-+]?)(?:
        (?P<key>[^\W\d_]+):(?P<value>"[^"]*"?|[^\s"()]+)
      | (?P<open>\() | (?P<close>\))
      | "(?P<quoted>[^"]*)(?P<closing>"?)(?P<star>\*?)
      | (?P<word>[^\s"()]+) ) | (?P<lone>[-+])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One word, or several that must stand side by side; lower case, marks as typed.

    `marked`: at least one word was typed with marks, so the exact index answers.
    """

    words: tuple[str, ...]
    prefix: bool = False
    marked: bool = False
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds; parts that are `Not` take away."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Node"


Node: TypeAlias = Leaf | And | Or | Not


@dataclass(frozen=True, slots=True)
class Filter:
    """`name` is one of FILTERS. Several of a name that are not negated are alternatives."""

    name: str
    value: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """What was understood. `node` None: no words, the filters alone decide."""

    text: str
    node: Node | None = None
    filters: tuple[Filter, ...] = ()
    notes: tuple[str, ...] = ()

    def leaves(self) -> tuple[Leaf, ...]:
        """Return the words that were asked for, in their order, without those ruled out by NOT."""
        return tuple(leaves_of(self.node)) if self.node is not None else ()

    @property
    def marked(self) -> bool:
        """Say whether any word was typed with marks, also one that is ruled out."""
        return any(leaf.marked for leaf in leaves_of(self.node, ruled_out=True)) if self.node else False

    def with_filters(self, filters: Mapping[str, str | Sequence[str]]) -> "Query":
        """Return the query narrowed by *filters* (name → value or values); unknown names become notes.

        A section or source that begins with "=" is meant whole and to the letter, as a facet gives it.
        """
        added, notes = [], []
        for name, values in filters.items():
            for value in [values] if isinstance(values, str) else values:
                canonical = filter_name(name)
                if canonical is None:
                    notes.append(f"unknown filter “{name}” was ignored")
                elif value.startswith("=") and canonical in ("section", "source"):
                    added.append(Filter(canonical, value.encode("utf-8", "replace").decode()))
                elif as_typed(value).strip():
                    added.append(Filter(canonical, as_typed(value).strip()))
        return replace(self, filters=(*self.filters, *added), notes=(*self.notes, *notes))


def filter_name(typed: str) -> str | None:
    """Return the filter's name for what was typed before the colon, or None.

    >>> filter_name("Năm"), filter_name("year"), filter_name("https")
    ('year', 'year', None)
    """
    name = fold(typed)
    return name if name in FILTERS else _ALIASES.get(name)


def parse(text: str) -> Query:
    """Return what *text* asks for; never raises, whatever it holds."""
    notes = []
    if len(text) > MAX_CHARS:
        notes.append(f"only the first {MAX_CHARS} characters were read")
    parser = _Parser(as_typed(text[:MAX_CHARS]), notes)
    node = parser.either(0)
    return Query(text, node, tuple(parser.filters), tuple(dict.fromkeys(parser.notes)))


def leaves_of(node: Node, *, ruled_out: bool = False) -> list[Leaf]:
    """Return the words and phrases of *node* in their order, with *ruled_out* those under NOT too."""
    if isinstance(node, Leaf):
        return [node]
    if isinstance(node, Not):
        return leaves_of(node.part, ruled_out=True) if ruled_out else []
    return [leaf for part in node.parts for leaf in leaves_of(part, ruled_out=ruled_out)]


@dataclass(slots=True)
class _Parser:
    """Recursive descent over the tokens; every method returns what it could make of them, or None."""

    text: str
    notes: list[str]
    filters: list[Filter] = field(default_factory=list)
    tokens: list[re.Match[str]] = field(default_factory=list)
    at: int = 0
    words_left: int = MAX_WORDS

    def __post_init__(self) -> None:
        self.tokens = list(_TOKEN.finditer(self.text))

    def peek(self) -> re.Match[str] | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def operator(self) -> str | None:
        """Return AND, OR or NOT when the next token is one, else None."""
        token = self.peek()
        word = token["word"] if token and not token["minus"] else None
        return {"AND": "AND", "&&": "AND", "OR": "OR", "||": "OR", "|": "OR", "NOT": "NOT"}.get(word or "")

    def either(self, depth: int) -> Node | None:
        """Parse parts joined by OR."""
        parts = [self.all_of(depth)]
        while True:
            if self.operator() == "OR":
                self.at += 1
                parts.append(self.all_of(depth))
                if parts[-1] is None or len([part for part in parts if part]) < 2:
                    self.notes.append("an OR stood without words on both sides")
            elif depth == 0 and self.peek() is not None:
                self.at += 1  # all_of stops at a ")" that nothing opened
                self.notes.append("a “)” without its “(” was ignored")
                more = self.all_of(depth)
                parts[-1] = _join(And, [parts[-1], more])
            else:
                return _join(Or, parts)

    def all_of(self, depth: int) -> Node | None:
        """Parse parts that must all hold, until OR, a closing parenthesis or the end."""
        parts: list[Node | None] = []
        while (token := self.peek()) is not None and not token["close"]:
            operator = self.operator()
            if operator == "OR":
                break
            if operator == "AND":
                self.at += 1
                continue
            parts.append(self.one(depth))
        return _join(And, parts)

    def one(self, depth: int) -> Node | None:
        """Parse one word, phrase, filter, negation or parenthesis."""
        if self.operator() == "NOT":
            self.at += 1
            token = self.peek()
            if token is None or token["close"] or self.operator():
                self.notes.append("a NOT stood without a word after it")
                return None
            return _negate(self.one(depth), "-")
        token = self.tokens[self.at]
        self.at += 1
        if token["lone"]:
            return None
        if token["open"]:
            return self.group(token["minus"], depth)
        if token["key"]:
            return self.filtered(token)
        if token["quoted"] is not None:
            if not token["closing"]:
                self.notes.append("a quotation mark was not closed: the rest was read as one phrase")
            return self.leaf(token["quoted"], token["minus"], bool(token["star"]), quoted=True)
        word = token["word"] or ""
        return self.leaf(word, token["minus"], word.endswith("*"))

    def group(self, minus: str, depth: int) -> Node | None:
        if depth >= MAX_DEPTH:
            self.notes.append(f"parentheses deeper than {MAX_DEPTH} were ignored")
            return None
        inner = self.either(depth + 1)
        closing = self.peek()
        if closing is not None and closing["close"]:
            self.at += 1
        else:
            self.notes.append("a “(” was not closed")
        return _negate(inner, minus)

    def filtered(self, token: re.Match[str]) -> Node | None:
        name, value = filter_name(token["key"]), token["value"].strip('"').strip()
        if name and value:
            self.filters.append(Filter(name, value, token["minus"] == "-"))
            return None
        if not value.startswith("//"):
            self.notes.append(f"“{token['key']}:” is no filter; it was searched as a word")
        return self.leaf(f"{token['key']} {value}", token["minus"], value.endswith("*"))

    def leaf(self, typed: str, minus: str, prefix: bool, *, quoted: bool = False) -> Node | None:
        found = words(typed)
        if not found:
            if any(not char.isspace() and char not in "-+*.,;:!?/\\&|'_–()[]{}" for char in typed):
                self.notes.append(f"nothing to search in “{typed[:40]}”")
            return None
        if len(found) > self.words_left:
            self.notes.append(f"only the first {MAX_WORDS} words were searched")
            found = found[: self.words_left]
        self.words_left -= len(found)
        if not found:
            return None
        if prefix and len(found[-1]) < MIN_PREFIX:
            self.notes.append(f"“{found[-1]}*” is too short for a prefix and was searched as a word")
            prefix = False
        return _negate(Leaf(found, prefix, is_marked(typed), quoted), minus)


def _negate(node: Node | None, minus: str) -> Node | None:
    if node is None or minus != "-":
        return node
    return node.part if isinstance(node, Not) else Not(node)


def _join(kind: type[And] | type[Or], parts: Sequence[Node | None]) -> Node | None:
    """Join what is there, lifting parts of the same kind up."""
    flat: list[Node] = []
    for part in parts:
        if isinstance(part, kind):
            flat += part.parts
        elif part is not None:
            flat.append(part)
    if not flat:
        return None
    return flat[0] if len(flat) == 1 else kind(tuple(flat))
