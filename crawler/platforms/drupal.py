"""Drupal 6 to 11: an article answers at its alias and at /node/N; only the page says they are one."""

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from archive.records import UrlKind
from crawler.platforms.base import Hints, Identity, css
from crawler.platforms.rules import Address, RuledPlatform

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_NODE = re.compile(r"^(?:/index\.php)?(?:/([a-z]{2}(?:-[a-z]{2,4})?))?/node/(\d+)/?$")
_NODE_ANYWHERE = re.compile(r"(?:^|/)node/(\d+)/?$")
_LANGUAGE = r"^(?:/index\.php)?(?:/[a-z]{2}(?:-[a-z]{2,4})?)?"
# An alias made from a title has several words; a section's has one to three.
_TITLE_LIKE = re.compile(r"/[^/]+-[^/-]+-[^/-]+-[^/]+$")
_BODY_NODE = re.compile(r"(?:^|\s)page-node-(\d+)(?:\s|$)")
_LISTING_BODY = re.compile(
    r" (?:page-taxonomy|page-forum|page-blog|path-taxonomy|page-node|page-user|path-user|page-search) "
)


class Drupal(RuledPlatform):
    """`/node/N` has an id in its URL, an alias has it on its page (shortlink, body class)."""

    name = "drupal"
    entry_points = ("/sitemap.xml", "/rss.xml", "/node")
    generator = "drupal"
    marks = (
        ("Drupal.settings", 0.7),
        ("drupalSettings", 0.6),
        ("data-drupal-", 0.6),
        ("/misc/drupal.js", 0.8),
        ("/sites/default/files", 0.5),
        ("/sites/all/", 0.5),
        ("/core/misc/", 0.4),
        ("field-name-body", 0.4),
        ("field--name-body", 0.4),
        ('class="node node-', 0.3),
    )
    url_form = re.compile(r"/node/\d+$|/taxonomy/term/\d+|[?&]q=node/")
    refused_path = re.compile(
        _LANGUAGE + r"/(?:"
        r"(?P<login>user|users)"
        r"|(?P<comment>comment(?:/reply)?)"
        r"|(?P<print>print|printpdf|printable|book/export)"
        r"|(?P<sendmail>printmail|forward|email)"
        r"|(?P<search>search)|(?P<tag>tags?(?=/))"
        r"|(?P<calendar>calendar|calendar-node-[^/]+|event/\d{4})"
        r"|(?P<form>admin|node/add|contact|filter/tips|webform|poll|abuse|flag)"
        r"|(?P<action>ajax|views/ajax|batch|statistics|cron\.php|update\.php|xmlrpc\.php|quicktabs|rate|vote|go)"
        r")(?:/|$)"
        r"|/node/\d+/(?P<action2>edit|delete|revisions|track|clone|devel|feed|webform|done|latest|translations)(?:/|$)"
        r"|(?P<print2>/node/\d+/print(?:able)?)(?:/|$)"
        r"|(?P<feed>/(?:feed|rss\.xml|atom\.xml)$)"
    )
    refused_params = {
        "sort": "sort",
        "order": "sort",
        "sort_by": "sort",
        "sort_order": "sort",
        "items_per_page": "sort",
        "f[0]": "sort",
        "mini": "calendar",
        "_format": "action",
        "_wrapper_format": "action",
        "ajax_form": "action",
        "replytocom": "comment",
    }
    state = frozenset({"destination", "render", "token", "width", "height", "keepThis", "language"})
    paging = {"page": "0"}
    # A taxonomy term is how Drupal lists a section.
    tolerates = frozenset({"tag"})
    listing_path = re.compile(r"/taxonomy/term/\d+|^/node$|/forum(?:/\d+)?$")
    hints = Hints(
        title=(
            css("#page-title"),
            css("h1.page-title"),
            css("h1.page-header"),
            css(".node__title"),
            css("h1.title"),
            css(".node h1"),
            css(".node h2"),
        ),
        lead=(
            css(".field-name-field-sapo"),
            css(".field-name-field-lead"),
            css(".field-name-field-tom-tat"),
            css(".field-name-field-summary"),
            css(".field--name-field-sapo"),
            css(".field--name-field-lead"),
            css(".field--name-field-tom-tat"),
            css(".field--name-field-summary"),
        ),
        body=(
            css(".field-name-body"),
            css(".field--name-body"),
            css(".field-name-field-noi-dung"),
            css(".field--name-field-noi-dung"),
            css(".node .node__content"),
            css(".node .content"),
        ),
        published=(
            # The visible date is "Thu, 05/06/2014 - 08:00", the month first, in every language.
            "//*[contains(@property, 'dc:created')]/@content",
            css(".submitted time") + "/@datetime",
            css(".node__meta time") + "/@datetime",
            css(".node__submitted time") + "/@datetime",
            css(".submitted"),
            css(".node__submitted"),
            css(".field--name-created"),
            css(".field-name-post-date"),
            css("article.node time") + "/@datetime",
        ),
        updated=(css(".field--name-changed"), css(".field-name-changed-date")),
        byline=(
            css(".field-name-field-author"),
            css(".field-name-field-tac-gia"),
            css(".field--name-field-author"),
            css(".field--name-field-tac-gia"),
            css(".submitted .username"),
            css(".field--name-uid"),
        ),
        source=(
            css(".field-name-field-source"),
            css(".field-name-field-nguon"),
            css(".field--name-field-source"),
            css(".field--name-field-nguon"),
        ),
        section=(
            css(".field-name-field-category a"),
            css(".field-name-field-chuyen-muc a"),
            css(".field--name-field-category a"),
            css(".field-type-taxonomy-term-reference") + "[not(contains(@class, 'tags'))]//a",
            f"({css('.breadcrumb a')})[last()]",
        ),
        tags=(css(".field-name-field-tags a"), css(".field--name-field-tags a")),
        attachments=(
            css(".field-type-file a"),
            css(".field--type-file a"),
            css("span.file a"),
            css("#attachments a"),
        ),
        furniture=(
            css("#skip-link"),
            css(".skip-link"),
            css(".breadcrumb"),
            css("ul.links"),
            css(".node__links"),
            css("#comments"),
            css(".comment-wrapper"),
            css(".submitted"),
            css(".tabs"),
            css(".book-navigation"),
            css(".pager"),
            css(".service-links"),
            css(".rate-widget"),
            css(".field-name-field-tags"),
            css(".field--name-field-tags"),
            css(".field-type-taxonomy-term-reference"),
            css(".field-type-file"),
            css(".field--type-file"),
            css(".region-sidebar-first"),
            css(".region-sidebar-second"),
            css(".region-footer"),
            css(".print-link"),
            css(".element-invisible"),
            css(".visually-hidden"),
        ),
    )

    def tidy(self, address: Address) -> None:
        if address.path in ("/index.php", "/index.php/") and not address.pairs:
            address.path = "/"
        # Without clean URLs the path stands in q: /?q=node/12 is /node/12.
        if (query := address.params.get("q")) and address.path in ("/", "/index.php"):
            # Spelled as `archive.urls` spells a path: raw letters escaped, escapes of plain ones undone.
            path = quote(unquote(query), safe="/:@!$&'()*+,;=-._~").strip("/")
            if re.fullmatch(r"[\w./-]+", path):
                address.path = f"/{path}"
                address.pairs = [pair for pair in address.pairs if pair[0] != "q"]
                address.params.pop("q", None)

    def _refused(self, address: Address) -> Identity | None:
        if address.path == "/rss.xml":
            return Identity("feed", address.url(pairs=()))
        refused = super()._refused(address)
        if refused is None or not refused.excluded[-1:].isdigit():
            return refused
        return Identity(refused.kind, refused.canonical_url, excluded=refused.excluded.rstrip("2"))

    def place(self, address: Address) -> Identity:
        if found := _NODE.match(address.path):
            language, number = found.groups()
            # ?page=N on a node turns the pages of its comments: one article.
            content_id = number if language in (None, "vi") else f"{number}/{language}"
            return Identity("article", address.url(path=address.path.rstrip("/"), pairs=()), content_id)
        placed = super().place(address)
        if placed.kind == "page" and not address.pairs and _TITLE_LIKE.search(address.path):
            return Identity("article", placed.canonical_url)
        return placed

    def page_content_id(self, tree: "HtmlElement", url: str) -> str | None:
        for href in tree.xpath("//link[@rel='shortlink']/@href"):
            if found := _NODE_ANYWHERE.search(str(href)):
                return found[1]
        if found := _BODY_NODE.search(str(tree.xpath("string(//body/@class)"))):
            return found[1]
        number = str(tree.xpath("string((//*[@data-history-node-id])[1]/@data-history-node-id)"))
        return number if number.isdigit() and len(tree.xpath("//*[@data-history-node-id]")) == 1 else None

    def page_kind(self, tree: "HtmlElement", url: str) -> UrlKind | None:
        body = f" {tree.xpath('string(//body/@class)')} "
        if " front " in body or " path-frontpage " in body:
            return "listing"
        if self.page_content_id(tree, url):
            return "listing" if " node-type-webform " in body else "article"
        if _LISTING_BODY.search(body):
            return "listing"
        return None
