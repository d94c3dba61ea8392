"""Joomla 1.5 to 5: any category path and the article's id answer, and no page names the right one."""

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from archive.records import UrlKind
from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform, next_by_number

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# The last segment of a routed article: "724-slug", with or without ".html".
_ARTICLE = re.compile(r"/(\d{1,9})-([^/]*?)(?:\.html?)?/?$")
_CATEGORY = re.compile(r"/component/content/(?:category|archive)(?:/|$)|/itemlist/category/")
# Components whose pages hold forms and lists, never texts.
_NO_TEXT = re.compile(
    r" com_(?:contact|users|search|finder|weblinks|newsfeeds|mailto|wrapper|tags|xmap|osmap|jevents) "
)
_COMPONENT = re.compile(r"/component/content(?:/article)?/?$")
_INDEX = re.compile(r"^/index\.php(?=/|$)")
_ID = re.compile(r"(\d{1,9})(?::(.*))?$", re.DOTALL)
_LISTING_VIEWS = frozenset({"category", "categories", "featured", "archive", "frontpage", "section"})

_REASONS = {"month": "calendar", "by": "tag"}
_PARTED = "|".join(css(mark) for mark in (".article-index", "#article-index", ".pagenavcounter", ".toclink"))
_PART = re.compile(r"[?&](?:start|limitstart)=(\d{1,4})(?:&|#|$)")


def _part_number(url: str) -> int | None:
    found = _PART.search(url)
    return int(found[1]) if found else None


