"""No pattern of ours can be made slow: four times the text takes four times as long, whatever the text.

Every pattern that stands in a module of archive/ or crawler/ is found, compiled ones and those written
inside functions, and searched with strings read off its own repetitions.
"""

import ast
import builtins
import dataclasses
import pkgutil
import re
import time
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import archive
import crawler
from tests.properties.killers import ENDS, killers, string

_METHODS = {"search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
# Quadratic work multiplies by 16 from one length to the next, linear work by 4.
_LENGTHS = (1_000, 4_000, 16_000)
_MOST_GROWTH = 8
# Below this no growth matters: noise is larger.
_FLOOR_S = 0.0005
# A 1 MB page has 10 s: what costs more a letter than this is no constant any more.
_MOST_A_LETTER_S = 1e-5


class _Names(dict):
    """The names of a module, with a word in place of what only exists while a function runs."""

    def __missing__(self, name):
        return getattr(builtins, name, "abc")


def modules():
    for package in (archive, crawler):
        yield package
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not found.name.endswith("__main__"):
                # What needs an optional extra cannot be looked into where that is not installed.
                with suppress(ImportError):
                    yield import_module(found.name)


def ours(kind):
    return kind.__module__.partition(".")[0] in ("archive", "crawler")


def held(value, depth=0):
    """Yield the patterns inside a value of a module: in containers, classes and instances of ours."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth > 6:
        return
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from held(key, depth + 1)
            yield from held(inner, depth + 1)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from held(inner, depth + 1)
    elif isinstance(value, type):
        if ours(value):
            for inner in vars(value).values():
                yield from held(inner, depth + 1)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from held(getattr(value, field.name, None), depth + 1)
    elif ours(type(value)) and hasattr(value, "__dict__"):
        for inner in vars(value).values():
            yield from held(inner, depth + 1)


@cache
def tree_of(module):
    return ast.parse(Path(module.__file__).read_text(encoding="utf-8"))


def calls(module):
    """Yield (line, name, method, arguments) of the calls `name.method(…)` and `….name.method(…)`."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            if isinstance(of, ast.Name | ast.Attribute):
                name = of.id if isinstance(of, ast.Name) else of.attr
                yield node.lineno, name, node.func.attr, node.args


def written(module):
    """Yield the patterns a module writes where it uses them, with what it does with them."""
    for line, name, method, arguments in calls(module):
        if name == "re" and method in _METHODS and arguments:
            source = compile(ast.Expression(arguments[0]), module.__file__, "eval")
            text = eval(source, {}, _Names(vars(module)))
            if isinstance(text, str | bytes):
                with suppress(re.error):
                    yield line, re.compile(text), method


def patterns():
    """Return (name, pattern, method): "search" unless all that is done with it begins at one place."""
    named, used = {}, {}
    for module in (module for module in modules() if module.__file__):
        methods = {}
        for _, name, method, _ in calls(module):
            if method in _METHODS:
                methods.setdefault(name, set()).add(method)
        for name, value in vars(module).items():
            for pattern in held(value):
                key = (pattern.pattern, pattern.flags)
                named.setdefault(key, (f"{module.__name__}.{name}", pattern))
                # What stands in a list or class is used under other names: as if searched.
                found = methods.get(name, set()) if isinstance(value, re.Pattern) else {"search"}
                used.setdefault(key, set()).update(found)
        for line, pattern, method in written(module):
            key = (pattern.pattern, pattern.flags)
            named.setdefault(key, (f"{module.__name__}:{line}", pattern))
            used.setdefault(key, set()).add(method)
    return [(*named[key], _hardest(used[key])) for key in named]


def _hardest(methods):
    return next(iter(methods)) if methods in ({"match"}, {"fullmatch"}) else "search"


PATTERNS = patterns()


def seconds(pattern, text, method, repeats=1):
    if isinstance(pattern.pattern, bytes):
        text = text.encode()
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        if method == "search":
            for _ in pattern.finditer(text):
                pass
        else:
            getattr(pattern, method)(text)
        best = min(best, time.process_time() - start)
    return best


def too_slow(pattern, prefix, pump, method="search", end=ENDS[0]):
    """Say why a pattern is slow on a killer ("" when it is not); ends before it hangs."""
    for length in (32, 300):
        if seconds(pattern, string(prefix, pump, length, end), method, 2) > 0.1:
            return f"0.1 s for {length} letters"
    before, took = 0.0, 0.0
    for length in _LENGTHS:
        text = string(prefix, pump, length, end)
        took = seconds(pattern, text, method)
        if took < _FLOOR_S * length / _LENGTHS[0]:
            return ""
        # One measurement acquits; only what looks slow is measured again, without the noise.
        if before and took > _MOST_GROWTH * before:
            took = min(took, seconds(pattern, text, method, 2))
        if before and took < _MOST_GROWTH * before and took < _MOST_A_LETTER_S * length:
            return ""
        if took > 0.5:
            break
        before = took
    return f"{took:.2f} s for {length} letters"


@pytest.mark.parametrize(("name", "pattern", "method"), PATTERNS, ids=[one[0] for one in PATTERNS])
def test_no_text_makes_a_pattern_slow(name, pattern, method):
    for prefix, pump in killers(pattern):
        for end in ENDS:
            slow = too_slow(pattern, prefix, pump, method, end)
            assert not slow, (
                f"{pattern.pattern!r} takes {slow}: {prefix[:80]!r} + {pump[:80]!r} × n + {end!r}"
            )
