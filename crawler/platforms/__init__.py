"""The CMS families we know: an explicit list, asked in order."""

from functools import lru_cache

from lxml.html import HtmlElement

from archive import urls
from crawler.platforms.base import Hints, Identity, Platform
from crawler.platforms.dotnetnuke import DotNetNuke
from crawler.platforms.drupal import Drupal
from crawler.platforms.generic import GENERIC
from crawler.platforms.hanoi2025 import Hanoi2025
from crawler.platforms.huecms import HueCms
from crawler.platforms.joomla import Joomla
from crawler.platforms.liferay import Liferay
from crawler.platforms.nukeviet import NukeViet
from crawler.platforms.portalpages import PortalPages
from crawler.platforms.sharepoint import SharePoint
from crawler.platforms.vnpt import VnptPortal
from crawler.platforms.webcenter import WebCenter
from crawler.platforms.websphere import WebSphere
from crawler.platforms.wordpress import WordPress

__all__ = [
    "PLATFORMS",
    "Hints",
    "Identity",
    "Platform",
    "identify",
    "ledger_key",
    "platform_named",
    "recognise",
]

PLATFORMS: dict[str, Platform] = {
    platform.name: platform
    for platform in (
        NukeViet(),
        WordPress(),
        WebSphere(),
        Joomla(),
        Drupal(),
        Liferay(),
        SharePoint(),
        PortalPages(),
        VnptPortal(),
        WebCenter(),
        DotNetNuke(),
        HueCms(),
        Hanoi2025(),
        GENERIC,
    )
}
# Below this the page is read as generic: a wrong adapter is worse than none.
_SURE = 0.7
_CERTAIN = 0.95


def platform_named(name: str | None) -> Platform:
    """Return the adapter of that name; the generic one for None or a name no longer known."""
    return PLATFORMS.get(name or "", GENERIC)


def recognise(tree: HtmlElement, url: str, text: str) -> tuple[str, float]:
    """Return the CMS family of a page and how sure that is; ("generic", 0.0) when none is sure."""
    head = text[:200_000]
    best, name = 0.0, GENERIC.name
    for platform in PLATFORMS.values():
        score = platform.recognises(tree, url, head)
        if score > best:
            best, name = score, platform.name
        # Nothing beats a CMS that signs its pages; asking them all costs 2 ms.
        if best >= _CERTAIN:
            break
    return (name, best) if best >= _SURE else (GENERIC.name, 0.0)


@lru_cache(maxsize=20_000)
def identify(url: str, platform: str | None = None) -> Identity:
    """Return what a URL means on a platform. Raises ValueError for what is not an http(s) URL."""
    return platform_named(platform).identify(urls.split(url))


def ledger_key(identity: Identity) -> str:
    """Return the key under which the ledger keeps a URL: one per article, whatever path leads to it.

    Articles whose URL carries the CMS's own id stand under that id, so that category aliases of one
    article are one row; all else stands under its urlkey.
    """
    key = urls.urlkey(identity.compared)
    if identity.kind == "article" and identity.content_id and not identity.excluded and not identity.key:
        return f"{key.partition(')')[0]})/#{identity.content_id}"
    return key
