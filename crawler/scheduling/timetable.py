"""The file that says when portals are crawled: `schedule.yml` in, a Timetable out; errors name lines."""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from crawler.registry_fields import LOADER, Fields, RegistryError
from crawler.scheduling.cadence import (
    LEAST_EVERY_S,
    Cadence,
    Every,
    is_quiet_hours,
    parse_cron,
    parse_length,
)

FILE_NAME = "schedule.yml"
HANOI_ZONE = "Asia/Ho_Chi_Minh"
PRIORITIES = {"high": 4.0, "normal": 1.0, "low": 0.25}
Scope = Literal["named", "archive", "registry"]
_SCOPES = ("named", "archive", "registry")
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Entry:
    """What is wished for one portal. Lengths in seconds; `quiet` spans are "HH:MM-HH:MM", time of Hanoi.

    A run begins up to `jitter_s` after its slot; one that failed is tried again after `retry_s` (doubled
    each time; 0: not before the next slot). `weight` multiplies what the portal's own life says of how
    soon it matters. `group` is the group that named it, "" none.
    """

    key: str
    cadence: Cadence
    quiet: tuple[str, ...] = ()
    jitter_s: int = 1800
    retry_s: int = 6 * 3600
    max_requests: int | None = None
    weight: float = 1.0
    group: str = ""


@dataclass(frozen=True, slots=True)
class _Wishes:
    """The values of `defaults`, a group or a portal; what is not said is None."""

    cadence: Cadence | None = None
    quiet: tuple[str, ...] | None = None
    jitter_s: int | None = None
    retry_s: int | None = None
    max_requests: int | None = None
    weight: float | None = None

    def over(self, below: "_Wishes") -> "_Wishes":
        """Return these wishes, and what they leave open from *below*."""
        names = ("cadence", "quiet", "jitter_s", "retry_s", "max_requests", "weight")
        mine = {name: getattr(self, name) for name in names}
        return _Wishes(
            **{name: getattr(below, name) if value is None else value for name, value in mine.items()}
        )


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    patterns: tuple[str, ...]
    wishes: _Wishes


@dataclass(frozen=True, slots=True)
class Timetable:
    """A whole schedule. `scope` says which portals beside the named ones are crawled, by the defaults.

    `at_once` portals are crawled at a time. `named` are the keys written out, with the line of each.
    """

    scope: Scope = "archive"
    at_once: int = 8
    named: Mapping[str, int] = ()  # type: ignore[assignment]  # an empty mapping for the empty timetable
    file: Path | None = None
    _defaults: _Wishes = _Wishes()
    _groups: tuple[_Group, ...] = ()
    _portals: Mapping[str, _Wishes] = ()  # type: ignore[assignment]  # as above

    @property
    def has_patterns(self) -> bool:
        """Some group names portals by a pattern, which the registry's keys may match."""
        return any(_is_pattern(word) for group in self._groups for word in group.patterns)

    def entry(self, key: str, quiet: str | None = None) -> Entry:
        """Return what is wished for a portal; *quiet* are the quiet hours its registry file asks for.

        Those are kept beside the schedule's own: a portal's wish is never overruled here.
        """
        group = next((one for one in self._groups if _matches(one, key)), None)
        wishes = dict(self._portals).get(key, _Wishes())
        if group is not None:
            wishes = wishes.over(group.wishes)
        wishes = wishes.over(self._defaults)
        spans = [*(wishes.quiet or ()), *([quiet] if quiet else [])]
        return Entry(
            key=key,
            cadence=wishes.cadence or Every(_DAY_S),
            quiet=tuple(dict.fromkeys(spans)),
            jitter_s=1800 if wishes.jitter_s is None else wishes.jitter_s,
            retry_s=6 * 3600 if wishes.retry_s is None else wishes.retry_s,
            max_requests=wishes.max_requests or None,
            weight=1.0 if wishes.weight is None else wishes.weight,
            group=group.name if group is not None else "",
        )

    def keys(self, archive: Iterable[str], registry: Iterable[str]) -> list[str]:
        """Return the portals that are crawled, of those the archive and the registry know."""
        known = [*archive, *registry]
        found = [key for key in known if any(_matches(group, key) for group in self._groups)]
        found += list(dict(self._portals)) + [word for one in self._groups for word in one.patterns]
        found += list(archive) if self.scope != "named" else []
        found += list(registry) if self.scope == "registry" else []
        return sorted({key for key in found if not _is_pattern(key)})


