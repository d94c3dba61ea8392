"""What one answer, or its absence, means for the ledger: the outcome of a leased URL. Pure functions."""

import re
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urljoin, urlsplit

from archive.attached import FileText
from archive.digests import payload_digest
from archive.files import issue_of
from archive.records import Event, Issue, LeasedUrl, Link, Outcome, Portal
from archive.store.rereading import NO_READER
from crawler.exchange import Exchange, Failed
from crawler.files import looks_like_file
from crawler.links import MAX_LINKS, Scope, make_link
from crawler.page import Page
from crawler.platforms import platform_named
from crawler.reading import ENDINGS, Reading
from crawler.robots import Rules
from crawler.soft import is_home

# A page is asked for so often before it is given up; a host that asks us to slow down gets more patience.
MAX_ATTEMPTS = 4
MAX_ATTEMPTS_WHEN_SLOW = 8
MAX_HOPS = 5
SEED_PRIORITY = 95
# Not "xml" alone: Word's files are application/vnd.openxmlformats-….
_TEXTUAL = re.compile(r"html|[/+]xml$|^text/plain$|^application/(?:rss|atom)")

HostSays = Literal["ok", "slow", "fault"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome, and what the answer says beside it.

    `outcome.state` "pending" means: try again; the caller sets its `not_before`. `follow` is where the same
    ledger row has to be fetched instead (https for http, another path of one article). `host` "slow" means
    that the host asked for patience, `retry_after_s` how much; "fault" that it failed.
    """

    outcome: Outcome
    host: HostSays = "ok"
    retry_after_s: float | None = None
    follow: str | None = None
    page: Page | None = None


def may_be_page(exchange: Exchange) -> bool:
    """Say whether the body has to be read as a page, sitemap or feed, and is not just a file to keep."""
    mime = exchange.mime
    if not exchange.body:
        return False
    if _TEXTUAL.search(mime):
        return True
    return mime in ("", "application/octet-stream", "application/gzip", "application/x-gzip") and (
        exchange.body[:1] in (b"<", b"\xef")
        or exchange.body[:2] == b"\x1f\x8b"
        or b"<html" in exchange.body[:1000].lower()
    )


def may_be_read(lease: LeasedUrl, exchange: Exchange) -> bool:
    """Say whether a reading process can make something of the body: a page, or the text of a file."""
    if not exchange.body:
        return False
    return may_be_page(exchange) or lease.kind == "attachment" or looks_like_file(exchange.body)


def judge(
    lease: LeasedUrl, exchange: Exchange, reading: Reading | None, portal: Portal, hops: int = 0
) -> Verdict:
    """Return what an answer means. *reading* is set where `may_be_read` asked for it on a 200."""
    digest = reading.body_digest if reading is not None else payload_digest(exchange.body)
    page = reading.page if reading is not None else None
    capture = exchange.capture(digest, page.charset if page else None)
    base = Outcome(lease.url_id, "done", capture=capture)
    status = exchange.status
    if status == 304:
        if exchange.revisit_of is None:
            return _again(lease, base, "HTTP 304 unasked")
        return Verdict(base)
    if 300 <= status < 400 and exchange.header("location"):
        return _redirected(lease, exchange, portal, base, hops)
    if status in (404, 410):
        return Verdict(replace(base, state="gone", reason=f"HTTP {status}"))
    if status in (429, 503):
        return _patience(lease, base, f"HTTP {status}", exchange.retry_after_s())
    if status >= 500 or status in (408, 425):
        return _again(lease, base, f"HTTP {status}")
    if status >= 400:
        return Verdict(replace(base, state="failed", reason=f"HTTP {status}"))
    if status != 200:
        return Verdict(replace(base, reason=f"HTTP {status}"))
    if (exchange.cut and not _looks_whole(exchange)) or (reading is not None and reading.cut):
        return _again(lease, base, "cut short", host="ok")
    if reading is None:
        return Verdict(replace(base, reason=_file_reason(lease, exchange)))
    if reading.failure == NO_READER:
        # No fault of the page's: it is no page without an article, and no file that costs too much.
        issue = Issue(NO_READER, reading.detail, lease.url)
        return Verdict(replace(base, state="pending", reason=NO_READER, issues=(issue,)))
    if file := _file_of(exchange, reading):
        found = issue_of(file, lease.url)
        issues = (found,) if found else ()
        return Verdict(replace(base, reason=_file_reason(lease, exchange), file=file, issues=issues))
    if page is None:
        issue = Issue(reading.failure, reading.detail, lease.url)
        return Verdict(replace(base, reason=reading.failure, issues=(issue,)))
    return _read(lease, base, page)


def _file_of(exchange: Exchange, reading: Reading) -> FileText | None:
    """Return what a file says; one that took its reader down, or too long, is too heavy."""
    if reading.file is None and reading.page is None and not may_be_page(exchange):
        return FileText("too_heavy", detail=reading.detail or reading.failure)
    return reading.file


def judge_failure(lease: LeasedUrl, failed: Failed) -> Verdict:
    """Return what a fetch without an answer means."""
    base = Outcome(lease.url_id, "failed", reason=failed.kind)
    host: HostSays = "fault" if failed.host_fault else "ok"
    if failed.worth_retrying and lease.attempts + 1 < MAX_ATTEMPTS:
        return Verdict(replace(base, state="pending"), host=host)
    issue = Issue(failed.kind, failed.detail[:500], lease.url)
    return Verdict(replace(base, issues=(issue,)), host=host)


def _read(lease: LeasedUrl, base: Outcome, page: Page) -> Verdict:
    notes = "; ".join(page.notes)[:300]
    if page.kind == "soft":
        if page.soft_reason == "wait_page":
            return _patience(lease, base, "wait_page", None)
        event = Event("soft_error", f"{page.soft_reason}: {notes or page.title}", "failure", lease.url)
        # The front page of a portal under maintenance may still carry its menu.
        links = page.links if lease.kind == "seed" else ()
        return Verdict(replace(base, reason=page.soft_reason, events=(event,), links=links), page=page)
    reason = ""
    if lease.kind in ("attachment", "image"):
        reason = "a page, not a file"
    elif lease.kind == "article" and page.article is None:
        reason = f"no article ({page.kind})"
    elif lease.kind == "sitemap" and page.kind != "sitemap":
        reason = f"no sitemap ({page.kind})"
    links = () if reason == "a page, not a file" else page.links
    many = len(links) >= MAX_LINKS
    issues = (Issue("too_many_links", f"{MAX_LINKS} or more on one page", lease.url),) if many else ()
    article = None if reason == "a page, not a file" else page.article
    evidence = page.evidence if article is not None else None
    read = replace(base, reason=reason, article=article, evidence=evidence, links=links, issues=issues)
    return Verdict(read, page=page)


def _redirected(lease: LeasedUrl, exchange: Exchange, portal: Portal, base: Outcome, hops: int) -> Verdict:
    try:
        target = urljoin(exchange.url, exchange.header("location").strip())
        link = make_link(target, portal.platform or "generic", Scope(portal, exchange.url))
        own = make_link(lease.url, portal.platform or "generic", Scope(portal, exchange.url))
    except ValueError:
        target, link, own = exchange.header("location"), None, None
    if link is None:
        issue = Issue("redirect_out_of_scope", f"{lease.url} → {target}"[:500], lease.url)
        return Verdict(replace(base, reason="redirect out of scope", issues=(issue,)))
    same_row = own is not None and link.urlkey == own.urlkey
    if lease.kind == "robots" or same_row:
        # A gate that sets a cookie first is asked once more, with it (crawler.middlewares.cookies).
        gate = hops == 0 and exchange.header("set-cookie")
        if hops >= MAX_HOPS or (target == exchange.url and not gate):
            return Verdict(replace(base, state="failed", reason="redirect loop"))
        return Verdict(replace(base, state="pending", reason="redirect"), follow=target)
    if is_home(target) and lease.kind != "seed":
        event = Event("soft_error", f"redirected_home: {target}", "failure", lease.url)
        return Verdict(replace(base, reason="redirected_home", events=(event,)))
    if lease.kind in ("seed", "sitemap") and link.state == "pending":
        kind = lease.kind
        link = replace(link, kind=kind, priority=SEED_PRIORITY if kind == "seed" else link.priority)
    return Verdict(replace(base, reason="redirect", links=(link,)))


def _patience(lease: LeasedUrl, base: Outcome, reason: str, retry_after_s: float | None) -> Verdict:
    state: Literal["pending", "failed"] = (
        "pending" if lease.attempts + 1 < MAX_ATTEMPTS_WHEN_SLOW else "failed"
    )
    return Verdict(replace(base, state=state, reason=reason), "slow", retry_after_s)


def _again(lease: LeasedUrl, base: Outcome, reason: str, host: HostSays = "fault") -> Verdict:
    state: Literal["pending", "failed"] = "pending" if lease.attempts + 1 < MAX_ATTEMPTS else "failed"
    return Verdict(replace(base, state=state, reason=reason), host)


def _looks_whole(exchange: Exchange) -> bool:
    """Say whether a page shorter than announced is whole: many servers announce a wrong length."""
    return exchange.body[-200:].rstrip().lower().endswith(ENDINGS)


def _file_reason(lease: LeasedUrl, exchange: Exchange) -> str:
    if not exchange.body:
        return "empty"
    if lease.kind in ("attachment", "image", "robots"):
        return ""
    return f"not HTML: {exchange.mime or 'no media type'}"


def link_of(url: str, portal: Portal, kind: Literal["seed", "robots", "sitemap"]) -> Link | None:
    """Return a link to one of the ways into a portal, or None for what is not a URL of the portal."""
    link = make_link(url, portal.platform or "generic", Scope(portal, url), kind=kind)
    if link is None:
        return None
    # Even where its form says "search" or "login": it was named by the portal or by the user.
    priority = SEED_PRIORITY if kind == "seed" else link.priority
    return replace(
        link, kind=kind, state="pending", reason="", priority=max(priority, 100 if kind == "robots" else 0)
    )


def sitemap_links(rules: Rules, robots: str, portal: Portal, *, guess: bool) -> tuple[Link, ...]:
    """Return the sitemaps robots.txt names; where it names none and *guess*, the platform's usual ones."""
    named = [link_of(url, portal, "sitemap") for url in rules.sitemaps[:50]]
    if not rules.sitemaps and guess:
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(robots))
        paths = platform_named(portal.platform).entry_points
        named += [link_of(origin + path, portal, "sitemap") for path in paths]
    return tuple(link for link in named if link is not None)
