"""The judge: what is usual and what a crawl showed in, what is to be told out. Pure functions."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from archive.drift import facts as words
from archive.drift.facts import Facts
from archive.drift.layout import similarity
from archive.drift.rhythm import Rhythm
from archive.drift.usual import BY_NAME, TOGETHER, Usual, fell, learn, shortened
from archive.drift.verdicts import DOORS, READING, Certificate, Finding, Known, Severity, Verdict
from archive.records import Json

_READING_OF = {
    "yield": "yield_low", "title": "titles_missing", "date": "dates_missing", "body": "bodies_short",
    "kept": "bodies_short", "length": "bodies_short", "chrome": "chrome_lost",
}  # fmt: skip
# Below this share of common marks two sets of pages have two layouts. Any two to six articles of one replay
# share .80 or more with six others of it, those of the two replays .04 at the most (300 draws each).
OTHER_LAYOUT = 0.35
SAME_LAYOUT = 0.6
TLS_WARNING = timedelta(days=14)
TLS_CRITICAL = timedelta(days=3)
_LEAST_SITEMAP = 50


def judge(known: Known, now: Facts, at: datetime) -> Verdict:
    """Hold a crawl against what is known of its portal, at the time *at* (aware)."""
    usual = learn(known.past)
    judged: dict[str, Finding | None] = {}
    judged.update(judge_tls(known.certificates, at))
    reached = now.reached
    if reached is None:
        return Verdict(judged, sound=False)
    judged.update(_doors(now))
    if now.home not in (words.OK, words.NOT_ASKED) or not reached:
        return Verdict(judged, sound=False)
    judged.update(_reading(known, usual, now))
    judged.update(_presence(usual, now))
    judged.update(_sitemap(usual, now))
    judged.update(_closing(now))
    broken = any(judged.get(kind) for kind in (*READING, "errors", "not_found", "sitemap_shrunk"))
    _fold(judged)
    if now.whole:
        judged.update(_expected(now))
        explained = any(judged.get(kind) or kind in known.open_kinds for kind in _EXPLAIN_SILENCE)
        if not explained or "silent" in known.open_kinds:
            judged.update(_silence(known.rhythm, at))
    return Verdict(judged, sound=not broken)


_EXPLAIN_SILENCE = (*READING, "not_found", "closing")
# What says more, and what it says beside: one thing that happened is told once.
_FOLDED = (
    ("closing", ("not_found", "sitemap_shrunk", "redesign", "yield_low")),
    ("redesign", ("not_found", "sitemap_shrunk", "errors")),
    ("not_found", ("sitemap_shrunk", "errors", "yield_low")),
)


def _fold(judged: dict[str, Finding | None]) -> None:
    for main, others in _FOLDED:
        finding = judged.get(main)
        if finding is None:
            continue
        for kind in others:
            if (other := judged.get(kind)) is not None:
                beside = {**finding.detail.get("beside", {}), kind: other.summary}
                finding = replace(finding, detail={**finding.detail, "beside": beside})
                del judged[kind]
        judged[main] = finding


def _doors(now: Facts) -> dict[str, Finding | None]:
    judged: dict[str, Finding | None] = dict.fromkeys(DOORS) if now.home != words.NOT_ASKED else {}
    said = now.home_detail
    detail = {"home": now.home, "said": said, "ended": now.reason}
    if now.home == words.NO_NAME:
        judged["dns_gone"] = Finding("dns_gone", "critical", "its name does not resolve any more", detail)
    elif now.home == words.MOVED:
        judged["moved"] = Finding("moved", "critical", f"the front page sends readers on to {said}", detail)
    elif now.home in words.PARKED:
        what = "a page of a parked or empty host" if now.home == "parked" else "advertisements for betting"
        judged["parked"] = Finding("parked", "critical", f"the front page is {what}", detail)
    elif now.home == words.MAINTENANCE:
        judged["maintenance"] = Finding("maintenance", "warning", "it says that it is being mended", detail)
    elif not now.reached:
        judged["down"] = Finding("down", "warning", f"it does not answer: {now.home}", detail)
    return judged


def _reading(known: Known, usual: Usual, now: Facts) -> dict[str, Finding | None]:
    """Judge how pages are read: several signs at once, or another layout, are one thing, a redesign."""
    shares = ("yield", "title", "date", "body", "kept", "chrome")
    signs = {name: fell(BY_NAME[name], usual, now, TOGETHER) for name in shares}
    signs["length"] = shortened(usual, now)
    fallen = [name for name, sign in signs.items() if sign]
    fine = [name for name, sign in signs.items() if sign is False]
    layouts = _layouts(usual, now)
    other = [name for name, (_, changed) in layouts.items() if changed]
    kinds = {_READING_OF[name] for name in fallen}
    if len(kinds) == 1 and not other and "redesign" not in known.open_kinds:
        fallen = [name for name in fallen if name == "length" or fell(BY_NAME[name], usual, now)]
        signs = {name: sign if sign is False or name in fallen else None for name, sign in signs.items()}
    detail = {
        "signs": {name: _figures(name, usual, now) for name in fallen},
        "layout": {name: round(same, 2) for name, (same, _) in layouts.items()},
    }
    judged: dict[str, Finding | None] = {}
    open_redesign = "redesign" in known.open_kinds
    if (other and not _accepted(known, usual, now, bool(fallen), fine)) or len(kinds) > 1 or (
        fallen and open_redesign
    ):  # fmt: skip
        judged["redesign"] = Finding(
            "redesign",
            "critical" if fallen else "warning",
            _redesign_in_words(other, fallen, usual, now),
            detail,
        )
        return judged
    if "yield" in fine or "body" in fine:
        judged["redesign"] = None
    for name, sign in signs.items():
        kind = _READING_OF[name]
        if sign:
            summary = f"{_WORDS[name]}: {_figures(name, usual, now)}"
            judged[kind] = Finding(kind, "warning", summary, detail)
        elif sign is False:
            judged.setdefault(kind, None)
    return judged


_WORDS = {
    "yield": "fewer article pages give an article", "title": "titles are missing or all alike",
    "date": "dates are missing", "body": "bodies are missing",
    "kept": "known articles lost most of their text",
    "length": "bodies are much shorter", "chrome": "bodies no longer stand where the learned model says",
}  # fmt: skip


def _redesign_in_words(other: Sequence[str], fallen: Sequence[str], usual: Usual, now: Facts) -> str:
    parts = [f"{name} pages have another layout" for name in other]
    parts += [f"{_WORDS[name]} ({_figures(name, usual, now)})" for name in fallen]
    if not fallen:
        parts.append("what was read seems whole")
    return "; ".join(parts)


def _figures(name: str, usual: Usual, now: Facts) -> str:
    if name == "length":
        return f"{now.body_chars} characters, usually {sorted(usual.chars)[len(usual.chars) // 2]}"
    hits, cases = BY_NAME[name].of(now)
    return f"{hits} of {cases}, usually {usual.shares[name].value:.0%}"


def _layouts(usual: Usual, now: Facts) -> dict[str, tuple[float, bool]]:
    """Return for each template how alike it is to the last sound crawl's, and whether it is another one."""
    found = {}
    for template, here in now.layout.items():
        same = similarity(usual.layout.get(template, ()), here)
        if same is not None:
            least = min(OTHER_LAYOUT, usual.alike.get(template, 1.0) - 0.1)
            found[template] = (same, same < least)
    return found


