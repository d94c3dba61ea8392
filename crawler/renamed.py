"""Rows that were entered before the CMS was recognised, under an identity that is not its own."""

from archive.records import LeasedUrl, Portal
from archive.store import Store
from crawler.links import Scope, make_link

_KINDS = ("page", "article", "listing", "feed")


def renamed(store: Store, portal: Portal, lease: LeasedUrl) -> str:
    """Return why a leased URL is not fetched as the row it is, "" when it is.

    The first pages of an unknown portal are read without its rules: `…/en/vi` may be an article already
    known. What the URL means now is entered in the row's place.
    """
    if portal.platform is None or lease.kind not in _KINDS or not lease.urlkey:
        return ""
    link = make_link(lease.url, portal.platform, Scope(portal, lease.url))
    if link is None or link.urlkey == lease.urlkey:
        return link.reason if link is not None and link.state == "excluded" else ""
    # A row that was led elsewhere is asked for there, but is what its own URL says.
    (url,) = store.db.execute("SELECT url FROM urls WHERE url_id = ?", [lease.url_id]).fetchone()
    link = make_link(url, portal.platform, Scope(portal, url))
    if link is None or link.urlkey == lease.urlkey:
        return ""
    store.ledger.seed(portal.key, [link], discovered_from=lease.url_id)
    return "known by another address"
