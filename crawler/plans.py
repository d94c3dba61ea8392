"""Which portals a command means, where each begins, and what is asked of its crawl."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from archive.due import Due, due_portals
from archive.errors import UnknownPortal, UsageError
from archive.records import Issue, Portal
from archive.store import Store
from crawler import registry
from crawler.tally import Options

logger = logging.getLogger(__name__)

# A portal that is known to be gone for good is only crawled by name.
_LEFT_OUT = ("dead",)
# Reading takes about a third of a crawl's time: one process serves a portal, two also outlive a page that
# hangs one of them; beyond four the crawling process cannot feed them (measured on two cores).
_MOST_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """One portal to be crawled: its seeds, its options, and why ("manual", "all", "due: …")."""

    portal: Portal
    seeds: tuple[str, ...]
    options: Options
    why: str = "manual"


def named(words: Sequence[str], given: Mapping[str, Any], store: Store | None = None) -> list[Plan]:
    """Return the portals of *words*: keys, hosts or URLs, and with *store* the keys of its archive.

    Words that mean one portal make one plan: two sessions must not lease the same URLs. Raises
    UsageError for a word that is none of these.
    """
    # "alone": the URL itself and nothing else to start from (`khocong probe`).
    alone = bool(given.get("alone"))
    return _distinct(_named(word, given, store, alone=alone) for word in words)


def every(given: Mapping[str, Any], store: Store) -> list[Plan]:
    """Return all portals of the registry that may still answer, and all others of the archive.

    A file of the registry that is wrong makes an issue row, and keeps no other portal from being crawled.
    """
    plans = [
        _registered(config, given, "all")
        for config in registry.load_all(on_error=_noted_in(store)).values()
        if config.status not in _LEFT_OUT
    ]
    known = {plan.portal.key for plan in plans}
    rest = [key for (key,) in store.db.execute("SELECT portal_key FROM portals ORDER BY portal_key")]
    others = [key for key in rest if key not in known and _config(key, store) is None]
    return [*plans, *(_archived(key, given, store, "all") for key in others)]


def _config(key: str, store: Store) -> registry.PortalConfig | None:
    """Return the registry's portal; one whose file is wrong is crawled as the archive knows it."""
    try:
        return registry.find(key)
    except registry.RegistryError as error:
        _noted_in(store)(key, error)
        return None


def _noted_in(store: Store) -> Callable[[str, registry.RegistryError], None]:
    def note(key: str, error: registry.RegistryError) -> None:
        logger.error("registry: %s", error)
        store.note_issues(None, key, [Issue("registry", str(error)[:500])])

    return note


def due(given: Mapping[str, Any], store: Store, now: datetime | None = None) -> list[Plan]:
    """Return the portals of the archive that should be crawled now, the longest overdue first."""
    plans = []
    for one in due_portals(store.db.conn, now or datetime.now(UTC)):
        config = _config(one.portal, store)
        if config is None:
            plans.append(_archived(one.portal, given, store, _because(one)))
        elif config.status not in _LEFT_OUT:
            plans.append(_registered(config, given, _because(one)))
    return plans


def options_of(config: registry.PortalConfig | None, given: Mapping[str, Any]) -> Options:
    """Return the options of a crawl: the registry's politeness, unless the user asked for more or less."""
    delay = given.get("delay")
    if delay is None:
        delay = (
            config.politeness.delay_s
            if config and config.politeness.delay_s is not None
            else Options().delay_s
        )
    since = given.get("since")
    if since is not None:
        try:
            since = date.fromisoformat(str(since)[:10]).isoformat()
        except ValueError as error:
            raise UsageError(f"--since takes a date like 2025-07-01, not {since!r}") from error
    most = given.get("max_requests")
    return Options(
        delay_s=max(0.0, float(delay)),
        max_requests=int(most) if most is not None else None,
        since=since,
        allow_private=str(given.get("allow_private", "")).lower() in ("1", "true", "yes"),
        workers=workers_for(1, given),
        quiet_hours=config.politeness.quiet_hours if config else None,
        insecure_tls=config is None or config.politeness.insecure_tls == "allow",
        browser=bool(given.get("browser") or (config and config.rendering == "browser")),
        images=_chosen(given.get("images"), config.images if config else False),
        attachments=_chosen(given.get("attachments"), config.attachments if config else True),
        wait_for=str(given.get("wait_for") or (config.wait_for if config else "")),
    )


def _chosen(given: object, default: bool) -> bool:
    return default if given is None else str(given).lower() in ("1", "true", "yes")


def workers_for(portals: int, given: Mapping[str, Any], cores: int = 2) -> int:
    """Return how many processes read the pages of so many portals."""
    workers = given.get("workers")
    if workers is not None:
        return int(workers)
    return 1 if portals <= 1 else max(2, min(cores, _MOST_WORKERS))


def workers_of(chosen: Sequence[Plan], given: Mapping[str, Any], cores: int) -> int:
    """Return how many processes read the pages of a run. A portal without delay keeps two busy."""
    flat_out = any(not plan.options.delay_s for plan in chosen)
    return workers_for(max(len(chosen), 1 + flat_out), given, cores)


def _named(word: str, given: Mapping[str, Any], store: Store | None, *, alone: bool) -> Plan:
    try:
        portal = registry.resolve(word)
    except UnknownPortal:
        # Crawled by its URL once, a portal is known to its archive by a key that no registry has.
        if store is None or store.portal(word) is None:
            raise
        return _archived(word, given, store, "manual")
    if registry.find(word) is None and store is not None and store.portal(word) is not None:
        return _archived(word, given, store, "manual")
    seeds = (word,) if alone else _with_front([seed.url for seed in registry.seeds_for(word)])
    return Plan(portal, seeds, options_of(registry.find(word), given))


def _registered(config: registry.PortalConfig, given: Mapping[str, Any], why: str) -> Plan:
    seeds = _with_front([seed.url for seed in config.seeds])
    return Plan(config.to_portal(), seeds, options_of(config, given), why)


def _archived(key: str, given: Mapping[str, Any], store: Store, why: str) -> Plan:
    """Return the plan of a portal that only the archive knows: its own seeds stand in its ledger."""
    portal = store.portal(key)
    if portal is None:
        raise UnknownPortal(f"no portal {key!r} in {store.path}")
    rows = store.db.execute(
        "SELECT url FROM urls WHERE portal_key = ? AND kind = 'seed' ORDER BY url_id", [key]
    ).fetchall()
    seeds = tuple(url for (url,) in rows) or tuple(f"https://{host}/" for host in portal.hosts[:1])
    return Plan(portal, seeds, options_of(None, given), why)


def _because(one: Due) -> str:
    return "due: " + one.why


def _with_front(seeds: Sequence[str]) -> tuple[str, ...]:
    """Return the seeds with the first host's front page before them: it tells the platform."""
    origins = ["/".join(url.split("/", 3)[:3]) + "/" for url in seeds]
    return tuple(dict.fromkeys([*origins[:1], *seeds]))


def _distinct(plans: Iterable[Plan]) -> list[Plan]:
    found: dict[str, Plan] = {}
    for plan in plans:
        seeds = (*found[plan.portal.key].seeds, *plan.seeds) if plan.portal.key in found else plan.seeds
        found[plan.portal.key] = Plan(plan.portal, tuple(dict.fromkeys(seeds)), plan.options, plan.why)
    return list(found.values())