def _accepted(known: Known, usual: Usual, now: Facts, broken: bool, fine: Sequence[str]) -> bool:
    """Say whether a new layout is the portal's own by now: it has been told, it stays, and it reads well."""
    if broken or "redesign" not in known.open_kinds or known.before is None or not fine:
        return False
    pairs = [similarity(known.before.layout.get(name, ()), here) for name, here in now.layout.items()]
    return all(same is None or same >= SAME_LAYOUT for same in pairs)


def _silence(rhythm: Rhythm | None, at: datetime) -> dict[str, Finding | None]:
    if rhythm is None:
        return {}
    silent = (at.date() - rhythm.last).days
    if silent <= rhythm.silence_days:
        return {"silent": None}
    summary = (
        f"no new article for {silent} days; its longest pause in {rhythm.days} days with news was"
        f" {rhythm.longest} days"
    )
    detail = {"last": rhythm.last.isoformat(), "days": silent, "longest": rhythm.longest}
    return {"silent": Finding("silent", "warning", summary, detail)}


def _expected(now: Facts) -> dict[str, Finding | None]:
    judged: dict[str, Finding | None] = {}
    for kind, severity, said in (
        ("below_expectation", "critical", now.low), ("above_expectation", "warning", now.high),
    ):  # fmt: skip
        if said is not None:
            found = Finding(kind, "critical" if severity == "critical" else "warning", "; ".join(said))
            judged[kind] = found if said else None
    return judged


