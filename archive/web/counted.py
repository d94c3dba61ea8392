"""Facets counted a moment ago: for the next page, another order, another reader of the same search."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from typing import Any

from archive.search.facets import Facets
from archive.web.keeping import KEPT_S, kept

# While a crawl writes, facets may be so old: nobody chooses one by its last digit, and the page says so.
OLD_S = 30.0
# Of some 20 kB each.
MOST_KEPT = 300


@dataclass(frozen=True, slots=True)
class _Count:
    version: int
    at: float
    facets: Facets


class Counted:
    """The last facets of one database; threads may share it."""

    def __init__(self) -> None:
        self._counts: OrderedDict[Hashable, _Count] = OrderedDict()
        self._guard = threading.Lock()

    def facets(self, key: Hashable, version: int, make: Callable[[], Facets]) -> tuple[Facets, bool]:
        """Return the facets of *key*, and whether they are of the archive as it is in *version*."""
        now = time.monotonic()
        with self._guard:
            found = self._counts.get(key)
            if found is not None and now - found.at < (KEPT_S if found.version == version else OLD_S):
                self._counts.move_to_end(key)
                return found.facets, found.version == version
        made = make()
        with self._guard:
            self._counts[key] = _Count(version, now, made)
            self._counts.move_to_end(key)
            while len(self._counts) > MOST_KEPT:
                self._counts.popitem(last=False)
        return made, True


@dataclass(frozen=True, slots=True)
class Moment:
    """What was counted of a database, and its state when a page of it is asked for."""

    counted: Counted
    version: int


def moment(database: Any) -> Moment:
    """Return the present moment of *database*; to be asked in the event loop's thread."""
    return Moment(_counted(database), kept(database).version())


@cache
def _counted(_database: Any) -> Counted:
    return Counted()
