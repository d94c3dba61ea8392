"""The report on each crawl: what it brought, what failed, how politely, how complete the portal is."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RunReport:
    """One crawl of one portal. Times ISO in UTC; `ended_at` and `outcome` are None while it runs.

    `outcome` is finished, budget, interrupted, died, or "failed: …". `new`, `changed`, `unchanged` and
    `gone` count articles of this run; `failures` URLs it gave up, by reason; `issues` what could not be
    placed, by kind. `politeness` has `shortest_gap_s` and `delay_s` of the host with least to spare, `kept`,
    `retry_after`, `retry_after_kept` and the `hosts`. What older crawls did not note is None or empty.
    """

    crawl_id: int
    portal: str
    portal_name: str
    purpose: str
    started_at: str
    ended_at: str | None
    outcome: str | None
    new: int
    changed: int
    unchanged: int
    gone: int | None
    in_archive: int | None
    requests: int
    by_kind: dict[str, int]
    requests_per_article: float | None
    bytes: int | None
    failures: dict[str, int] | None
    issues: dict[str, int]
    politeness: dict[str, Any] | None
    completeness: dict[str, Any] | None
    urls: dict[str, int]
    versions: dict[str, str]

    @property
    def went_well(self) -> bool:
        """The run did what it was for, as far as it was let."""
        return self.outcome in ("finished", "budget", "interrupted", None)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data: the JSON of `khocong runs`."""
        return asdict(self)


_COLUMNS = (
    "SELECT c.crawl_id, c.portal_key, p.name, c.purpose, c.started_at, c.ended_at, c.reason, c.requests,"
    " c.counts, c.versions FROM crawls c JOIN portals p USING (portal_key)"
)


def run_report(connection: sqlite3.Connection, crawl_id: int) -> RunReport | None:
    """Return the report on a crawl, None where there is no such crawl."""
    row = connection.execute(f"{_COLUMNS} WHERE c.crawl_id = ?", (crawl_id,)).fetchone()
    return _report(row) if row is not None else None


def run_reports(
    connection: sqlite3.Connection, portal: str | None = None, limit: int = 50, before: int | None = None
) -> list[RunReport]:
    """Return the newest reports first, of one portal or of all, of crawls numbered below *before*."""
    where = ["c.crawl_id < ?"]
    parameters: list[Any] = [before if before is not None else 2**62]
    if portal is not None:
        where.append("c.portal_key = ?")
        parameters.append(portal)
    rows = connection.execute(
        f"{_COLUMNS} WHERE {' AND '.join(where)} ORDER BY c.crawl_id DESC LIMIT ?", [*parameters, limit]
    )
    return [_report(row) for row in rows]


def lines_of(report: RunReport) -> list[str]:
    """Return a report in plain English lines, for a terminal or a log."""
    gone = "" if report.gone is None else f", {report.gone} gone"
    per = report.requests_per_article
    lines = [
        f"Run {report.crawl_id} of {report.portal}: {report.outcome or 'running'}",
        f"  {report.started_at} to {report.ended_at or 'now'} ({report.purpose or 'no purpose noted'})",
        f"  articles: {report.new} new, {report.changed} changed, {report.unchanged} unchanged{gone}"
        + ("" if report.in_archive is None else f"; {report.in_archive} in the archive"),
        f"  requests: {report.requests}" + ("" if per is None else f", {per:g} an article beside files"),
        f"  failures: {_counted(report.failures) or 'none'}",
        f"  issues: {_counted(report.issues) or 'none'}",
        f"  politeness: {politeness_text(report.politeness)}",
    ]
    if report.completeness:
        lines.append(f"  completeness: {report.completeness.get('summary', '')}")
    return lines


def politeness_text(politeness: dict[str, Any] | None) -> str:
    """Return how politely a run behaved, in words: kept or not, by how much, and every Retry-After."""
    if not politeness or politeness.get("delay_s") is None:
        return "not measured"
    gap, asked = politeness.get("shortest_gap_s"), politeness.get("retry_after") or 0
    text = "kept" if politeness.get("kept") else "NOT KEPT"
    if gap is not None:
        text += f": shortest gap {gap:g} s, delay {politeness['delay_s']:g} s"
    if asked:
        text += f"; {politeness.get('retry_after_kept')} of {asked} Retry-After kept"
    return text


def _counted(counts: dict[str, int] | None) -> str:
    return ", ".join(f"{count} × {word}" for word, count in (counts or {}).items())


def _report(row: tuple[Any, ...]) -> RunReport:
    crawl_id, portal, name, purpose, started_at, ended_at, reason, requests, stored, versions = row
    counts = json.loads(stored)
    articles = counts.get("articles") or {}
    return RunReport(
        crawl_id=crawl_id,
        portal=portal,
        portal_name=name,
        purpose=purpose,
        started_at=started_at,
        ended_at=ended_at,
        outcome=reason,
        new=articles.get("new", 0),
        changed=articles.get("changed", 0),
        unchanged=articles.get("same", 0),
        gone=counts.get("gone"),
        in_archive=counts.get("in_archive"),
        requests=requests,
        by_kind=counts.get("by_kind") or {},
        requests_per_article=counts.get("requests_per_article"),
        bytes=counts.get("bytes"),
        failures=counts.get("failures"),
        issues=counts.get("issues") or {},
        politeness=counts.get("politeness"),
        completeness=counts.get("completeness"),
        urls=counts.get("urls") or {},
        versions=json.loads(versions),
    )
