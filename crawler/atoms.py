"""The tests of one element that XPaths of adapters are made of, as plain Python: for `crawler.selecting`."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from lxml.html import HtmlElement

Test: TypeAlias = Callable[[HtmlElement], bool]

CLASS = re.compile(r"contains\(concat\(' ', normalize-space\(@class\), ' '\), ' ([^' ]+) '\)")
_EQUAL = re.compile(r"@([\w-]+)\s*=\s*'([^']*)'")
_PARTLY = re.compile(r"(contains|starts-with)\(@([\w-]+), '([^']*)'\)")
_HAS = re.compile(r"@([\w-]+)")
_NO_TAG = re.compile(r"not\(self::([A-Za-z][\w-]*)\)")
_SAYS = re.compile(r"contains\(\., '([^']*)'\)")
_CHILD_BEGINS = re.compile(r"([a-z]\w*)\[starts-with\(normalize-space\(\.\), '([^']*)'\)\]")
# What XPath takes for white space: no NBSP.
_SPACE = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class Atom:
    """One test of one element: by which attribute it is looked up, and whether for one whole word of it.

    `attribute` is "" where the test asks for none.
    """

    attribute: str
    word: str | None
    holds: Test


@lru_cache(maxsize=8192)
def class_words(classes: str) -> tuple[str, ...]:
    """Return the words of a class attribute, each once."""
    return tuple(dict.fromkeys(classes.split()))


def atom_of(test: str) -> Atom | None:
    """Return what stands between the brackets of an XPath's predicate; None for what is not plain."""
    if match := CLASS.fullmatch(test):
        name = match[1]
        return Atom("class", name, lambda node: name in class_words(node.get("class", "")))
    if match := _EQUAL.fullmatch(test):
        attribute, value = match[1], match[2]
        whole = value if attribute == "id" else None
        return Atom(attribute, whole, lambda node: node.get(attribute) == value)
    if match := _PARTLY.fullmatch(test):
        how, key, piece = match[1], match[2], match[3]
        if how == "contains":
            return Atom(key, None, lambda node: piece in node.get(key, ""))
        return Atom(key, None, lambda node: node.get(key, "").startswith(piece))
    if match := _HAS.fullmatch(test):
        key = match[1]
        return Atom(key, None, lambda node: node.get(key) is not None)
    return _without_attribute(test)


def _without_attribute(test: str) -> Atom | None:
    if match := _NO_TAG.fullmatch(test):
        tag = match[1]
        return Atom("", None, lambda node: node.tag != tag)
    if match := _SAYS.fullmatch(test):
        said = match[1]
        return Atom("", None, lambda node: said in (node.text_content() or ""))
    if match := _CHILD_BEGINS.fullmatch(test):
        child, start = match[1], match[2]
        return Atom(
            "", None, lambda node: any(_said(one).startswith(start) for one in node.iterchildren(child))
        )
    return None


def _said(node: HtmlElement) -> str:
    return _SPACE.sub(" ", node.text_content() or "").strip(" ")
