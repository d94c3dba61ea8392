"""The demo portal itself: what it answers to a request, without a socket."""

import hashlib
import html
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from crawler.demo import addresses, markup, theme
from crawler.demo.addresses import SECTIONS, Section
from crawler.demo.content import DemoArticle, articles
from crawler.demo.files import pdf, png
from crawler.demo.theme import CHROME, NAME

__all__ = ["CHROME", "NAME", "Reply", "Site"]

PER_PAGE = 6
_HTML = "text/html; charset=UTF-8"
_ROBOTS = b"User-agent: *\nDisallow: /wps/myportal/\nDisallow: /wps/contenthandler/\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer: what the server writes to the wire."""

    status: int
    mime: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


class Site:
    """The portal's pages. The visitor counter is its only state, and no article depends on it."""

    def __init__(self) -> None:
        self.articles = articles()
        self.by_id = {article.id: article for article in self.articles}
        self.visits = 0

    def reply(self, target: str) -> Reply:
        """Return the answer to a request for *target* (path and query as on the request line)."""
        parts = urlsplit(target)
        path = unquote(parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.visits += 1
        if path == "/robots.txt":
            return Reply(200, "text/plain; charset=UTF-8", _ROBOTS)
        if path in ("/", "/wps/portal", "/wps/portal/"):
            return Reply(302, _HTML, b"", {"Location": addresses.HOME})
        if path.startswith("/wps/wcm/connect/"):
            return self._connect(path, query)
        if path.rstrip("/") == addresses.HOME:
            return self._page(target, self._home(target))
        section = next(
            (item for item in SECTIONS if path.rstrip("/") == f"{addresses.HOME}/{item.page}"), None
        )
        if section is not None:
            return self._listing(target, section, addresses.page_number(query))
        article = self.by_id.get(addresses.item_of(path) or "")
        if article is not None and path.startswith(f"{addresses.HOME}/cdp-xem/"):
            return self._page(target, self._article(target, article))
        return self._missing(target)

    def _connect(self, path: str, query: dict[str, str]) -> Reply:
        # The WCM servlet: pictures and files under an item's id, and items in another template.
        if path.endswith(".png"):
            return Reply(200, "image/png", png())
        for article in self.articles:
            if article.attachment and path == f"/wps/wcm/connect/{article.id}/{article.attachment}":
                return Reply(200, "application/pdf", pdf())
        item = self.by_id.get(addresses.item_of(path) or "")
        if item is None or "presentationtemplate" not in query:
            return self._missing(path)
        return Reply(200, _HTML, theme.print_page(item.title, _shown(item), markup.body(item)).encode())

    def _missing(self, target: str) -> Reply:
        page = self._page(target, "<p>EJPPH0006E: Không tìm thấy nội dung được yêu cầu.</p>")
        return Reply(404, page.mime, page.body)

    def _page(self, target: str, content: str) -> Reply:
        numbers = hashlib.sha256(target.encode()).digest()
        return Reply(200, _HTML, theme.page(content, numbers, self.visits).encode())

    def _home(self, target: str) -> str:
        newest = "".join(self._teaser(target, article) for article in self.articles[:PER_PAGE])
        boxes = []
        for section in SECTIONS:
            links = [
                f'<li><a href="{addresses.clean(item.id, item.area)}">{html.escape(item.title)}</a></li>'
                for item in self._of(section)[:4]
            ]
            head = f'<a href="{addresses.listing(section)}">{section.heading}</a>'
            boxes.append(theme.box(head, f"<ul>{''.join(links)}</ul>"))
        return theme.box("Tin mới", f'<table width="100%">{newest}</table>') + "".join(boxes)

    def _listing(self, target: str, section: Section, number: int) -> Reply:
        found = self._of(section)
        last = -(-len(found) // PER_PAGE)
        if not 1 <= number <= last:
            return self._missing(target)
        rows = "".join(
            self._teaser(target, item) for item in found[(number - 1) * PER_PAGE : number * PER_PAGE]
        )
        pager = " ".join(
            f"<b>{page}</b>" if page == number else f'<a href="{addresses.listing(section, page)}">{page}</a>'
            for page in range(1, last + 1)
        )
        content = f'<table width="100%">{rows}</table><div align="right">Trang: {pager}</div>'
        return self._page(target, theme.box(section.heading, content))

    def _of(self, section: Section) -> list[DemoArticle]:
        return [article for article in self.articles if article.area == section.area]

    def _teaser(self, target: str, article: DemoArticle) -> str:
        words = article.paragraphs[0].split()
        cut = " ".join(words[:32]) + ("..." if len(words) > 32 else "")
        return theme.teaser(
            addresses.stateful(article, target), article.id, article.title, _shown(article), cut
        )

    def _article(self, target: str, article: DemoArticle) -> str:
        related = [item for item in self.articles if item.area == article.area and item is not article][:5]
        links = "".join(
            f'<li><a href="{addresses.stateful(item, target, article)}">{html.escape(item.title)}</a>'
            f" ({_shown(item)})</li>"
            for item in related
        )
        return theme.article(
            section=next(item.heading for item in SECTIONS if item.area == article.area),
            title=html.escape(article.title, quote=False),
            shown=_shown(article),
            body=markup.body(article),
            files=theme.file_link(addresses.attachment(article), article.attachment)
            if article.attachment
            else "",
            print_href=addresses.print_twin(article),
            related=links,
        )


def _shown(article: DemoArticle) -> str:
    year, month, day = article.published.split("-")
    return f"{day}/{month}/{year}"
