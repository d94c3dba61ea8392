"""`khocong portals`: the registry as a list: who is known, how, and what followed whom."""

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from archive import jurisdictions
from archive.commands.common import Console, common_options, examples
from archive.errors import UsageError
from archive.vietnamese.fold import fold
from crawler import registry

_MERGER = datetime.date(2025, 7, 1)
# No source names the wards and communes that followed the districts: only the province is known.
_HOW = {"derived": "derived: the province its land lies in", "named": "named by the sources"}


@click.command(
    epilog=examples(
        "khocong portals --province 'An Giang'",
        "khocong portals chau doc",
        "khocong portals --platform liferay --json",
        "khocong portals --status redirecting",
        "khocong portals --successors",
        "khocong portals --check",
    )
)
@click.argument("words", nargs=-1)
@click.option("--province", help="Only portals of a province, by its old or new name.")
@click.option("--platform", help="Only portals last seen on this CMS; 'unknown' for the others.")
@click.option("--evidence", type=click.Choice(["seen", "listed", "believed"]), help="Only portals known so.")
@click.option(
    "--status",
    type=click.Choice(["unverified", "live", "redirecting", "frozen", "dead"]),
    help="Only portals that stand so.",
)
@click.option("--successors", is_flag=True, help="Show each portal's unit then and now, and who follows it.")
@click.option("--check", is_flag=True, help="Read every file and check them against each other.")
@common_options
def portals(
    words: tuple[str, ...],
    province: str | None,
    platform: str | None,
    evidence: str | None,
    status: str | None,
    successors: bool,
    check: bool,
    archive_dir: Path,
    as_json: bool,
) -> None:
    """List the portals of the registry, all or those that match WORDS (key, name or host)."""
    console = Console()
    if check:
        _check(console, as_json)
        return
    # What is wrong with one file is said, and keeps no other portal out of the list.
    known = registry.load_all(on_error=lambda _key, error: console.note(str(error)))
    chosen = [
        config
        for config in _chosen(known.values(), words, province, platform, evidence)
        if status is None or config.status == status
    ]
    rows = [_successor_row(config, known) if successors else _row(config) for config in chosen]
    if as_json:
        console.json(rows)
    elif not rows:
        console.note("no portal of the registry matches; any URL can be crawled as it is")
    else:
        columns = list(rows[0])
        console.table(columns, [[_shown(row[column]) for column in columns] for row in rows])


def _check(console: Console, as_json: bool) -> None:
    from crawler.platforms import PLATFORMS

    known = registry.load_all(platforms=frozenset(PLATFORMS))
    hosts = sum(len(config.hosts) for config in known.values())
    counts = {"portals": len(known), "hosts": hosts, "jurisdictions": len(jurisdictions.load())}
    if as_json:
        console.json({"ok": True, **counts})
    else:
        console.line(", ".join(f"{count} {what}" for what, count in counts.items()) + ": no mistakes found")


def _chosen(
    configs: Iterable[registry.PortalConfig],
    words: tuple[str, ...],
    province: str | None,
    platform: str | None,
    evidence: str | None,
) -> Iterable[registry.PortalConfig]:
    wanted = _places(province) if province else None
    for config in configs:
        if wanted is not None and not wanted & set(_provinces(config)):
            continue
        if platform is not None and (config.platform or "unknown") != platform.lower():
            continue
        if evidence is not None and config.evidence != evidence:
            continue
        text = fold(" ".join((config.key, config.name, *(host.name for host in config.hosts))))
        if all(fold(word) in text for word in words):
            yield config


def _places(province: str) -> set[str]:
    """Return the keys of the province-level units a name means, before and after the mergers."""
    found = {
        unit.key
        for day in (datetime.date(2024, 12, 31), _MERGER)
        if (unit := jurisdictions.province_of(province, day)) is not None
    }
    if not found:
        raise UsageError(
            f"no province is or was called {province!r}; `khocong portals --successors` lists them"
        )
    # "Kiên Giang" means its own portals; "An Giang" those of everything that is An Giang now.
    own = {key for key in found if _bare(jurisdictions.unit(key).short_name) == _bare(province)}
    named = own or found
    return named | {old.key for key in named for old in jurisdictions.predecessors(key)}


def _bare(name: str) -> str:
    return jurisdictions.bare_name(name).replace(" ", "")


def _provinces(config: registry.PortalConfig) -> list[str]:
    unit = jurisdictions.province(config.jurisdiction) if config.jurisdiction else None
    return [unit.key] if unit is not None else []


def _province_now(config: registry.PortalConfig) -> str | None:
    today = datetime.datetime.now(datetime.UTC).date()
    unit = jurisdictions.province(config.jurisdiction, today) if config.jurisdiction else None
    return unit.short_name if unit is not None else None


def _row(config: registry.PortalConfig) -> dict[str, Any]:
    return {
        "portal": config.key,
        "name": config.name,
        "hosts": [host.name for host in config.hosts],
        "province": _province_now(config),
        "platform": config.platform,
        "evidence": config.evidence,
        "status": config.status,
    }


def _successor_row(
    config: registry.PortalConfig, known: Mapping[str, registry.PortalConfig]
) -> dict[str, Any]:
    today = max(_MERGER, datetime.datetime.now(datetime.UTC).date())
    unit = now = None
    how = ""
    if config.jurisdiction:
        unit = jurisdictions.unit(config.jurisdiction)
        _, now, how = jurisdictions.then_and_now(unit.key, unit.valid_to or today, today)
    following = known.get(config.successor or "")
    return {
        "portal": config.key,
        "unit": unit.name if unit else None,
        "until": unit.valid_to.isoformat() if unit and unit.valid_to else None,
        "unit_now": now.name if now else None,
        "how": _HOW.get(how, how) or None,
        "successor": following.key if following else None,
        "successor_host": following.hosts[0].name if following else None,
        "evidence": now.evidence if now else None,
    }


def _shown(cell: object) -> object:
    return ", ".join(str(item) for item in cell) if isinstance(cell, list) else cell
