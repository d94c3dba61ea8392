"""What a crawl saves while it starts."""

import gc
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_start() -> Iterator[None]:
    """Import many modules without what costs time and serves nobody: a sixth of a crawl's start.

    Garbage is not looked for in 900 modules of which none goes away again. And three modules of Scrapy 2.19
    make a deprecated class, and look up who asks by `inspect.stack()`, which reads the source of every
    frame's file and searches all modules for it, where they want one frame and no line of it.
    """
    stack = inspect.stack
    inspect.stack = _frames
    gc.disable()
    try:
        yield
    finally:
        inspect.stack = stack
        gc.freeze()
        gc.enable()


def _frames(context: int = 1) -> list[inspect.FrameInfo]:
    """Return what `inspect.stack` does, without source lines."""
    found = []
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        found.append(inspect.FrameInfo(frame, code.co_filename, frame.f_lineno, code.co_name, None, None))
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    return found
