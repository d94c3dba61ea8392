"""XPaths answered from lookups: what stands under a tag, a class, an id, each found once a page.

Adapters name places in XPath, and about thirty of them are asked of every page. libxml2 walks the whole
page for each and rebuilds each class attribute on the way (a third of all time, measured); here a page's
classes are read once and the plain forms of XPath become lookups. What is not plain is still XPath, asked
only where the classes and ids it names stand in the page at all.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from lxml import etree
from lxml.html import HtmlElement

from crawler.atoms import CLASS, Atom, atom_of, class_words

Found: TypeAlias = HtmlElement | str

_STEP = re.compile(r"(//?)(\*|[A-Za-z][\w-]*)((?:\[(?:[^\[\]]|\[[^\[\]]*\])*\])*)")
_PREDICATE = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]")
# "" is the attribute of a test that asks for none.
_COMMON = frozenset(["", "href", "class", "id"])
# A page of a portal has 300 to 3,000; an object takes 150 bytes.
_MOST_ELEMENTS = 200_000
# An attribute's value or an element's own text, where an XPath ends in one.
_ENDING = re.compile(r"/(?:@([\w-]+)|(text\(\)))$")


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a plain XPath: any of `either` holds for each of `tests`."""

    child: bool
    tag: str | None
    tests: tuple[tuple[Atom, ...], ...]

    @property
    def rare(self) -> bool:
        """Whether its elements are looked up by more than a tag."""
        return any(
            one.word is not None or one.attribute not in _COMMON for either in self.tests for one in either
        )

    def holds(self, node: HtmlElement) -> bool:
        if self.tag is not None and node.tag != self.tag:
            return False
        for either in self.tests:
            for atom in either:
                if atom.holds(node):
                    break
            else:
                return False
        return True


class Index:
    """What stands in one tree, by tag and attribute; the tree must not change while it is asked."""

    def __init__(self, root: HtmlElement) -> None:
        self.root = root
        self._elements: list[HtmlElement] = []
        self._tags: dict[str, list[HtmlElement]] = {}
        self._attributes: dict[str, list[HtmlElement]] = {}
        self._classes: dict[str, list[list[int]]] | None = None
        self._ids: defaultdict[str, list[HtmlElement]] | None = None
        self._answers: dict[str, list[Found]] = {}
        self.paths: dict[HtmlElement, str] = {}
        self.hidden: frozenset[HtmlElement] | None = None
        self._whole = self._scan()

    def _scan(self) -> bool:
        """Sort all elements in one walk: libxml2 takes as long for each of five to ten attributes.

        The objects are kept, so that other walks make none. False for a page too large for that.
        """
        elements, tags, attributes = self._elements, self._tags, self._attributes
        for node in self.root.iter("*"):
            elements.append(node)
            tag = node.tag
            if tag in tags:
                tags[tag].append(node)
            else:
                tags[tag] = [node]
            names = node.keys()
            for name in names:
                if name in attributes:
                    attributes[name].append(node)
                else:
                    attributes[name] = [node]
            if len(elements) > _MOST_ELEMENTS:
                elements.clear()
                tags.clear()
                attributes.clear()
                return False
        return True

    def elements(self) -> list[HtmlElement]:
        """Return all elements, in document order."""
        return self._elements if self._whole else list(self.root.iter("*"))

    def with_tag(self, tag: str) -> list[HtmlElement]:
        """Return the elements of one tag, in document order; the list is not to be changed."""
        found = self._tags.get(tag)
        if found is None:
            found = self._tags[tag] = [] if self._whole else list(self.root.iter(tag))
        return found

    def with_attribute(self, name: str) -> list[HtmlElement]:
        """Return the elements that carry an attribute, in document order; the list is not to be changed."""
        found = self._attributes.get(name)
        if found is None:
            bearing = [] if self._whole else compiled(f"//*[@{name}]")(self.root)
            assert isinstance(bearing, list)
            found = self._attributes[name] = bearing
        return found

    def with_class(self, name: str) -> list[HtmlElement]:
        """Return the elements of one class, in document order."""
        if self._classes is None:
            # A page repeats its few class attributes: each is taken apart once.
            whole: defaultdict[str, list[int]] = defaultdict(list)
            for place, node in enumerate(self.with_attribute("class")):
                whole[node.get("class", "")].append(place)
            classes: dict[str, list[list[int]]] = {}
            for names, places in whole.items():
                for word in class_words(names):
                    classes.setdefault(word, []).append(places)
            self._classes = classes
        found = self._classes.get(name)
        if found is None:
            return []
        elements = self.with_attribute("class")
        places = found[0] if len(found) == 1 else sorted(chain.from_iterable(found))
        return [elements[place] for place in places]

    def with_id(self, name: str) -> list[HtmlElement]:
        """Return the elements of one id: a page may write it twice."""
        if self._ids is None:
            self._ids = defaultdict(list)
            for node in self.with_attribute("id"):
                self._ids[node.get("id", "")].append(node)
        return self._ids.get(name, [])

    def select(self, xpath: str) -> list[Found]:
        """Return what an XPath finds, as lxml would; the list is shared, and not to be changed."""
        found = self._answers.get(xpath)
        if found is None:
            found = self._answers[xpath] = _query(xpath)(self)
        return found

    def bearers(self, step: _Step) -> list[HtmlElement]:
        """Return the elements among which those of a step are, by its rarest mark."""
        for either in step.tests:
            if len(either) == 1 and either[0].word is not None:
                atom = either[0]
                assert atom.word is not None
                return self.with_class(atom.word) if atom.attribute == "class" else self.with_id(atom.word)
        for either in step.tests:
            # Links and styled boxes are too many: their tag is the rarer mark.
            attributes = {atom.attribute for atom in either}
            if (
                len(attributes) == 1
                and "" not in attributes
                and (step.tag is None or attributes.isdisjoint(_COMMON))
                and step.tag != "meta"
            ):
                return self.with_attribute(attributes.pop())
        return self.with_tag(step.tag) if step.tag is not None else self.elements()