def _presence(usual: Usual, now: Facts) -> dict[str, Finding | None]:
    judged: dict[str, Finding | None] = {}
    for name, kind, what in (
        ("present", "not_found", "known articles are not found"),
        ("answered", "errors", "requests fail"),
    ):
        sign = fell(BY_NAME[name], usual, now)
        hits, cases = BY_NAME[name].of(now)
        if sign:
            summary = f"{cases - hits} of {cases} {what}; usually {1 - usual.shares[name].value:.0%}"
            judged[kind] = Finding(kind, "warning", summary, {"missing": cases - hits, "asked": cases})
        elif sign is False:
            judged[kind] = None
    return judged


def _sitemap(usual: Usual, now: Facts) -> dict[str, Finding | None]:
    both = set(usual.sitemaps) & set(now.sitemaps)
    before, here = sum(usual.sitemaps[one] for one in both), sum(now.sitemaps[one] for one in both)
    if before < _LEAST_SITEMAP:
        return {}
    if here >= 0.5 * before:
        return {"sitemap_shrunk": None}
    summary = f"the sitemap names {here} URLs, before it was {before}"
    return {"sitemap_shrunk": Finding("sitemap_shrunk", "warning", summary, {"before": before, "now": here})}


def _closing(now: Facts) -> dict[str, Finding | None]:
    if not now.notices:
        # A notice that leaves the front page takes nothing back: `khocong alerts --accept` does.
        return {}
    summary = f"it speaks of its own end: {now.notices[0]}"
    return {"closing": Finding("closing", "critical", summary, {"notices": list(now.notices)})}


def judge_tls(certificates: Sequence[Certificate], at: datetime) -> dict[str, Finding | None]:
    """Judge the certificates a portal's hosts showed last; those that never were valid are no news."""
    told = [one for one in certificates if one.was_valid]
    if not told:
        return {}
    worst = min(told, key=lambda one: one.not_after)
    left = worst.not_after - at
    if left > TLS_WARNING:
        return {"tls": None}
    day = worst.not_after.date().isoformat()
    what = f"expired on {day}" if left <= timedelta(0) else f"expires on {day}, in {max(0, left.days)} days"
    severity: Severity = "critical" if left <= TLS_CRITICAL else "warning"
    detail = {"host": worst.host, "not_after": worst.not_after.isoformat()}
    return {"tls": Finding("tls", severity, f"the certificate of {worst.host} {what}", detail)}


def with_samples(verdict: Verdict, samples: Sequence[Json]) -> Verdict:
    """Return the verdict with *samples* in every finding of how pages are read."""
    judged = {
        kind: replace(one, detail={**one.detail, "samples": list(samples)})
        if one is not None and kind in (*READING, "below_expectation")
        else one
        for kind, one in verdict.judged.items()
    }
    return Verdict(judged, verdict.sound)
