"""What a monitoring system asks of an archive, in Prometheus' text format; few series, whatever is archived.

Series of a portal are given for at most *most_portals* of them, those with open alarms first; nothing that
comes from a page (a URL, a reason, a host) is ever a label.
"""

import sqlite3
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from archive.drift.verdicts import KINDS
from archive.dying import likelihood
from archive.errors import KhoCongError

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
MOST_PORTALS = 500
_STATES = ("pending", "leased", "done", "excluded", "failed", "gone")
_SEVERITIES = ("warning", "critical")
_MESSAGES = ("waiting", "sending", "given_up")


@dataclass(slots=True)
class Metric:
    """One gauge: its name without the prefix, its help, and its series as (labels, value)."""

    name: str
    help: str
    series: list[tuple[dict[str, str], float]] = field(default_factory=list)

    def add(self, value: float | None, **labels: str) -> None:
        """Add a series; no value, no series."""
        if value is not None:
            self.series.append((labels, float(value)))

    def lines(self) -> Iterable[str]:
        """Yield the lines of the text format."""
        yield f"# HELP khocong_{self.name} {self.help}"
        yield f"# TYPE khocong_{self.name} gauge"
        for labels, value in self.series:
            said = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            shown = f"{value:.0f}" if value == int(value) else repr(value)
            yield f"khocong_{self.name}{{{said}}} {shown}" if said else f"khocong_{self.name} {shown}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


# name → help: the whole list, so that a dashboard can be held against it.
HELP = {
    "up": "1 when the archive could be read.",
    "portals": "Portals of the archive.",
    "portals_left_out": "Portals without series of their own, because there are too many.",
    "articles": "Articles of the archive.",
    "captures": "Captures of the archive.",
    "database_bytes": "Size of the database.",
    "alarms_open": "Open alarms, by kind and severity.",
    "alert_messages": "Messages that were not sent, by state.",
    "portals_dying": "Portals that are likely to end.",
    "portal_articles": "Articles of a portal.",
    "portal_urls": "URLs of a portal, by state.",
    "portal_alarms_open": "Open alarms of a portal, by severity.",
    "portal_last_crawl_timestamp_seconds": "When the last crawl of a portal ended.",
    "portal_last_success_timestamp_seconds": "When the last crawl that finished ended.",
    "portal_last_crawl_ok": "1 when the last crawl of a portal did not fail.",
    "portal_last_crawl_requests": "Requests of the last crawl.",
    "portal_last_crawl_new_articles": "New articles of the last crawl.",
    "portal_newest_article_timestamp_seconds": "Day of the newest article of a portal.",
    "portal_certificate_not_after_timestamp_seconds": "When the first certificate of a portal expires.",
    "portal_dying_likelihood": "How likely a portal is to end, 0 to 1.",
}


def collect(conn: sqlite3.Connection, now: datetime, most_portals: int = MOST_PORTALS) -> list[Metric]:
    """Return every metric of an archive. Costs a few lookups a portal."""
    made = {name: Metric(name, words) for name, words in HELP.items()}
    keys = [
        key
        for (key,) in conn.execute(
            "SELECT p.portal_key FROM portals p ORDER BY EXISTS (SELECT 1 FROM alarms a WHERE a.portal_key ="
            " p.portal_key AND a.closed_at IS NULL) DESC, p.portal_key"
        )
    ]
    made["up"].add(1)
    made["portals"].add(len(keys))
    made["portals_left_out"].add(max(0, len(keys) - most_portals))
    _of_archive(conn, made)
    dying = 0
    for number, key in enumerate(keys):
        likely = likelihood(conn, key, now)
        dying += likely.value >= 0.5
        if number < most_portals:
            made["portal_articles"].add(likely.articles, portal=key)
            made["portal_dying_likelihood"].add(likely.value, portal=key)
            _of_portal(conn, made, key)
    made["portals_dying"].add(dying)
    return list(made.values())