def read_timetable(path: Path) -> Timetable:
    """Return the timetable of a file. Raises RegistryError (`file:line: …`) for what is wrong with it."""
    top = _fields(path, _compose(path))
    top.only({"timezone", "at_once", "crawl", "defaults", "groups", "portals"})
    zone = top.text("timezone", HANOI_ZONE) or HANOI_ZONE
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise top.error("timezone", f"unknown timezone {zone!r}; write one like {HANOI_ZONE}") from error
    at_once = top.values.get("at_once", 8)
    if not isinstance(at_once, int) or isinstance(at_once, bool) or not 1 <= at_once <= 256:
        raise top.error("at_once", f"at_once {at_once!r} is not a number from 1 to 256")
    nodes = {name.value: value for name, value in _compose(path).value}
    defaults = _wishes(_section(path, nodes, "defaults", top), zone)
    groups = []
    named: dict[str, int] = {}
    for name, fields in _sections(path, nodes, "groups", top):
        patterns = tuple(str(item) for item in fields.items("portals"))
        if not patterns:
            raise fields.error(
                "portals", f"group {name!r} needs portals: a list of keys, or patterns like '*-hue'"
            )
        for index, word in enumerate(patterns):
            if not _is_pattern(word):
                if word in named:
                    raise fields.error(f"portals.{index}", f"{word!r} is in two groups")
                named[word] = fields.lines.get(f"portals.{index}", 1)
        groups.append(_Group(name, patterns, _wishes(fields, zone, more={"portals"})))
    portals: dict[str, _Wishes] = {}
    for name, fields in _sections(path, nodes, "portals", top):
        portals[name] = _wishes(fields, zone)
        named[name] = top.lines.get(f"portals.{name}", 1)
    scope = cast("Scope", top.word("crawl", _SCOPES, "archive"))
    return Timetable(scope, at_once, named, path, defaults, tuple(groups), portals)


def _wishes(fields: Fields | None, zone: str, more: set[str] = frozenset()) -> _Wishes:  # type: ignore[assignment]  # never changed
    if fields is None:
        return _Wishes()
    fields.only({"every", "cron", "quiet_hours", "jitter", "retry", "max_requests", "priority", *more})
    if "every" in fields.values and "cron" in fields.values:
        raise fields.error("cron", "every and cron exclude each other")
    quiet = fields.values.get("quiet_hours")
    if quiet is not None and not (isinstance(quiet, str) and (not quiet or is_quiet_hours(quiet))):
        raise fields.error("quiet_hours", f'quiet_hours {quiet!r} is not "HH:MM-HH:MM" (in quotes)')
    most = fields.values.get("max_requests")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 0):
        raise fields.error("max_requests", f"max_requests {most!r} is not a number of requests (0: no limit)")
    return _Wishes(
        cadence=_cadence(fields, zone),
        quiet=None if quiet is None else ((quiet,) if quiet else ()),
        jitter_s=_length(fields, "jitter"),
        retry_s=_length(fields, "retry"),
        max_requests=most,
        weight=_weight(fields),
    )


def _cadence(fields: Fields, zone: str) -> Cadence | None:
    if (words := fields.values.get("cron")) is not None:
        try:
            return parse_cron(words, zone)
        except ValueError as error:
            raise fields.error("cron", f"cron: {error}") from error
    seconds = _length(fields, "every")
    if seconds is not None and seconds < LEAST_EVERY_S:
        raise fields.error("every", f"every {seconds} s is too often; ten minutes is the least")
    return None if seconds is None else Every(seconds)


def _length(fields: Fields, name: str) -> int | None:
    value = fields.values.get(name)
    if value is None or value == 0:
        return value
    try:
        return parse_length(value)
    except ValueError as error:
        raise fields.error(name, f"{name}: {error}") from error


def _weight(fields: Fields) -> float | None:
    value = fields.values.get("priority")
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and value > 0):
        return None if value is None else float(value)
    if value not in PRIORITIES:
        raise fields.error("priority", f"priority {value!r} is none of {', '.join(PRIORITIES)}, nor a number")
    return PRIORITIES[value]


def _compose(path: Path) -> yaml.MappingNode:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=LOADER)
    except FileNotFoundError as error:
        raise RegistryError(f"{path}: there is no such file") from error
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise RegistryError(f"{path}:{line}: not readable as YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(node, yaml.MappingNode):
        raise RegistryError(f"{path}:1: a schedule is a mapping of keys to values")
    return node


def _fields(path: Path, node: yaml.MappingNode) -> Fields:
    return Fields(path, node)


def _section(path: Path, nodes: Mapping[str, yaml.Node], name: str, top: Fields) -> Fields | None:
    node = nodes.get(name)
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode):
        raise top.error(name, f"{name} is a mapping of keys to values")
    return _fields(path, node)


def _sections(
    path: Path, nodes: Mapping[str, yaml.Node], name: str, top: Fields
) -> Iterable[tuple[str, Fields]]:
    node = nodes.get(name)
    if node is None:
        return
    if not isinstance(node, yaml.MappingNode):
        raise top.error(name, f"{name} is a mapping of names to their wishes")
    for key, value in node.value:
        if not isinstance(value, yaml.MappingNode):
            raise top.error(f"{name}.{key.value}", f"{key.value} needs a mapping like {{every: 6 h}}")
        yield str(key.value), _fields(path, value)


def _is_pattern(word: str) -> bool:
    return any(mark in word for mark in "*?[")


def _matches(group: _Group, key: str) -> bool:
    return any(fnmatch.fnmatchcase(key, pattern) for pattern in group.patterns)
