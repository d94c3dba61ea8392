"""After a run: what is to be told of its portals goes out, if the archivist has named a way."""

import logging

from archive.alerts.config import load
from archive.alerts.outbox import Delivery, deliver
from archive.errors import KhoCongError
from archive.store import Store

logger = logging.getLogger(__name__)


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
    for channel, error_text in done.errors.items():
        logger.error("alerts could not be sent by %s: %s", channel, error_text)
    return done
