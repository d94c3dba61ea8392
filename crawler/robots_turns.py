"""The turns that ask robots.txt: what an answer, or its absence, opens or closes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from archive.errors import ArchiveError
from archive.ledger import utc
from archive.records import Issue, LeasedUrl, Outcome, Portal
from archive.warc.reader import decode_body
from crawler.exchange import Exchange, Failed
from crawler.frontier import Frontier
from crawler.gates import Gates
from crawler.judging import judge, sitemap_links
from crawler.robots import RobotsBook, Rules, rules_of
from crawler.schemes import Schemes

MAX_ATTEMPTS = 3
_MOST_BYTES = 1 << 20


class RobotsTurns:
    """Takes the answers to robots.txt. *record* queues an outcome; *count* counts an issue's kind."""

    def __init__(
        self,
        book: RobotsBook,
        gates: Gates,
        frontier: Frontier,
        schemes: Schemes,
        record: Callable[[Outcome], None],
        count: Callable[[str], None],
    ) -> None:
        self._book = book
        self._gates = gates
        self._frontier = frontier
        self._schemes = schemes
        self._record = record
        self._count = count
        self._seen_sitemaps = False

    def take(self, lease: LeasedUrl, exchange: Exchange, portal: Portal) -> None:
        """Take an answer that is no redirect."""
        try:
            body = decode_body(exchange.body, exchange.header("content-encoding"), _MOST_BYTES)
        except ArchiveError:
            body = b""
        rules = rules_of(exchange.status, body)
        verdict = judge(lease, exchange, None, portal)
        if rules.state == "unreachable":
            if verdict.host == "slow":
                self._gates.of(urlsplit(lease.url).netloc).slow_down(verdict.retry_after_s)
            self._fail(lease, verdict.outcome, rules.why)
            return
        self._know(lease.url, rules)
        links = sitemap_links(rules, lease.url, portal, guess=not self._seen_sitemaps)
        self._seen_sitemaps = True
        self._record(replace(verdict.outcome, state="done", reason=rules.why, links=links))

    def miss(self, lease: LeasedUrl, failed: Failed) -> None:
        """Take note that no answer came."""
        if other := self._schemes.other(lease.url, failed):
            issue = Issue("other_scheme", f"{failed.kind}: {failed.detail}; asking {other}"[:500], lease.url)
            self._count(issue.kind)
            self._record(Outcome(lease.url_id, "pending", failed.kind, issues=(issue,)))
            return
        outcome = Outcome(lease.url_id, "failed", failed.kind)
        self._fail(lease, outcome, f"{failed.kind}: {failed.detail}", again=failed.worth_retrying)

    def led_astray(self, lease: LeasedUrl, why: str) -> None:
        """RFC 9309, 2.3.1.2: a redirect that leads nowhere, or out of scope, is a file that is not there."""
        self._know(lease.url, Rules("allow_all", why=why))

    def _know(self, url: str, rules: Rules) -> None:
        self._book.put(url, rules)
        if (delay := rules.crawl_delay_s) is not None:
            self._gates.of(urlsplit(url).netloc).ask_for(delay)
        self._frontier.robots_known(url)

    def _fail(self, lease: LeasedUrl, outcome: Outcome, why: str, *, again: bool = True) -> None:
        """RFC 9309, 2.3.1.4: without an answer nothing may be fetched; ask again, then end telling so."""
        if again and lease.attempts + 1 < MAX_ATTEMPTS:
            wait = self._gates.of(urlsplit(lease.url).netloc).backoff_s(lease.attempts + 1) / 2
            at = utc(datetime.now(UTC) + timedelta(seconds=wait))
            self._record(replace(outcome, state="pending", not_before=at))
            return
        issues = (Issue("robots_unreachable", why[:500], lease.url),)
        self._record(replace(outcome, state="failed", reason=why[:200], issues=issues))
        self._know(lease.url, Rules("unreachable", why=why))
        if not any(rules.state != "unreachable" for rules in self._book.all):
            self._frontier.stop(f"failed: {urlsplit(lease.url).netloc} cannot be reached ({why})")
