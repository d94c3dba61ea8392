"""A portal that seems to end is crawled whole once more, with files and images, while it still answers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from archive.dying import LAST_CHANCE, Likelihood, likelihood
from archive.store import Store
from crawler import plans, registry
from crawler.plans import Plan


def policy_of(portal: str) -> str:
    """Return what the registry says of a last whole crawl of a portal: "suggest" or "start"."""
    config = registry.find(portal)
    return config.last_chance if config is not None else "suggest"


def made_whole(plan: Plan, store: Store | None) -> Plan:
    """Return *plan*, made a last whole crawl where one is due and the portal's file says `start`."""
    if store is None or policy_of(plan.portal.key) != "start":
        return plan
    likely = likelihood(store.db.conn, plan.portal.key, datetime.now(UTC))
    return _whole(plan) if likely.is_last_chance else plan


def last_chances(store: Store, found: Sequence[Likelihood], *, allow_private: bool = False) -> list[Plan]:
    """Return the plans of the last whole crawls that are due among *found*, and may be started."""
    keys = [one.portal for one in found if one.is_last_chance and policy_of(one.portal) == "start"]
    return [_whole(plan) for plan in plans.named(keys, {"allow_private": allow_private}, store)]


def _whole(plan: Plan) -> Plan:
    options = replace(plan.options, images=True, attachments=True, max_requests=None, since=None)
    # What was to be done stands behind it: the schedule knows its slots by the end of these words.
    why = f"{LAST_CHANCE}: likely to end" + (f"; {plan.why}" if plan.why != "manual" else "")
    return replace(plan, options=options, why=why)
