"""What leads on and on: redirects to redirects, and sitemaps that name sitemaps. Both come to an end."""

from dataclasses import replace

from archive.records import Issue, LeasedUrl, Outcome

# Browsers follow 20; a portal that moved twice needs four.
MAX_REDIRECTS = 10
# The protocol knows an index and its sitemaps, one level; some portals nest a second.
MAX_NESTED = 4
# At 50,000 URLs each, enough for the country.
MAX_SITEMAPS = 1000


class Chains:
    """How deep each URL of a run stands in a chain; the link that would go deeper is not taken."""

    def __init__(self) -> None:
        self._redirects: dict[str, int] = {}
        self._nested: dict[str, int] = {}

    def cut(self, lease: LeasedUrl, outcome: Outcome) -> Outcome:
        """Return the outcome without the links that lead too far, with an issue that says so."""
        if outcome.reason == "redirect" and outcome.links:
            return self._redirected(lease, outcome)
        if any(link.kind == "sitemap" for link in outcome.links):
            return self._nesting(lease, outcome)
        return outcome

    def _redirected(self, lease: LeasedUrl, outcome: Outcome) -> Outcome:
        depth = self._redirects.get(lease.url, 0) + 1
        if depth > MAX_REDIRECTS:
            return replace(outcome, state="failed", reason="too many redirects", links=())
        for link in outcome.links:
            self._redirects.setdefault(link.fetch_url or link.url, depth)
        return outcome

    def _nesting(self, lease: LeasedUrl, outcome: Outcome) -> Outcome:
        # What robots.txt names stands at depth 1.
        depth = self._nested.get(lease.url, 0) + 1
        kept = []
        for link in outcome.links:
            address = link.fetch_url or link.url
            if link.kind != "sitemap" or address in self._nested:
                kept.append(link)
            elif depth <= MAX_NESTED and len(self._nested) < MAX_SITEMAPS:
                self._nested[address] = depth
                kept.append(link)
        if len(kept) == len(outcome.links):
            return outcome
        left = len(outcome.links) - len(kept)
        issue = Issue("sitemaps_without_end", f"{left} sitemaps not taken, at depth {depth}", lease.url)
        return replace(outcome, links=tuple(kept), issues=(*outcome.issues, issue))
