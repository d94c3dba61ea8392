"""Modules that Datasette names at its first line and needs later, if ever: read when somebody asks them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

# httpx brings a command line with rich and pygments, and is how Datasette asks itself in tests; pint turns
# the units of columns into one another, and no column of ours has any. Half of the time from `khocong serve`
# to the first page was theirs.
_CLIENT = "httpx"
_UNITS = "datasette.vendored.pint"


class _Later(ModuleType):
    """Stands for a module until an attribute of it is asked for.

    Not importlib.util.LazyLoader: until Python 3.12 each `import` of a module it holds asks for an attribute.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


class _LaterRegistry:
    """Stands for pint's registry of units, which Datasette makes as it is imported."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real(), name)

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        return self._real()(*arguments, **named)

    def _real(self) -> Any:
        if "_made" not in self.__dict__:
            sys.modules.pop(_UNITS, None)
            self.__dict__["_made"] = import_module(_UNITS).UnitRegistry()
        return self.__dict__["_made"]


@contextmanager
def lazily() -> Iterator[None]:
    """Let Datasette be imported in the block without what it seldom needs; elsewhere nothing changes."""
    put: dict[str, ModuleType] = {}
    for name in (_CLIENT, _UNITS):
        # The 1.0 alphas have no units.
        if name not in sys.modules and _is_there(name):
            put[name] = sys.modules[name] = _Later(name)
    if _UNITS in put:
        put[_UNITS].UnitRegistry = _LaterRegistry  # type: ignore[attr-defined]  # a module has what is put in it
    try:
        yield
    finally:
        for name, module in put.items():
            # Whoever imports it from now on gets the real one.
            if sys.modules.get(name) is module:
                del sys.modules[name]


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
