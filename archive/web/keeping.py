"""Answers kept while the archive stays as it is, and work that several readers wait for done once."""

import asyncio
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache, wraps
from typing import Any, TypeAlias

from datasette.utils.asgi import Response

from archive.web import words
from archive.web.asking import language
from archive.web.rendering import DATABASE

# The cache-control of a page that will be another one in a moment.
NOT_KEPT = "no-store"
View: TypeAlias = Callable[[Any, Any], Awaitable[Response]]

# Of some 25 kB each; what is longer than LONGEST_B is made anew each time: 40 MB a process at most.
MOST_KEPT = 400
LONGEST_B = 100_000
# "This week" and "today" move on in an archive that nobody writes, too.
KEPT_S = 60.0
# While a crawl writes, an answer that took long may be this many times as old as it took to make, so that one
# question asked again and again costs half a percent of the time at most: 100 ms are good for 20 s. What was
# made quickly is made anew.
PATIENCE = 200
QUICK_S = 0.025
OLDEST_S = 30.0


@dataclass(frozen=True, slots=True)
class _Answer:
    version: int
    at: float
    fresh_s: float
    made: Response


class Kept:
    """The last answers of one database, each with the state of the archive it was made from."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self._answers: OrderedDict[object, _Answer] = OrderedDict()
        self._making: dict[object, asyncio.Future[Response]] = {}
        self._watch: sqlite3.Connection | None = None

    def version(self) -> int:
        """Return a number that changes with every commit of another process; it means nothing elsewhere."""
        if self._watch is None:
            # One of its own: what a connection answers counts from when it was opened.
            self._watch = self._database.connect()
        return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    async def answer(self, key: object, make: Callable[[], Awaitable[Response]], fresh_s: float) -> Response:
        """Return the kept answer to *key*, or what *make* makes of the archive as it is now.

        An answer of less than *fresh_s* seconds, or of less than PATIENCE times what it cost, is given
        whatever was written since. Who asks while it is being made waits for the same one. Only good answers
        are kept.
        """
        version, now = self.version(), time.monotonic()
        found = self._answers.get(key)
        if found is not None and now - found.at < (KEPT_S if found.version == version else found.fresh_s):
            self._answers.move_to_end(key)
            return found.made
        awaited = key if fresh_s else (key, version)
        if awaited in self._making:
            return await asyncio.shield(self._making[awaited])
        future = self._making[awaited] = asyncio.get_running_loop().create_future()
        try:
            made = await make()
        except BaseException as error:
            future.set_exception(error)
            # Those who wait raise it as well; where nobody waits asyncio would complain.
            future.exception()
            raise
        finally:
            del self._making[awaited]
        future.set_result(made)
        is_short = len(made.body) <= LONGEST_B
        if made.status == 200 and is_short and made.headers.get("cache-control") != NOT_KEPT:
            self._answers[key] = _Answer(version, now, max(fresh_s, _patience(time.monotonic() - now)), made)
            self._answers.move_to_end(key)
            while len(self._answers) > MOST_KEPT:
                self._answers.popitem(last=False)
        return made


def _patience(cost_s: float) -> float:
    return 0.0 if cost_s < QUICK_S else min(OLDEST_S, PATIENCE * cost_s)


@cache
def kept(database: Any) -> Kept:
    """Return what is kept of *database*."""
    return Kept(database)


def kept_page(fresh_s: float = 0.0) -> Callable[[View], View]:
    """Return a decorator of the view of a page that depends on its address and language alone.

    A reader who has the page already is only told so (304).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        async def answered(datasette: Any, request: Any) -> Response:
            # A language that is chosen is remembered by a cookie: an answer for this reader only.
            if request.method != "GET" or request.args.get("lang") in words.LANGUAGES:
                return await view(datasette, request)
            key = (request.full_path, language(request))
            memory = kept(datasette.get_database(DATABASE))
            made = await memory.answer(key, lambda: view(datasette, request), fresh_s)
            # A copy: Datasette writes into the headers of what it sends.
            headers = dict(made.headers)
            if (etag := headers.get("etag")) and etag in (request.headers.get("if-none-match") or ""):
                return Response("", status=304, headers=headers)
            return Response(made.body, made.status, headers, made.content_type)

        return answered

    return decorate
