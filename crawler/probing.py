"""One page looked at step by step: what each step saw, how long it took, and which lines it kept or cut."""

import html
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from lxml.html import HtmlElement

from archive.errors import KhoCongError, NotAnArticle
from archive.records import Article, ChromeModel, Portal
from crawler import platforms
from crawler.blocks import read_lines
from crawler.charset import decode
from crawler.chrome import is_mature
from crawler.dom import EmptyPage, find_value, parse, path_of
from crawler.extraction import base_of, extract_tree
from crawler.links import Scope, page_links
from crawler.page import Page, read_page
from crawler.reading import MAX_PAGE_BYTES

# What a cut block's text is cut to when it is recorded, at the least.
_RECORDED = 300
_NO_URL = "http://localhost/"
# robots.txt, the sitemaps it names, a redirect or two, the page.
_MOST_REQUESTS = 8
_ANSWERS = """
    SELECT captures.url, status, mime, warc_file, warc_offset FROM captures JOIN urls USING (url_id)
    WHERE urls.kind NOT IN ('robots', 'sitemap')
    AND (captures.url = :url OR urls.url = :url OR urls.kind = 'seed')
    ORDER BY status = 200 DESC, captures.url = :url DESC, captures.captured_at DESC LIMIT 1
"""
_STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em }
p { margin: .3em 0; padding: .2em .6em }
.kept { background: #dff3df; border-left: 4px solid #2a7d2a }
.cut { background: #fbe3e3; border-left: 4px solid #b02a2a }
.outside { background: #f3f0f0; border-left: 4px solid #d0a0a0; color: #555 }
small { color: #555; float: right }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Fetched(NamedTuple):
    """A body with its content-encoding undone, where it came from, and what the server called it."""

    body: bytes
    url: str
    content_type: str


class Line(NamedTuple):
    """One line of the page: `fate` is "kept", "cut" or "outside"; `why` its kind or the reason."""

    fate: str
    why: str
    text: str


@dataclass(slots=True)
class Probe:
    """What every step made of one page; `timings_ms` has one entry a step that ran."""

    page: Page
    timings_ms: dict[str, float] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    chrome: ChromeModel | None = None

    @property
    def article(self) -> Article | None:
        return self.page.article

    def link_counts(self) -> list[tuple[str, str, int]]:
        """Return (kind, "pending" or why it is excluded, how many), most first."""
        counts = Counter((link.kind, link.reason or link.state) for link in self.page.links)
        return [(kind, why, count) for (kind, why), count in counts.most_common()]


def probe_body(fetched: Fetched, portal: Portal | None) -> Probe:
    """Read a body as the crawl does, and time each step by itself.

    The result is that of `read_page`, not of the timed steps: what is shown is what a crawl would store.
    Raises KhoCongError for a body that is no page at all.
    """
    if len(fetched.body) > MAX_PAGE_BYTES:
        raise KhoCongError(f"{fetched.url} has more than {MAX_PAGE_BYTES} bytes; no page is read beyond that")
    headers: Mapping[str, str] = {"Content-Type": fetched.content_type} if fetched.content_type else {}
    page = read_page(fetched.body, fetched.url, headers=headers, portal=portal)
    if page.kind == "file":
        what = fetched.content_type.partition(";")[0] or "it holds no markup"
        raise KhoCongError(f"{fetched.url} is not HTML ({what}); only pages can be probed")
    model = portal.chrome if portal is not None else None
    probe = Probe(page, chrome=model if is_mature(model) else None)
    if page.charset:
        tree = _timed_steps(fetched, portal, probe)
        if tree is not None:
            probe.lines = lines_of(tree, fetched.url, page.article)
    return probe


def _timed_steps(fetched: Fetched, portal: Portal | None, probe: Probe) -> HtmlElement | None:
    @contextmanager
    def step(name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            probe.timings_ms[name] = round(1000 * (time.perf_counter() - start), 2)

    with step("decode"):
        decoded = decode(fetched.body, fetched.content_type or None)
    try:
        with step("parse"):
            tree = parse(decoded.text)
    except EmptyPage:
        return None
    with step("recognise"):
        platforms.recognise(tree, fetched.url, decoded.text)
    name, article = probe.page.platform, None
    with step("extract"):
        try:
            article = extract_tree(tree, decoded.text, fetched.url, name, portal)
        except NotAnArticle:
            article = None
    with step("links"):
        page_links(
            tree, base_of(tree, fetched.url), name, Scope(portal, fetched.url), images=False, article=article
        )
    return tree


def lines_of(tree: HtmlElement, url: str, article: Article | None) -> list[Line]:
    """Return every line of the page in its order, each with its fate; what matches no line stands last."""
    kept: Counter[tuple[str, str]] = Counter()
    cut: dict[tuple[str, str], str] = {}
    if article is not None:
        kept.update([("title", article.title), *([("lead", article.lead)] if article.lead else [])])
        kept.update((block.kind, block.text) for block in article.blocks)
        cut = {(block.path, block.text[:_RECORDED]): block.reason for block in article.removed}
    kinds: dict[str, list[str]] = {}
    for (kind, text), count in kept.items():
        kinds.setdefault(text, []).extend([kind] * count)
    found = []
    body = tree.body if tree.body is not None else tree
    for line in read_lines(body, base_of(tree, url)).lines:
        key = (path_of(line.element), line.text[:_RECORDED])
        if key in cut:
            found.append(Line("cut", cut[key], line.text))
            cut[key] = ""
        elif kinds.get(line.text):
            found.append(Line("kept", kinds[line.text].pop(0), line.text))
        else:
            found.append(Line("outside", "outside the body", line.text))
    found += [Line("kept", kind, text) for text, left in kinds.items() for kind in left if text]
    found += [Line("cut", reason, text) for (_, text), reason in cut.items() if reason]
    return found


def rendered(probe: Probe) -> str:
    """Return a page of our own: the words of the probed one, kept green, cut red with the reason.

    Nothing of the page's markup is passed on, and no script, style or image of it is loaded.
    """
    page = probe.page
    body = "\n".join(
        f'<p class="{line.fate}"><small>{html.escape(line.why)}</small>{html.escape(line.text)}</p>'
        for line in probe.lines
    )
    head = html.escape(f"{page.platform}, {page.kind}: {page.title or page.url}")
    return (
        '<!DOCTYPE html>\n<html lang="vi"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<title>{head}</title><style>{_STYLE}</style></head><body>\n<h1>{head}</h1>"
        f"<p>{html.escape(page.url)}</p>\n{body}\n</body></html>\n"
    )


def read_file(path: Path, url: str | None) -> Fetched:
    """Read a saved page. Its URL is *url*, else what it calls itself, else http://localhost/."""
    try:
        with path.open("rb") as stream:
            body = stream.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise KhoCongError(f"cannot read {path}: {error.strerror}") from error
    return Fetched(body, url or _own_url(body), "")


def _own_url(body: bytes) -> str:
    try:
        tree = parse(decode(body).text)
    except EmptyPage:
        return _NO_URL
    said = find_value(
        tree, ("//link[@rel='canonical']/@href", "//meta[@property='og:url']/@content", "//base/@href")
    )
    try:
        parts = urlsplit(said)
    except ValueError:
        return _NO_URL
    return said if parts.scheme in ("http", "https") and parts.hostname else _NO_URL


def fetch(url: str, *, allow_private: bool = False) -> Fetched:
    """Fetch a page as a crawl would: robots.txt, pacing, public addresses only, limits of size and time.

    Raises KhoCongError, with the crawl's own words, where no page comes back. Once a process: it runs the
    reactor.
    """
    from archive.database import open_archive
    from archive.warc.reader import file_in, read_rendered
    from crawler import run

    with tempfile.TemporaryDirectory(prefix="khocong-") as folder:
        given = {
            "max_requests": _MOST_REQUESTS, "workers": 0, "alone": True,
            "allow_private": "1" if allow_private else "",
        }  # fmt: skip
        [summary] = run.crawl([url], Path(folder), given)
        db = open_archive(Path(folder), write=False)
        try:
            row = next(iter(db.query(_ANSWERS, {"url": url})), None)
            reasons = [one["reason"] for one in db.query("SELECT reason FROM urls WHERE kind = 'seed'")]
        finally:
            db.close()
        if row is None:
            why = next((one for one in (*reasons, summary["reason"]) if one), "no answer")
            raise KhoCongError(f"{url} gave no page: {why.removeprefix('failed: ')}")
        if row["status"] != 200:
            raise KhoCongError(f"{url} answered with status {row['status']}, not with a page")
        record = read_rendered(file_in(Path(folder) / "warc", row["warc_file"]), row["warc_offset"])
        return Fetched(record.body(MAX_PAGE_BYTES + 1), row["url"], record.header("Content-Type") or "")
