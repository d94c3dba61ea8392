"""What a crawl did, in words and as data; it tells the truth, also when that is that it failed."""

from typing import Any

from archive.commands.common import INTERRUPTED
from archive.runs import politeness_text, run_report
from crawler.accounting import per_article
from crawler.session import Session


def summary_of(session: Session) -> dict[str, Any]:
    """Return a closed session as plain data: the JSON of `khocong crawl --json`."""
    tally = session.tally
    report = run_report(session.store.db.conn, session.crawl_id)
    return {
        "run": session.crawl_id,
        "portal": session.portal.key,
        "platform": session.portal.platform,
        "reason": session.reason,
        "resumed": session.resumed,
        "articles_in_archive": session.articles_in_archive,
        "articles": {change: tally.changes[change] for change in ("new", "changed", "same")},
        "requests": tally.requests,
        "requests_by_kind": dict(tally.by_kind.most_common()),
        "requests_per_article": per_article(tally.by_kind, tally.articles),
        "adopted_after_crash": tally.adopted,
        "bytes": tally.bytes,
        "urls": session.counts,
        "issues": dict(tally.issues.most_common()),
        "gone": report.gone if report else None,
        "failures": report.failures if report else None,
        "politeness": report.politeness if report else None,
        "completeness": report.completeness if report else None,
        "unread": session.unread,
        "archive": str(session.store.path),
    }


def exit_code(summary: dict[str, Any]) -> int:
    """Return 0 when the crawl did what it was for, 1 when not, 130 when it was interrupted."""
    if summary["reason"] == "interrupted":
        return INTERRUPTED
    if summary["reason"].startswith("failed"):
        return 1
    return 0 if summary["articles_in_archive"] or summary["reason"] == "budget" else 1


def lines_of(summary: dict[str, Any]) -> list[str]:
    """Return the summary for people; the last line says how it ended and what comes next."""
    changes, urls = summary["articles"], summary["urls"]
    per = summary["requests_per_article"]
    lines = [
        f"{summary['portal']}: {changes['new']} articles new, {changes['changed']} changed,"
        f" {changes['same']} unchanged"
        f" ({summary['articles_in_archive']} in the archive); {summary['requests']} requests"
        + (f", {per:.2f} an article beside files" if per else "")
        + (
            f"; {summary['adopted_after_crash']} pages taken over from before a crash"
            if summary["adopted_after_crash"]
            else ""
        ),
        "URLs: " + ", ".join(f"{count} {state}" for state, count in urls.items() if count),
    ]
    if (politeness := summary.get("politeness")) and not politeness["kept"]:
        lines.append(f"Politeness: {politeness_text(politeness)}")
    if summary["issues"]:
        lines.append("Issues: " + ", ".join(f"{count} {kind}" for kind, count in summary["issues"].items()))
    lines.append(_ending(summary))
    return lines


def _ending(summary: dict[str, Any]) -> str:
    reason, waiting = summary["reason"], summary["urls"]["pending"]
    if reason == "interrupted":
        return f"interrupted; {waiting} URLs wait, run the same command to resume"
    if reason.startswith("failed: "):
        return f"{reason}; {waiting} URLs wait, run the same command to try again"
    if reason == "budget":
        return f"the budget of requests is spent; {waiting} URLs wait, run the same command to go on"
    if not summary["articles_in_archive"]:
        why = (
            ", ".join(f"{count} × {word}" for word, count in summary["unread"].items()) or "nothing was read"
        )
        return (
            f"no article found on {summary['portal']} ({why});"
            " `khocong probe URL` shows what each step makes of one of its pages"
        )
    return (
        "finished"
        if not waiting
        else f"finished; {waiting} URLs could not be asked for (see robots.txt above)"
    )
