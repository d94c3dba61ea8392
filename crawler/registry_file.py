"""One portal file in, a frozen PortalConfig out; what is wrong with it is named by file and line."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args
from urllib.parse import urlsplit

import yaml

from archive import jurisdictions
from archive.records import Portal
from crawler.registry_fields import LOADER, Fields, RegistryError

# What `expect:` may bound; crawler.expecting measures it.
MEASURES = (
    "articles", "articles_per_week", "requests_per_article", "with_published_at", "with_lead", "with_byline",
    "with_source", "with_section", "with_title", "days_without_article", "body_chars",
)  # fmt: skip
Evidence: TypeAlias = Literal["seen", "listed", "believed"]
Rendering: TypeAlias = Literal["plain", "browser"]
# What is done when a portal is likely to end: a last whole crawl is suggested, or started by the schedule.
LastChance: TypeAlias = Literal["suggest", "start"]
Status: TypeAlias = Literal["unverified", "live", "redirecting", "frozen", "dead"]


_HOST = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9](?::\d{1,5})?|[\d.]+(?::\d{1,5})?"
)
_QUIET = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Host:
    """A host of a portal. `valid_from` and `valid_to` bound when it served this portal, None unknown."""

    name: str
    valid_from: datetime.date | None = None
    valid_to: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Seed:
    """A URL a crawl starts from; `category` is our word for what it lists."""

    url: str
    category: str = ""


@dataclass(frozen=True, slots=True)
class Politeness:
    """What a portal asks for beyond the crawler's defaults; None means the default.

    `insecure_tls` "allow" archives a host whose certificate is broken, and says so with each capture: half
    of the communes let theirs expire, and what would be refused is public and may be gone tomorrow.
    """

    delay_s: float | None = None
    quiet_hours: str | None = None
    max_requests_per_day: int | None = None
    contact: str | None = None
    insecure_tls: Literal["allow", "refuse"] = "allow"


@dataclass(frozen=True, slots=True)
class PortalConfig:
    """One portal as its file describes it.

    `platform` is the CMS last seen there: a hint for people and lists. It is handed to extraction only
    with `pin_platform`, because portals change their CMS without notice and a page knows better.
    `evidence` is how we know of the portal, `evidence_what` on what, `evidence_on` when that was noted.
    `rendering` "browser" has its pages made by a browser, ready when the CSS selector `wait_for` is there.
    `attachments` and `images` say which files beside pages are fetched: a camera's pictures fill disks.
    `last_chance` says whether a last whole crawl is started or only suggested when the portal seems to end.
    `expect` holds the bounds of a healthy run (`{"min": {…}, "max": {…}}`); below min a run fails.
    """

    key: str
    name: str
    hosts: tuple[Host, ...]
    jurisdiction: str | None
    organ: str | None
    platform: str | None
    pin_platform: bool
    seeds: tuple[Seed, ...]
    politeness: Politeness
    expect: dict[str, dict[str, float]]
    evidence: Evidence
    evidence_on: datetime.date | None
    evidence_what: str
    status: Status
    successor: str | None
    source_names: tuple[str, ...]
    notes: str
    rendering: Rendering
    wait_for: str
    attachments: bool
    images: bool
    last_chance: LastChance
    file: Path
    lines: dict[str, int]

    def to_portal(self) -> Portal:
        """Return the portal as extraction and storage see it."""
        return Portal(
            key=self.key,
            name=self.name,
            hosts=tuple(host.name for host in self.hosts),
            platform=self.platform if self.pin_platform else None,
            organ=self.organ,
            jurisdiction=self.jurisdiction,
        )

    def unit_on(self, date: datetime.date) -> jurisdictions.Unit | None:
        """Return the unit this portal's place belonged to on *date*."""
        return jurisdictions.at(self.jurisdiction, date) if self.jurisdiction else None


_KEYS = {
    "name", "jurisdiction", "organ", "platform", "pin_platform", "hosts", "seeds", "politeness", "expect",
    "evidence", "status", "successor", "source_names", "notes", "rendering", "wait_for",
    "attachments", "images", "last_chance",
}  # fmt: skip


