"""The judge over a made-up month: everything that happens is told once, within one crawl; nothing else is."""

import os
from collections import Counter
from datetime import timedelta

import pytest

from archive.drift import facts as words
from archive.drift.alarms import alarm, open_kinds, settle
from archive.drift.facts import Facts
from archive.drift.judging import judge
from archive.drift.notices import notices_in
from archive.drift.rhythm import rhythm_of
from archive.drift.verdicts import Certificate, Known
from archive.records import Portal
from archive.store import Store
from tests.simulation.month import Month

_FAULTS = {"dns": words.NO_NAME, "refused": "connection refused", "timeout": "timeout"}
# What each kind of incident may be told as.
_TOLD = {
    ("outage", "maintenance"): {"maintenance"},
    ("outage", ""): {"down"},
    ("redesign", ""): {"redesign", "not_found", "bodies_short", "dates_missing", "titles_missing"},
    ("death", "dns"): {"dns_gone"},
    ("death", "parked"): {"parked"},
    ("death", "redirect"): {"moved"},
    ("death", "closed"): {"closing"},
}


def facts_of(seen) -> Facts:
    """Return what a crawl showed, in the judge's words."""
    answers = sum(count for status, count in seen.statuses.items() if status < 500 and status != 429)
    missing = seen.statuses.get(404, 0) + seen.statuses.get(410, 0)
    return Facts(
        portal=seen.portal,
        at=seen.ended_at.isoformat(),
        reason=seen.outcome,
        requests=seen.requests,
        answers=answers,
        home=_home(seen, answers),
        home_detail=seen.redirected_to or "",
        pages=seen.read,
        articles=seen.read,
        read=seen.read,
        titled=seen.with_title,
        dated=seen.with_date,
        bodied=seen.with_body,
        body_chars=seen.body_chars,
        slottable=seen.read,
        slotted=round(seen.read * seen.chrome_known),
        known=seen.same + seen.changed + missing,
        missing=missing,
        sitemaps={} if seen.sitemap_urls is None else {"/sitemap.xml": seen.sitemap_urls},
        notices=notices_in(seen.notice or "") if not seen.redirected_to else [],
    )


def _home(seen, answers) -> str:
    if seen.parked:
        return "parked"
    if seen.redirected_to:
        return words.MOVED
    if seen.notice and "bảo trì" in seen.notice:
        return words.MAINTENANCE
    if answers:
        return words.OK
    return next((_FAULTS[name] for name in seen.faults), "HTTP 503")


class Watchman:
    """Judges runs as an archive does, with its tables, and says what was raised and what recovered."""

    def __init__(self, store: Store, month: Month) -> None:
        self.store = store
        self.past: dict[str, list[Facts]] = {key: [] for key in month.portals}
        self.before: dict[str, Facts] = {}
        self.news: dict[str, list] = {key: [] for key in month.portals}
        for key in month.portals:
            store.save_portal(Portal(key))

    def take(self, seen) -> tuple[list[str], list[str]]:
        """Judge one run; return the kinds that were raised and those that recovered."""
        key, now = seen.portal, seen.ended_at
        if seen.new:
            self.news[key].append(seen.started_at.date())
        known = Known(
            past=self.past[key],
            before=self.before.get(key),
            rhythm=rhythm_of(self.news[key]),
            certificates=[Certificate(key, seen.tls_expires_at)] if seen.tls_expires_at else (),
            open_kinds=open_kinds(self.store.db.conn, key),
        )
        facts = facts_of(seen)
        verdict = judge(known, facts, now)
        with self.store.db.transaction() as connection:
            settled = settle(connection, key, verdict, None, now)
        self.before[key] = facts
        if verdict.sound:
            self.past[key].append(facts)
        conn = self.store.db.conn
        return [alarm(conn, n).kind for n in settled.raised], [alarm(conn, n).kind for n in settled.recovered]


@pytest.mark.parametrize("seed", range(int(os.environ.get("KHOCONG_MONTHS", 4))))
def test_a_month_of_sixty_portals(seed, tmp_path) -> None:
    month = Month(seed)
    runs = list(month.daily())
    with Store(tmp_path / "a") as store:
        watchman = Watchman(store, month)
        for key in month.portals:
            for seen in month.history(key):
                assert watchman.take(seen) == ([], []), seen
        told = [watchman.take(seen) for seen in runs]
    expected = month.expected(runs)
    wanted = {(one.run, one.recovery): one.incident for one in expected}
    wrong = []
    for number, (raised, recovered) in enumerate(told):
        for recovery, kinds in ((False, raised), (True, recovered)):
            incident = wanted.pop((number, recovery), None)
            if incident is None:
                wrong += [(runs[number].portal, number, recovery, kind, "false") for kind in kinds]
            elif not _is_right(incident, kinds):
                wrong.append((runs[number].portal, number, recovery, kinds, incident.how))
    assert wrong == []
    assert wanted == {}
    quiet = [key for key, portal in month.portals.items() if portal.is_quiet]
    assert len(quiet) == 36
    assert len(expected) >= 30


def _is_right(incident, kinds) -> bool:
    allowed = _TOLD.get((incident.kind, incident.how)) or _TOLD[(incident.kind, "")]
    return len(kinds) == 1 and set(kinds) <= allowed


def test_what_a_month_holds() -> None:
    kinds = Counter(one.kind for seed in range(6) for one in Month(seed).incidents)
    assert min(kinds.values()) >= 30
    assert timedelta(0) < Month(0).incidents[-1].begins_at - Month(0).incidents[0].begins_at