class Joomla(RuledPlatform):
    """Identity is `id-alias`, compared by `key`; the canonical URL is the path as linked.

    The alias stays in the key because `/menu/8-thoi-su` may as well be category 8: a category and an
    article of one number must not meet. A link that carries the id alone
    (`?option=com_content&id=8`) has a key of its own, and the store joins both by content id.
    """

    name = "joomla"
    generator = "joomla"
    marks = (
        ("/media/jui/js/", 0.6),
        ("/media/system/js/", 0.5),
        ("joomla-script-options", 0.7),
        ("option=com_", 0.35),
        ("/components/com_", 0.45),
        ("/modules/mod_", 0.35),
        ("new JCaption(", 0.5),
        ('itemprop="articleBody"', 0.1),
        ('class="item-page', 0.35),
        ('class="moduletable', 0.25),
    )
    url_form = re.compile(
        r"/component/(?:content|users|tags)/|[?&]option=com_|/index\.php/(?:[^/?]{1,200}/){0,8}\d+-[^/?]{1,300}$"
    )
    refused_path = re.compile(
        r"/component/(?:"
        r"(?P<login>users)|(?P<sendmail>mailto)|(?P<search>search|finder)|(?P<banner>banners)|(?P<tag>tags)"
        r"|(?P<action>ajax|jcomments|komento|config)|(?P<calendar>jevents|jcalpro|dpcalendar)"
        r")(?:/|$)"
        # JEvents has a page for every day, week and month there is.
        r"|/(?P<month>month\.?calendar|week\.?listevents|day\.?listevents|year\.?listevents|eventsby\w+|icalrepeat[.\w]*)/"
        r"|/itemlist/(?P<by>tag|date|user)/"
        r"|^(?:/index\.php)?/(?P<asset>administrator|api|cli|cache|includes|libraries|plugins)(?:/|$)"
    )
    refused_params = {
        "print=1": "print",
        "tmpl=component": "pop_up",
        "tmpl=print": "print",
        "option=com_users": "login",
        "option=com_user": "login",
        "option=com_mailto": "sendmail",
        "option=com_search": "search",
        "option=com_finder": "search",
        "option=com_banners": "banner",
        "option=com_tags": "tag",
        "option=com_ajax": "action",
        "option=com_poll": "action",
        "searchword": "search",
        "format=pdf": "print",
        "format=raw": "action",
        "format=json": "action",
        "format=opensearch": "action",
        "filter_order": "sort",
        "filter_order_dir": "sort",
        "filter-search": "search",
        "limit": "sort",
        "task": "action",
        "return": "login",
    }
    state = frozenset({"itemid", "lang", "catid", "template", "hitcount", "layout", "font-size", "fontstyle"})
    paging = {"start": "0", "limitstart": "0"}
    hints = Hints(
        title=(
            css(".item-page .page-header [itemprop=headline]"),
            css(".item-page [itemprop=headline]"),
            css(".item-page .page-header h2"),
            css(".item-page .page-header h1"),
            css(".item-page h2"),
            css(".article-title"),
            css(".article-header h1"),
            css(".uk-article-title"),
            css(".contentheading"),
            css(".item-page h1"),
        ),
        lead=(css(".article-intro"), css(".item-page .introtext"), css(".article-introtext")),
        body=(
            css("[itemprop=articleBody]"),
            css(".com-content-article__body"),
            css(".article-content"),
            css(".article-fulltext"),
            css(".item-page"),
            css(".contentpaneopen"),
        ),
        published=(
            css(".article-info .published time"),
            css(".published time"),
            css("time[itemprop=datePublished]"),
            css(".article-info .published"),
            css(".published"),
            css(".article-info .create time"),
            css(".create time"),
            css(".create"),
            css(".createdate"),
        ),
        updated=(css(".modified time"), css(".modified"), css(".modifydate")),
        byline=(
            css(".createdby [itemprop=name]"),
            css(".createdby"),
            css(".article-info .author"),
            css(".createby"),
        ),
        section=(
            css(".category-name a"),
            css(".category-name"),
            css(".breadcrumb li.active"),
            css(".pathway"),
        ),
        tags=(css(".tags a"),),
        attachments=(css(".attachmentsContainer a"), css(".attachments a")),
        furniture=(
            css(".article-info"),
            css(".icons"),
            css(".print-icon"),
            css(".email-icon"),
            css(".actions"),
            css(".buttonheading"),
            css(".content_rating"),
            css(".content_vote"),
            css(".item-page .tags"),
            css(".pagenav"),
            css(".pager"),
            css(".pagination"),
            css(".article-index"),
            css("#article-index"),
            css(".pagenavcounter"),
            css(".moduletable"),
            css(".breadcrumb"),
            css(".breadcrumbs"),
            css(".jcomments-links"),
            css("#jc"),
            css(".relateditems"),
            css(".related-items"),
            css(".createdate"),
            css(".modifydate"),
        ),
    )

    def _refused(self, address: Address) -> Identity | None:
        refused = super()._refused(address)
        if refused is not None and refused.excluded in _REASONS:
            return Identity(refused.kind, refused.canonical_url, excluded=_REASONS[refused.excluded])
        return refused

    def tidy(self, address: Address) -> None:
        if address.path in ("/index.php", "/index.php/") and not address.pairs:
            address.path = "/"

    def place(self, address: Address) -> Identity:
        params = address.params
        if params.get("format", "").lower() == "feed" or params.get("type") in ("rss", "atom"):
            # Joomla offers a feed for every category and tag, each with its newest four or so items.
            root = _INDEX.sub("", address.path) in ("", "/") and "option" not in params
            pairs = address.keep("format", "type")
            return Identity("feed", address.url(pairs=pairs), excluded="" if root else "feed")
        if params.get("option") == "com_content" or _COMPONENT.search(address.path):
            if params.get("view", "article") == "article" and (
                found := _ID.match(unquote(params.get("id", "")))
            ):
                return self._by_query(address, found[1], found[2] or "")
            if params.get("view") in _LISTING_VIEWS:
                kept = address.keep("option", "view", "id", "start", "limitstart")
                pairs = [pair for pair in kept if self.paging.get(pair[0]) != pair[1]]
                return Identity("listing", address.url(pairs=pairs), fetch_url=address.url())
        if _CATEGORY.search(address.path):
            found_page = super().place(address)
            return Identity("listing", found_page.canonical_url)
        if found := _ARTICLE.search(address.path):
            # An article split by page breaks answers ?showall=&start=N (one part) and ?showall=1 (all
            # of it); ?start=N without showall turns the pages of a category, save that none has one
            # article a page.
            parted = "showall" in params or params.get("start", params.get("limitstart")) == "1"
            if not parted and any(self.paging.get(name, value) != value for name, value in address.pairs):
                return super().place(address)
            url = address.url(pairs=())
            return Identity(
                "article",
                url,
                content_id=found[1],
                fetch_url=f"{url}?showall=1" if parted else None,
                key=f"{address.root}/{found[1]}-{found[2].rstrip('/').lower()}",
            )
        if "showall" in params:
            # A single-article menu item: its alias carries no id.
            url = address.url(pairs=())
            return Identity("page", url, fetch_url=f"{url}?showall=1")
        return super().place(address)

    def _by_query(self, address: Address, number: str, alias: str) -> Identity:
        kept = [
            ("option", "com_content"),
            ("view", "article"),
            ("id", number + (f":{alias}" if alias else "")),
        ]
        key = f"{address.root}/{number}-{alias.lower()}" if alias else f"{address.root}/?article={number}"
        path = address.path if _COMPONENT.search(address.path) else "/index.php"
        return Identity(
            "article", address.url(path=path, pairs=kept), number, fetch_url=address.url(), key=key
        )

    def next_part(self, tree: "HtmlElement", url: str) -> str | None:
        # Page breaks leave a table of contents, or a counter above the text.
        if not tree.xpath(_PARTED):
            return None
        found = next_by_number(tree, url, _part_number, 0)
        return found[0] if found else None

    def page_kind(self, tree: "HtmlElement", url: str) -> UrlKind | None:
        body = f" {tree.xpath('string(//body/@class)')} "
        if " view-article " in body or tree.xpath(css(".item-page")):
            return None if tree.xpath(css(".items-leading")) else "article"
        if any(f" view-{view} " in body for view in _LISTING_VIEWS):
            return "listing"
        if tree.xpath(
            "|".join((css(".blog-featured"), css(".category-list"), css(".items-leading"), css(".blog")))
        ):
            return "listing"
        return "listing" if _NO_TEXT.search(body) else None
