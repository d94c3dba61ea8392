"""A page becomes an article: where its words stand, what is cut, and what each field says.

`extract` is a pure function: no network, no database, no Scrapy; picklable in and out. It runs inline,
in worker processes, and over WARCs of other people.
"""

from urllib.parse import urljoin

from lxml.html import HtmlElement

from archive.digests import text_digest
from archive.errors import NotAnArticle
from archive.records import Article, Block, Portal
from archive.vietnamese.document_no import announced_document, find_citations
from crawler import platforms, soft
from crawler.attribution import attribution
from crawler.charset import decode
from crawler.dom import EmptyPage, find_all, find_value, parse, squeeze, words_of
from crawler.layout import lay_out
from crawler.placing import Parts, Reading
from crawler.platforms import Identity
from crawler.published import Published, dateline_of, published

# Counted up with every change of what is read: an archive then reads its captures again before it compares.
EXTRACTOR = "khocong/2"
# Below this many characters of body a page is no article, unless it carries a file or a table.
_LEAST_BODY = 40


def extract(html: bytes | str, url: str, portal: Portal | None = None) -> Article:
    """Return the article of a page.

    *html* is bytes as received (content-encoding undone) or decoded text. Raises NotAnArticle with a
    reason where the page carries none, ValueError where *url* is not http(s).
    """
    if isinstance(html, bytes):
        decoded = decode(html, None)
        text, notes = decoded.text, list(decoded.notes)
    else:
        text, notes = html, []
    try:
        tree = parse(text)
    except EmptyPage as error:
        raise NotAnArticle("empty", str(error)) from error
    name = (portal.platform if portal else None) or platforms.recognise(tree, url, text)[0]
    return extract_tree(tree, text, url, name, portal, notes)


def extract_tree(
    tree: HtmlElement,
    text: str,
    url: str,
    platform: str,
    portal: Portal | None = None,
    notes: list[str] | None = None,
) -> Article:
    """Return the article of a parsed page; the shared tree is read, never changed."""
    base = base_of(tree, url)
    adapter = platforms.platform_named(platform)
    reading = Reading(
        tree,
        url,
        base,
        platform,
        adapter.hints_for(tree, url),
        portal.chrome if portal else None,
        len(text),
        notes if notes is not None else [],
    )
    try:
        parts = lay_out(reading)
    except NotAnArticle:
        # Without one sentence of its own the page may still say what it is.
        if reason := soft.soft_reason(tree, url, "", 0):
            raise NotAnArticle(reason, find_value(tree, ("//title", "//h1"))[:100]) from None
        raise
    words = "\n".join((parts.lead, *(line.text for line in parts.body.lines)))
    chars = sum(len(line.text) for line in parts.body.lines) + len(parts.lead)
    if reason := soft.soft_reason(tree, url, parts.title, chars, words):
        raise NotAnArticle(reason, parts.title[:100])
    # A container the adapter knows may hold one short line: the last part of several, a bare notice.
    if chars < (1 if parts.method in ("adapter", "part") else _LEAST_BODY) and not parts.body.attachments:
        raise NotAnArticle("empty", f"{chars} characters of body")
    if not parts.title:
        raise NotAnArticle("empty", "no title")
    return _article(reading, parts, platforms.identify(url, platform), adapter)


def _confidence(parts: Parts, when: Published) -> float:
    """Return how sure the reading is: a publication date beside the words speaks for an article.

    On the demo's 42 pages, all read right, the place alone gives .35 to .63 in layout tables.
    """
    if parts.method == "adapter" or when.at is None:
        return round(parts.confidence, 3)
    return round(min(0.95, parts.confidence + 0.2), 3)


def base_of(tree: HtmlElement, url: str) -> str:
    """Return what relative links of the page are joined to: its `<base href>`, else its own URL."""
    for node in tree.iter("base"):
        if href := node.get("href"):
            try:
                return urljoin(url, str(href).strip())
            except ValueError:
                break
    return url


def _article(reading: Reading, parts: Parts, identity: Identity, adapter: platforms.Platform) -> Article:
    hints = reading.hints
    kept = [line for line in parts.body.lines if line.kind != "caption"]
    text = "\n".join(line.text for line in kept)
    lead = "" if parts.lead and squeeze(parts.lead) in text else parts.lead
    when = published(reading.tree, (hints.published, hints.updated), parts.above, parts.below, reading.url)
    who = attribution(reading.tree, hints, lead, kept, parts.below, reading.url)
    rests = announced_document(parts.title, lead, text)
    if when.at is None and rests and rests[1]:
        when = dateline_of(lead or (kept[0].text if kept else ""), rests[0], rests[1], when)
    return Article(
        url=reading.url,
        canonical_url=identity.canonical_url,
        platform=reading.platform,
        title=parts.title,
        text=text,
        lead=lead,
        blocks=tuple(Block(line.kind, line.text, line.level, line.cells) for line in parts.body.lines),
        content_id=identity.content_id or adapter.page_content_id(reading.tree, reading.url),
        published_at=when.at,
        published_precision=when.precision,
        published_evidence=when.evidence,
        updated_at=when.updated_at,
        source=who.source,
        source_evidence=who.source_evidence,
        source_portal=who.source_portal,
        byline=who.byline,
        section=_section(reading),
        tags=tuple(dict.fromkeys(words_of(node) for node in find_all(reading.tree, hints.tags)))[:40]
        if hints.tags
        else (),
        rests_on=rests[0] if rests else None,
        rests_on_date=rests[1] if rests else None,
        attachments=tuple(parts.body.attachments),
        images=tuple(parts.pictures),
        confidence=_confidence(parts, when),
        method=parts.method,
        removed=tuple(parts.body.removed),
        extractor=EXTRACTOR,
        notes=tuple(reading.notes),
        # Their offsets count in `full_text`, which only a finished article has.
        citations=tuple(find_citations("\n".join(part for part in (parts.title, lead, text) if part))),
        text_digest=text_digest(parts.title, lead, text),
        next_page=adapter.next_part(reading.tree, reading.url),
    )


def _section(reading: Reading) -> str | None:
    xpaths = reading.hints.section or ("//meta[@property='article:section']/@content",)
    return find_value(reading.tree, xpaths) or None