@lru_cache(maxsize=1)
def index_of(root: HtmlElement) -> Index:
    """Return the index of the page in hand: the last one is kept, `index_of.cache_clear()` lets it go."""
    return Index(root)


@lru_cache(maxsize=4096)
def compiled(xpath: str) -> etree.XPath:
    """Return an XPath made ready; its strings do not hold the page they came from."""
    return etree.XPath(xpath, smart_strings=False)


@lru_cache(maxsize=4096)
def _query(xpath: str) -> Callable[[Index], list[Found]]:
    steps, ending = _plain(xpath)
    if steps:
        return lambda index: _ended(_matching(index, steps), ending)
    classes, evaluate = tuple(CLASS.findall(xpath)), compiled(xpath)
    # In a union or an "or" a missing class says nothing.
    needed = classes if " | " not in xpath and " or " not in xpath and "not(" not in xpath else ()

    def ask(index: Index) -> list[Found]:
        if not all(index.with_class(name) for name in needed):
            return []
        found = evaluate(index.root)
        return list(found) if isinstance(found, list) else [str(found)]

    return ask


def _plain(xpath: str) -> tuple[tuple[_Step, ...], str]:
    """Return the steps of a plain XPath and the attribute (or "text()") it ends in; () where it is not."""
    end = _ENDING.search(xpath)
    body, ending = (xpath[: end.start()], end[1] or end[2]) if end else (xpath, "")
    steps, at = [], 0
    while at < len(body):
        match = _STEP.match(body, at)
        if match is None:
            return (), ""
        at = match.end()
        tests = []
        for predicate in _PREDICATE.findall(match[3]):
            either = tuple(atom_of(part) for part in predicate.split(" or "))
            if not all(either):
                return (), ""
            tests.append(tuple(atom for atom in either if atom is not None))
        steps.append(_Step(match[1] == "/", None if match[2] == "*" else match[2], tuple(tests)))
    return tuple(steps), ending


def _matching(index: Index, steps: tuple[_Step, ...]) -> list[HtmlElement]:
    last, before = steps[-1], steps[:-1]
    for step in before:
        # Most hints name a box that most pages do not have.
        if not index.bearers(step):
            return []
    if not before or last.rare:
        return [node for node in index.bearers(last) if last.holds(node) and _stands_in(node, last, before)]
    # Every second element is a link or a paragraph: they are looked for inside the box, not the reverse.
    inside: dict[HtmlElement, None] = {}
    for outer in _matching(index, before):
        nodes = outer.iterchildren(last.tag or "*") if last.child else outer.iterdescendants(last.tag or "*")
        inside.update((node, None) for node in nodes if last.holds(node))
    return list(inside)


def _stands_in(node: HtmlElement, step: _Step, before: tuple[_Step, ...]) -> bool:
    """Say whether an element of *step* stands in elements of the steps before it."""
    if not before:
        return not step.child or node.getparent() is None
    outer = before[-1]
    for parent in node.iterancestors():
        if outer.holds(parent) and _stands_in(parent, outer, before[:-1]):
            return True
        if step.child:
            return False
    return False


def _ended(nodes: list[HtmlElement], ending: str) -> list[Found]:
    if not ending:
        return list(nodes)
    if ending != "text()":
        return [value for node in nodes if (value := node.get(ending)) is not None]
    return [text for node in nodes for text in (node.text, *(child.tail for child in node)) if text]
