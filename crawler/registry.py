"""The registry of portals: `portals/**/*.yml`, one portal a file, read when asked for.

A crawl of one portal reads one or two small files; only `load_all` reads and cross-checks them all.
"""

import contextlib
import datetime
import difflib
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from archive import jurisdictions
from archive.errors import UnknownPortal
from archive.records import Portal
from archive.vietnamese.fold import fold
from crawler.registry_fields import RegistryError
from crawler.registry_file import Host, Politeness, PortalConfig, Seed, read_config

__all__ = [
    "Host",
    "Politeness",
    "PortalConfig",
    "RegistryError",
    "Seed",
    "find",
    "find_readable",
    "load_all",
    "portal_of_source",
    "resolve",
    "seeds_for",
]

# An archivist may keep a registry of their own; the one that comes along is left out then.
FOLDER = Path(os.environ.get("KHOCONG_PORTALS") or Path(__file__).with_name("portals"))
_BARE_HOST = re.compile(
    r"(?:[\w-]+\.)+[\w-]+(?::\d+)?|localhost(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?", re.IGNORECASE
)
# "Cổng TTĐT tỉnh AG", "Trang thông tin điện tử thành phố Châu Đốc", "Cổng thông tin điện tử An Giang".
_E_PORTAL = re.compile(
    r"(?:cong|trang|website)(?: ttdt| thong tin dien tu| giao tiep dien tu)?(?: cua)? "
    r"(?:tinh |thanh pho |tp\.? ?)?(.+)"
)
_INITIALS = re.compile(r"(?<=\s)[A-ZĐ]{1,3}(?:-?[A-ZĐ]{1,3})?(?=\W*$)")


def _files(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.rglob("*.yml"))}


def load_all(
    folder: Path = FOLDER,
    *,
    platforms: frozenset[str] | None = None,
    on_error: Callable[[str, RegistryError], None] | None = None,
) -> dict[str, PortalConfig]:
    """Return every portal by key, checked against each other.

    Raises RegistryError (`file:line: …`) for an unknown key, a bad date, a host or key of two portals,
    an unknown jurisdiction or successor, and, where *platforms* is given, an unknown platform. With
    *on_error* it is told of each, with the portal's key, and the rest is returned: a portal whose file
    cannot be used is left out, one that names an unknown successor has none.
    """
    told = on_error or _refuse
    configs: dict[str, PortalConfig] = {}
    hosts: dict[str, PortalConfig] = {}
    for path in sorted(folder.rglob("*.yml")):
        try:
            config = read_config(path, platforms=platforms)
            if config.key in configs:
                raise RegistryError(
                    f"{path}:1: the key {config.key!r} is also that of {configs[config.key].file}"
                )
        except RegistryError as error:
            told(path.stem, error)
            continue
        configs[config.key] = config
        for index, host in enumerate(config.hosts):
            name = host.name.removeprefix("www.")
            other = hosts.setdefault(name, config)
            if other is not config and _overlap(host, other):
                line = config.lines.get(f"hosts.{index}", config.lines.get("hosts", 1))
                complaint = f"the host {host.name} also belongs to {other.key} ({other.file})"
                told(config.key, RegistryError(f"{path}:{line}: {complaint}"))
    known = set(_files(folder)) if on_error else set(configs)
    for config in list(configs.values()):
        if config.successor is not None and config.successor not in known:
            line = config.lines.get("successor", 1)
            told(config.key, RegistryError(f"{config.file}:{line}: unknown successor {config.successor!r}"))
            configs[config.key] = replace(config, successor=None)
    return configs


def _refuse(_key: str, error: RegistryError) -> None:
    raise error


def _overlap(host: Host, other: PortalConfig) -> bool:
    """Say whether two portals claim one host at one time: a district's host may pass to a commune."""
    first, last = datetime.date.min, datetime.date.max
    return any(
        (host.valid_from or first) <= (theirs.valid_to or last)
        and (theirs.valid_from or first) <= (host.valid_to or last)
        for theirs in other.hosts
        if theirs.name.removeprefix("www.") == host.name.removeprefix("www.")
    )


@lru_cache(maxsize=512)
def find(key_or_url: str, folder: Path = FOLDER) -> PortalConfig | None:
    """Return the registered portal of a key, host or URL; None where there is none.

    Of several portals a host has belonged to, the latest.
    """
    word = key_or_url.strip()
    files = _files(folder)
    if word.lower() in files:
        return read_config(files[word.lower()])
    host = _host_of(word)
    if host is None:
        return None
    name = host.removeprefix("www.")
    needle = name.encode()
    owners = []
    for path in files.values():
        if needle in path.read_bytes():
            config = read_config(path)
            owners += [
                (h.valid_from or datetime.date.min, config)
                for h in config.hosts
                if h.name.removeprefix("www.") == name
            ]
    return max(owners, key=lambda owner: owner[0])[1] if owners else None


def find_readable(key: str) -> PortalConfig | None:
    """Return what `find` does, and None too where the portal's file is wrong: its crawl has begun."""
    with contextlib.suppress(RegistryError):
        return find(key)
    return None


