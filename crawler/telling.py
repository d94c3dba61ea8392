"""What is to be told of portals goes out while others are still crawled, if the archivist named a way."""

import logging
import time
from threading import Thread

from archive.alerts.config import load
from archive.alerts.outbox import Delivery, deliver
from archive.errors import KhoCongError
from archive.store import Store

logger = logging.getLogger(__name__)

# What failed waits a minute at least: who asks more often asks in vain.
_EVERY_S = 30.0


class Teller:
    """Sends what waits in an archive's outbox, beside the crawl: a mail server may take its time."""

    def __init__(self) -> None:
        self._thread: Thread | None = None
        self._at = -_EVERY_S

    def soon(self, store: Store, *, news: bool) -> None:
        """Begin to send unless that is being done; without *news* only now and then."""
        if self._thread is not None and self._thread.is_alive():
            return
        if not news and time.monotonic() - self._at < _EVERY_S:
            return
        self._at = time.monotonic()
        # A daemon: Ctrl-C does not wait for a mail server. What was claimed is sent by the next run.
        self._thread = Thread(target=tell, args=(store,), name="alerts", daemon=True)
        self._thread.start()

    def finish(self, store: Store, *, hurry: bool) -> None:
        """Send what is left, before the archive is closed; in a *hurry* only what is on its way."""
        if self._thread is not None:
            self._thread.join(1.0 if hurry else 60.0)
            if self._thread.is_alive():
                logger.error("alerts are still being sent; what does not go out waits for the next run")
                return
        if not hurry:
            tell(store)


def tell(store: Store, budget_s: float = 60.0) -> Delivery | None:
    """Send what waits in the outbox, for *budget_s* seconds at most; what does not go out waits there.

    None where nothing is configured, or what is configured cannot be used: the log says so.
    """
    try:
        alerts = load(store.path)
        if not alerts.channels:
            return None
        done = deliver(store.db, alerts, budget_s=budget_s)
    except KhoCongError as error:
        logger.error("alerts could not be sent: %s", error)
        return None
    except Exception:  # the boundary of telling: the crawl is done and kept
        logger.exception("alerts could not be sent")
        return None
    for channel, complaint in done.errors.items():
        logger.error("alerts could not be sent by %s: %s", channel, complaint)
    return done


TELLER = Teller()
