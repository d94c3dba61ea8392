"""What is let in: reading only, addresses of a sane length, and one heavy query at a time."""

import asyncio
from typing import Any
from weakref import WeakKeyDictionary

from datasette.utils.asgi import Response

METHODS = ("GET", "HEAD")
# Our longest address is a search with every facet chosen, under 2,000 bytes; nginx takes 8 kB.
LONGEST_B = 8_000
# Datasette's own pages run what a reader typed, for three seconds each (`sql_time_limit_ms`). Python looks at
# that clock every thousand steps of SQLite, and two such queries hand its lock to each other: three of them
# kept an article waiting for 20 seconds on a busy machine. One at a time in each process leaves it to others.
HEAVY = ("/archive",)
AT_ONCE = 1
WAIT_S = 10.0
# What Datasette tells of the machine it runs on: paths, threads, permissions. No page of ours leads there.
HIDDEN = ("/-/databases", "/-/threads", "/-/config", "/-/permissions", "/-/allow-debug", "/-/messages")


class Guard:
    """Wraps the ASGI application *app*; what it refuses is answered through the same `send`."""

    def __init__(self, app: Any) -> None:
        self._app = app
        # One a loop: the test client asks each time in a loop of its own.
        self._slots: WeakKeyDictionary[Any, asyncio.Semaphore] = WeakKeyDictionary()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request, or refuse it: 404, 405, 414, or 503 when no turn comes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] not in METHODS:
            # Nothing here writes, so there is nothing to forge, and no body to read.
            await _refuse(405, "reading only", send, {"allow": ", ".join(METHODS)})
            return
        if len(scope.get("raw_path") or b"") + len(scope.get("query_string") or b"") > LONGEST_B:
            await _refuse(414, f"an address has at most {LONGEST_B} bytes", send)
            return
        if scope["path"].startswith(HIDDEN):
            await _refuse(404, "not here", send)
            return
        if not scope["path"].startswith(HEAVY):
            await self._app(scope, receive, send)
            return
        slots = self._slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
        try:
            await asyncio.wait_for(slots.acquire(), WAIT_S)
        except TimeoutError:
            busy = "other readers' queries are still running; try again in a moment"
            await _refuse(503, busy, send, {"retry-after": str(round(WAIT_S))})
            return
        try:
            await self._app(scope, receive, send)
        finally:
            slots.release()


async def _refuse(status: int, why: str, send: Any, headers: dict[str, str] | None = None) -> None:
    await Response.text(f"{status}: {why}\n", status=status, headers=headers or {}).asgi_send(send)
