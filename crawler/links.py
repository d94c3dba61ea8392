"""The links of a page, each identified and ready for the ledger."""

import re
from functools import lru_cache
from urllib.parse import urljoin

from lxml.html import HtmlElement

from archive import urls
from archive.records import Article, Link, Portal, UrlKind
from crawler.feeds import Listed
from crawler.platforms import Identity, identify, ledger_key
from crawler.selecting import index_of

# Higher is fetched earlier: a portal's own lists first, then articles, then what may lead to more.
PRIORITY: dict[UrlKind, int] = {
    "robots": 100,
    "sitemap": 90,
    "seed": 80,
    "article": 50,
    "page": 30,
    "listing": 20,
    "feed": 15,
    "attachment": 10,
    "image": 5,
}
# A page of a million links is an attack or a fault; the first ones are the ones a reader sees.
MAX_LINKS = 5000
# A link takes about 500 bytes; a page of a portal has 135, most of them those of its other pages.
_REMEMBERED = 20_000
# What does not depend on where the page stands: "/path", "//host/path", "https://…".
_ROOTED = re.compile(r"\s*(?:/|[a-z][a-z0-9+.-]*:)", re.IGNORECASE)
_WEB = ("http://", "https://")
# Why a file waits for a run that asks for its kind; such a run opens it again.
NO_IMAGES = "images not asked for"
NO_ATTACHMENTS = "attachments not asked for"
_SKIP = re.compile(
    r"^\s*(?:javascript|mailto|tel|sms|data|file|about|callto|skype|zalo|viber|blob|ftp)\s*:|^\s*#",
    re.IGNORECASE,
)


class Scope:
    """The hosts links may stay on; `www.` and the bare host are one."""

    def __init__(self, portal: Portal | None, url: str) -> None:
        hosts = portal.hosts if portal is not None and portal.hosts else (urls.split(url).netloc,)
        self.hosts = frozenset(host.lower().removeprefix("www.") for host in hosts)

    @classmethod
    def of(cls, hosts: frozenset[str]) -> "Scope":
        """Return the scope of hosts that are lower case and without `www.` already."""
        made = cls.__new__(cls)
        made.hosts = hosts
        return made

    def has(self, netloc: str) -> bool:
        return netloc.removeprefix("www.") in self.hosts


def make_link(
    url: str, platform: str, scope: Scope, *, kind: UrlKind | None = None, lastmod: str | None = None
) -> Link | None:
    """Return the ledger's link for an absolute URL; None for what is not http(s) or not in scope."""
    try:
        parts = urls.split(url)
        if not scope.has(parts.netloc):
            return None
        identity = identify(url, platform)
        key = ledger_key(identity)
    except ValueError:
        return None
    return _link(identity, key, kind, lastmod)


def _link(identity: Identity, key: str, kind: UrlKind | None, lastmod: str | None) -> Link:
    sort = identity.kind if identity.excluded else (kind or identity.kind)
    return Link(
        url=identity.canonical_url,
        urlkey=key,
        kind=sort,
        state="excluded" if identity.excluded else "pending",
        reason=identity.excluded,
        priority=PRIORITY[sort],
        fetch_url=identity.fetch_url,
        lastmod=lastmod,
    )


def page_links(
    tree: HtmlElement, base: str, platform: str, scope: Scope, *, images: bool, article: Article | None
) -> tuple[Link, ...]:
    """Return every link of a page that is in scope, once each, in document order.

    Images are linked only from the article's own body, and pending only where *images* are asked for.
    """
    found: dict[str, Link] = {}
    hrefs: dict[str, None] = {}
    related = frozenset(index_of(tree).with_attribute("rel"))
    for node in tree.iter("a", "area", "frame", "iframe"):
        href = node.get("href") or (node.get("src") if node.tag in ("frame", "iframe") else None)
        if not href or not (href[0] == "/" or href.startswith(_WEB) or not _SKIP.match(href)):
            continue
        rel = (node.get("rel") or "") if node in related else ""
        if rel and "tag" in rel.split() and "category" not in rel:
            _add_excluded(found, base, href, platform, scope, "tag")
            continue
        hrefs.setdefault(href)
        if len(hrefs) >= MAX_LINKS:
            break
    origin = _origin(base)
    for href in hrefs:
        # As in _absolute, of which a page would ask 135 times where it stands.
        rooted = href[0] == "/" or href.startswith(_WEB) or _ROOTED.match(href)
        link = _link_from(origin if rooted else base, href, platform, scope.hosts)
        if link is not None and link.kind != "image":
            found.setdefault(link.urlkey, link)
    if article is not None:
        for item in article.attachments:
            link = make_link(item.url, platform, scope, kind="attachment")
            if link is not None:
                found[link.urlkey] = link
        for image in article.images:
            link = make_link(image.url, platform, scope, kind="image")
            if link is not None and link.state == "pending" and not images:
                link = Link(link.url, link.urlkey, "image", "excluded", NO_IMAGES, link.priority)
            if link is not None:
                found.setdefault(link.urlkey, link)
    return tuple(found.values())


def _absolute(base: str, href: str, platform: str, scope: Scope) -> Link | None:
    # Nine links of ten are the portal's menu and what other pages link too, and mean the same on each.
    return _link_from(_origin(base) if _ROOTED.match(href) else base, href, platform, scope.hosts)


def _origin(base: str) -> str:
    return "/".join(base.split("/", 3)[:3]) + "/"


@lru_cache(maxsize=_REMEMBERED)
def _link_from(base: str, href: str, platform: str, hosts: frozenset[str]) -> Link | None:
    try:
        return make_link(urljoin(base, href.strip()), platform, Scope.of(hosts))
    except ValueError:
        return None


def _add_excluded(
    found: dict[str, Link], base: str, href: str, platform: str, scope: Scope, reason: str
) -> None:
    link = _absolute(base, href, platform, scope)
    if link is not None:
        found[link.urlkey] = Link(link.url, link.urlkey, link.kind, "excluded", reason, link.priority)


def listed_links(listed: list[Listed], platform: str, scope: Scope) -> tuple[Link, ...]:
    """Return the links a sitemap or feed names; a sitemap's word that something is a sitemap counts."""
    found: dict[str, Link] = {}
    for item in listed:
        link = make_link(
            item.url, platform, scope, kind="sitemap" if item.is_sitemap else None, lastmod=item.lastmod
        )
        if link is not None:
            found.setdefault(link.urlkey, link)
    return tuple(found.values())