def _of_archive(conn: sqlite3.Connection, made: dict[str, Metric]) -> None:
    def one(sql: str) -> int:
        return int(conn.execute(sql).fetchone()[0])

    made["articles"].add(one("SELECT count(*) FROM articles"))
    # Numbers of captures are given out in order, and a capture is never deleted: a count would read them all.
    made["captures"].add(one("SELECT coalesce(max(capture_id), 0) FROM captures"))
    made["database_bytes"].add(one("PRAGMA page_count") * one("PRAGMA page_size"))
    counts = {
        (kind, severity): count
        for kind, severity, count in conn.execute(
            "SELECT kind, severity, count(*) FROM alarms WHERE closed_at IS NULL GROUP BY kind, severity"
        )
    }
    for kind in KINDS:
        for severity in _SEVERITIES:
            made["alarms_open"].add(counts.get((kind, severity), 0), kind=kind, severity=severity)
    states = dict(
        conn.execute("SELECT state, count(*) FROM alert_messages WHERE state <> 'sent' GROUP BY state")
    )
    for state in _MESSAGES:
        made["alert_messages"].add(states.get(state, 0), state=state)


def _of_portal(conn: sqlite3.Connection, made: dict[str, Metric], key: str) -> None:
    states = dict(conn.execute("SELECT state, count FROM url_counts WHERE portal_key = ?", (key,)))
    for state in _STATES:
        made["portal_urls"].add(states.get(state, 0), portal=key, state=state)
    alarms = dict(
        conn.execute(
            "SELECT severity, count(*) FROM alarms WHERE portal_key = ? AND closed_at IS NULL"
            " GROUP BY severity",
            (key,),
        )
    )
    for severity in _SEVERITIES:
        made["portal_alarms_open"].add(alarms.get(severity, 0), portal=key, severity=severity)
    last = conn.execute(
        "SELECT ended_at, reason, requests, json_extract(counts, '$.articles.new') FROM crawls"
        " WHERE portal_key = ? AND ended_at IS NOT NULL ORDER BY crawl_id DESC LIMIT 1",
        (key,),
    ).fetchone()
    if last is not None:
        ended_at, reason, requests, new = last
        made["portal_last_crawl_timestamp_seconds"].add(_seconds(ended_at), portal=key)
        made["portal_last_crawl_ok"].add(not (reason or "died").startswith(("failed", "died")), portal=key)
        made["portal_last_crawl_requests"].add(requests, portal=key)
        made["portal_last_crawl_new_articles"].add(new or 0, portal=key)
    good, newest, certificate = conn.execute(
        "SELECT (SELECT max(ended_at) FROM crawls WHERE portal_key = ?1 AND reason = 'finished'),"
        " (SELECT max(published_at) FROM articles WHERE portal_key = ?1),"
        " (SELECT min(not_after) FROM certificates c WHERE portal_key = ?1 AND last_met_at ="
        " (SELECT max(k.last_met_at) FROM certificates k WHERE k.portal_key = ?1 AND k.host = c.host))",
        (key,),
    ).fetchone()
    made["portal_last_success_timestamp_seconds"].add(_seconds(good), portal=key)
    made["portal_newest_article_timestamp_seconds"].add(_seconds(newest), portal=key)
    made["portal_certificate_not_after_timestamp_seconds"].add(_seconds(certificate), portal=key)


def _seconds(value: str | None) -> float | None:
    try:
        at = datetime.fromisoformat(value or "")
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def render(metrics: Sequence[Metric]) -> str:
    """Return the text that Prometheus reads."""
    return "\n".join(line for metric in metrics for line in metric.lines()) + "\n"


def write_textfile(path: Path, text: str) -> None:
    """Write *text* so that a collector never reads half of it. Raises KhoCongError where it cannot."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(path)
    except OSError as error:
        raise KhoCongError(f"cannot write {path}: {error.strerror}") from error