def _host_of(word: str) -> str | None:
    """Return host[:port] of a URL or bare host, lower case; None for what is neither."""
    if "://" not in word:
        bare = word.partition("/")[0]
        if not _BARE_HOST.fullmatch(bare):
            return None
        word = f"http://{word}"
    try:
        parts = urlsplit(word)
        if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
            return None
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        default = {"http": 80, "https": 443}[parts.scheme.lower()]
        return host if parts.port in (None, default) else f"{host}:{parts.port}"
    except ValueError:
        return None


def resolve(key_or_url: str, folder: Path = FOLDER) -> Portal:
    """Return the portal to crawl: a registered one, or one made from a bare URL (scope = its host).

    Raises UnknownPortal, which lists the nearest keys, for a word that is neither.
    """
    config = find(key_or_url, folder)
    if config is not None:
        return config.to_portal()
    host = _host_of(key_or_url.strip())
    if host is None:
        near = nearest(key_or_url, folder)
        hint = f"; did you mean {', '.join(near)}?" if near else "; `khocong portals` lists them"
        raise UnknownPortal(f"no portal is called {key_or_url!r}, and it is not a URL{hint}")
    return Portal(key=re.sub(r"[\[\]]", "", host).replace(":", "-"), name=host, hosts=(host,))


def seeds_for(key_or_url: str, folder: Path = FOLDER) -> tuple[Seed, ...]:
    """Return where to start: the portal's seeds, or the URL itself. Raises UnknownPortal as `resolve`.

    A URL of a registered portal that is more than its host is a seed of its own, before the others.
    """
    word = key_or_url.strip()
    config = find(word, folder)
    host = _host_of(word)
    given: tuple[Seed, ...] = ()
    if host is not None and (config is None or config.key != word.lower()):
        url = word if "://" in word else f"https://{word}"
        given = (Seed(url if urlsplit(url).path else f"{url}/"),)
    if config is None:
        resolve(word, folder)
        return given
    deep = given and urlsplit(given[0].url).path.strip("/")
    return (*(given if deep else ()), *config.seeds)


def nearest(word: str, folder: Path = FOLDER, count: int = 3) -> list[str]:
    """Return the keys most like *word*, typed with or without marks and spaces."""
    keys = list(_files(folder))
    wanted = re.sub(r"[^a-z0-9]+", "", fold(word))
    near = {re.sub(r"[^a-z0-9]+", "", key): key for key in keys}
    starts = [key for bare, key in near.items() if wanted and bare.startswith(wanted)]
    close = [near[bare] for bare in difflib.get_close_matches(wanted, near, n=count, cutoff=0.6)]
    return list(dict.fromkeys([*starts, *close]))[:count]


def portal_of_source(printed: str, on: datetime.date | None = None, folder: Path = FOLDER) -> str | None:
    """Return the key of the portal a printed source means ("Cổng TTĐT tỉnh AG"), or None.

    Names of portals and their `source_names` come first; then a provincial e-portal by the province's
    name or initials, where these leave one candidate only.
    """
    words = " ".join(re.sub(r"[()\[\]\"“”:]", " ", fold(printed)).split())
    named = _source_names(folder)
    if words in named:
        return named[words]
    found = _E_PORTAL.fullmatch(words)
    if not found:
        return None
    unit = jurisdictions.province_of(found[1], on)
    if unit is None and (short := _INITIALS.search(printed)):
        # From the words as printed: BĐ is Bình Định, and folding would make it Bình Dương as well.
        units = jurisdictions.initials(short[0], on)
        unit = units[-1] if len({one.short_name for one in units}) == 1 else None
    return _provincial(folder).get(unit.key) if unit is not None else None


@lru_cache(maxsize=4)
def _source_names(folder: Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for config in _readable(_files(folder).values()):
        for name in (config.name, *config.source_names):
            names.setdefault(" ".join(fold(name).split()), config.key)
    return names


@lru_cache(maxsize=4)
def _provincial(folder: Path) -> dict[str, str]:
    """Return the e-portal of each province-level unit, before and after mergers."""
    keys: dict[str, str] = {}
    for config in _with_provinces(folder):
        unit = jurisdictions.unit(config.jurisdiction or "vn")
        keys[unit.key] = config.key
        if (after := jurisdictions.successor(unit.key)) is not None and after.short_name == unit.short_name:
            keys[after.key] = config.key
    return keys


def _with_provinces(folder: Path) -> Iterable[PortalConfig]:
    # The file of a province's own portal is named like its folder.
    for config in _readable(path for path in _files(folder).values() if path.stem == path.parent.name):
        if config.jurisdiction and jurisdictions.unit(config.jurisdiction).level in jurisdictions.PROVINCIAL:
            yield config


def _readable(paths: Iterable[Path]) -> Iterable[PortalConfig]:
    """Yield the portals of files that can be read: a mistake in one is no reason to read no page at all."""
    for path in paths:
        with contextlib.suppress(RegistryError):
            yield read_config(path)