def read_config(path: Path, *, platforms: frozenset[str] | None = None) -> PortalConfig:
    """Return the portal of a file; its key is the file's name. Raises RegistryError."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=LOADER)
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise RegistryError(f"{path}:{line}: not readable as YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(node, yaml.MappingNode):
        raise RegistryError(f"{path}:1: a portal file is a mapping of keys to values")
    reader = Fields(path, node)
    reader.only(_KEYS)
    hosts = _hosts(reader)
    evidence, noted, what = _evidence(reader)
    unit = reader.text("jurisdiction")
    if unit is not None and unit not in jurisdictions.load():
        raise reader.error(
            "jurisdiction", f"unknown jurisdiction {unit!r}; units stand in archive/jurisdictions.yml"
        )
    platform = reader.text("platform")
    if platform is not None and platforms is not None and platform not in platforms:
        raise reader.error(
            "platform", f"unknown platform {platform!r}; known are {', '.join(sorted(platforms))}"
        )
    name = reader.text("name")
    if not name:
        raise reader.error("name", "a portal needs a name")
    return PortalConfig(
        key=path.stem,
        name=name,
        hosts=hosts,
        jurisdiction=unit,
        organ=reader.text("organ"),
        platform=platform,
        pin_platform=reader.flag("pin_platform"),
        seeds=_seeds(reader, hosts),
        politeness=_politeness(reader),
        expect=_expect(reader),
        evidence=evidence,
        evidence_on=noted,
        evidence_what=what,
        status=cast("Status", reader.word("status", get_args(Status), "unverified")),
        successor=reader.text("successor"),
        source_names=tuple(str(item) for item in reader.items("source_names")),
        notes=(reader.text("notes", "") or "").strip(),
        rendering=cast("Rendering", reader.word("rendering", get_args(Rendering), "plain")),
        wait_for=reader.text("wait_for", "") or "",
        attachments=reader.flag("attachments", True),
        images=reader.flag("images"),
        last_chance=cast("LastChance", reader.word("last_chance", get_args(LastChance), "suggest")),
        file=path,
        lines=reader.lines,
    )


def _date(reader: Fields, name: str, value: object, word: str) -> datetime.date | None:
    if isinstance(value, datetime.date | None) and not isinstance(value, datetime.datetime):
        return value
    raise reader.error(name, f"{word} {value!r} is not a date (YYYY-MM-DD)")


def _hosts(reader: Fields) -> tuple[Host, ...]:
    hosts: list[Host] = []
    for index, item in enumerate(reader.items("hosts")):
        place = f"hosts.{index}"
        row = {"host": item} if isinstance(item, str) else item
        if not isinstance(row, dict) or set(row) - {"host", "valid_from", "valid_to"}:
            raise reader.error(place, "a host is a name, or {host, valid_from, valid_to}")
        name = str(row.get("host", "")).lower()
        if not _HOST.fullmatch(name):
            raise reader.error(place, f"{name!r} is not a host name")
        spans = [_date(reader, place, row.get(word), word) for word in ("valid_from", "valid_to")]
        if spans[0] and spans[1] and spans[0] > spans[1]:
            raise reader.error(place, f"{name}: valid_from is after valid_to")
        if name in (host.name for host in hosts):
            raise reader.error(place, f"the host {name} is written twice")
        hosts.append(Host(name, spans[0], spans[1]))
    if not hosts:
        raise reader.error("hosts", "a portal needs at least one host")
    return tuple(hosts)


def _seeds(reader: Fields, hosts: tuple[Host, ...]) -> tuple[Seed, ...]:
    seeds = []
    names = {host.name.removeprefix("www.") for host in hosts}
    for index, item in enumerate(reader.items("seeds")):
        place = f"seeds.{index}"
        row = {"url": item} if isinstance(item, str) else item
        if not isinstance(row, dict) or set(row) - {"url", "category"} or not isinstance(row.get("url"), str):
            raise reader.error(place, "a seed is a URL, or {url, category}")
        parts = urlsplit(row["url"])
        if parts.scheme not in ("http", "https") or parts.netloc.lower().removeprefix("www.") not in names:
            raise reader.error(place, f"{row['url']!r} is not an http(s) URL on a host of this portal")
        seeds.append(Seed(row["url"], str(row.get("category", ""))))
    return tuple(seeds) or (Seed(f"https://{hosts[0].name}/"),)


def _section(reader: Fields, name: str, check: Callable[[object], bool], what: str) -> dict[str, Any]:
    value = reader.values.get(name, {})
    if not isinstance(value, dict) or not check(value):
        raise reader.error(name, f"{name} {what}")
    return value


def _politeness(reader: Fields) -> Politeness:
    known = {"delay_s", "quiet_hours", "max_requests_per_day", "contact", "insecure_tls"}
    row = _section(
        reader, "politeness", lambda value: isinstance(value, dict) and set(value) <= known, f"takes {known}"
    )
    delay = row.get("delay_s")
    if delay is not None and (not isinstance(delay, int | float) or isinstance(delay, bool) or delay < 0):
        raise reader.error("politeness.delay_s", f"delay_s {delay!r} is not a number of seconds")
    quiet = row.get("quiet_hours")
    if quiet is not None and not _QUIET.fullmatch(str(quiet)):
        raise reader.error("politeness.quiet_hours", f"quiet_hours {quiet!r} is not HH:MM-HH:MM")
    if row.get("insecure_tls", "allow") not in ("allow", "refuse"):
        raise reader.error("politeness", "insecure_tls is allow or refuse")
    return Politeness(**{**row, "delay_s": None if delay is None else float(delay)})


def _expect(reader: Fields) -> dict[str, dict[str, float]]:
    row = _section(reader, "expect", lambda value: isinstance(value, dict), "is {min: {…}, max: {…}}")
    for side, bounds in row.items():
        if side not in ("min", "max") or not isinstance(bounds, dict):
            raise reader.error("expect", "expect is {min: {…}, max: {…}}")
        for what, bound in bounds.items():
            if what not in MEASURES:
                raise reader.error(
                    f"expect.{side}", f"{what!r} is nothing to expect; known are {', '.join(MEASURES)}"
                )
            if not isinstance(bound, int | float) or isinstance(bound, bool):
                raise reader.error("expect", f"{side} {what} {bound!r} is not a number")
    return row


def _evidence(reader: Fields) -> tuple[Evidence, datetime.date | None, str]:
    row = reader.values.get("evidence")
    form = "evidence is {kind: seen|listed|believed, noted_on: YYYY-MM-DD, what: words}"
    # YAML reads a bare `on` as true: the day has a longer name, and the short one is refused.
    if not isinstance(row, dict) or set(row) - {"kind", "noted_on", "what"}:
        raise reader.error("evidence", form)
    if row.get("kind") not in ("seen", "listed", "believed") or not row.get("what"):
        raise reader.error("evidence", form)
    return row["kind"], _date(reader, "evidence.noted_on", row.get("noted_on"), "noted_on"), str(row["what"])
