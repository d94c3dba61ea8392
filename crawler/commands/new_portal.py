"""`khocong new-portal URL`: look at a site, politely and once, and write its registry file."""

import datetime
import re
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import click
from lxml.html import HtmlElement

from archive import jurisdictions
from archive.commands.common import Console, common_options, examples
from archive.errors import KhoCongError, UsageError
from archive.vietnamese.fold import fold
from crawler import registry
from crawler.charset import decode
from crawler.dom import EmptyPage, find_value, parse
from crawler.links import Scope, make_link
from crawler.platforms import recognise
from crawler.registry_file import read_config

# robots.txt, a redirect or two, the front page.
_MOST_REQUESTS = 5
_FRONT_PAGE = """
    SELECT url, warc_file, warc_offset FROM captures
    WHERE status = 200 AND mime LIKE '%html%' ORDER BY length(url), captured_at LIMIT 1
"""
_SITE_NAME = ("//meta[@property='og:site_name']/@content", "//title")
_FRONT = re.compile(
    r"(?i)^(?:trang chủ|trang nhất|home|homepage)\s?[-–|»:]\s?"
    r"|\s?[-–|»:]\s?(?:trang chủ|trang nhất|home)$"
)


# What menus call the lists an archive begins with, and our words for them.
_CATEGORIES = (
    (re.compile(r"tin tuc|tin moi|tin hoat dong|thoi su|su kien"), "tin_tuc"),
    (re.compile(r"thong bao|thong tin can biet"), "thong_bao"),
    (re.compile(r"chi dao,? dieu hanh"), "chi_dao_dieu_hanh"),
    (re.compile(r"van ban|nghi quyet|quyet dinh"), "van_ban"),
)
_MOST_SEEDS = 8
_LONGEST_LABEL = 60
# "Trang thông tin điện tử thành phố Châu Đốc", "Cổng TTĐT Sở Nội vụ tỉnh An Giang": whose it is follows.
_E_PORTAL = re.compile(
    r"^(?:cổng|trang|website|trang web)(?:\s+(?:ttđt|ttgtđt|thông tin(?: và giao tiếp)? điện tử"
    r"|giao tiếp điện tử|thành phần))?(?:\s+của)?\s+(?=\S)",
    re.IGNORECASE,
)
_RANKED = re.compile(
    r"^(?:tỉnh|thành phố|tp\.?|quận|huyện|thị xã|xã|phường|thị trấn|đặc khu)\s", re.IGNORECASE
)
_ORGAN = re.compile(
    r"^(?:sở|ban|phòng|ubnd|ủy ban|uỷ ban|hội|đảng|thành ủy|huyện ủy|tỉnh ủy|văn phòng)\s", re.IGNORECASE
)
_PLACE = re.compile(
    r"(?:tỉnh|thành phố|tp\.?|quận|huyện|thị xã|xã|phường|thị trấn)\s+[^,–|-]+", re.IGNORECASE
)


class Look(NamedTuple):
    """What a look at the front page told: where it ended, what it calls itself, its CMS, its main lists.

    `seeds` are (URL, our word for what it lists).
    """

    url: str
    name: str
    platform: str
    sure: float
    seeds: tuple[tuple[str, str], ...] = ()


@click.command(
    name="new-portal",
    epilog=examples(
        "khocong new-portal https://example.gov.vn/", "khocong new-portal example.gov.vn --write"
    ),
)
@click.argument("url")
@click.option("--write", is_flag=True, help="Put the file into the registry instead of printing it.")
@click.option("--allow-private", is_flag=True, help="Allow loopback and private addresses.")
@common_options
def new_portal(url: str, write: bool, allow_private: bool, archive_dir: Path, as_json: bool) -> None:
    """Fetch the front page of URL and write the registry file of its portal: name, hosts, platform, unit.

    What cannot be seen is left out, for a person to fill in.
    """
    known = registry.find(url)
    if known is not None:
        raise UsageError(f"{url} is in the registry already, as {known.key}: {known.file}")
    registry.resolve(url)
    look = look_at(url, allow_private=allow_private)
    key, text = proposal(look, datetime.datetime.now(datetime.UTC).date())
    console = Console()
    if write:
        path = place_file(key, text)
        console.json({"portal": key, "file": str(path)}) if as_json else console.line(str(path))
    elif as_json:
        console.json({"portal": key, "platform": look.platform, "name": look.name, "yaml": text})
    else:
        click.echo(text, nl=False)
        console.note(f"--write puts this into {registry.FOLDER}")


def look_at(url: str, *, allow_private: bool = False) -> Look:
    """Fetch the front page as a crawl of a few requests would; raise KhoCongError where none answers."""
    # A crawl of its own, so that robots.txt, pacing and the checks of addresses hold here as well.
    from archive.database import open_archive
    from archive.warc.reader import file_in, read_record
    from crawler import run

    with tempfile.TemporaryDirectory(prefix="khocong-") as folder:
        given = {"max_requests": _MOST_REQUESTS, "workers": 0, "allow_private": "1" if allow_private else ""}
        run.crawl([url], Path(folder), given)
        db = open_archive(Path(folder), write=False)
        try:
            rows = list(db.query(_FRONT_PAGE))
        finally:
            db.close()
        if not rows:
            raise KhoCongError(
                f"{url} gave no page to look at; try it in a browser, or write the file by hand"
            )
        row = rows[0]
        record = read_record(file_in(Path(folder) / "warc", row["warc_file"]), row["warc_offset"])
        return read_look(row["url"], decode(record.body(), record.header("Content-Type")).text)


def read_look(url: str, text: str) -> Look:
    """Return what the decoded front page at *url* tells."""
    try:
        tree: HtmlElement = parse(text)
    except EmptyPage as error:
        raise KhoCongError(f"{url} answered an empty page: {error}") from error
    platform, sure = recognise(tree, url, text)
    name = _FRONT.sub("", find_value(tree, _SITE_NAME)).strip()[:200]
    return Look(url, name or urlsplit(url).netloc, platform, sure, _lists(tree, url, platform))


def _lists(tree: HtmlElement, url: str, platform: str) -> tuple[tuple[str, str], ...]:
    """Return the lists of news, notices and documents that the front page links by name."""
    scope = Scope(None, url)
    found: dict[str, tuple[str, str]] = {}
    for node in tree.iter("a"):
        label = " ".join(fold(node.text_content()).split())
        if not label or len(label) > _LONGEST_LABEL:
            continue
        category = next((word for form, word in _CATEGORIES if form.search(label)), None)
        if category is None:
            continue
        try:
            link = make_link(urljoin(url, (node.get("href") or "").strip()), platform, scope)
        except ValueError:
            continue
        if link is not None and link.state == "pending" and link.kind in ("listing", "page"):
            found.setdefault(link.urlkey, (link.fetch_url or link.url, category))
    front = make_link(url, platform, scope)
    found.pop(front.urlkey if front else "", None)
    return tuple(found.values())[:_MOST_SEEDS]


def proposal(look: Look, today: datetime.date) -> tuple[str, str]:
    """Return the key and the text of a registry file for what was seen."""
    host = urlsplit(look.url).netloc.lower()
    bare = host.removeprefix("www.")
    key = re.sub(r"[^a-z0-9-]+", "-", re.sub(r"(?:\.gov)?\.vn$", "", bare)).strip("-")
    unit, organ = _unit_of(bare, look.name), organ_of(look.name)
    lines = [f"name: {_quoted(look.name)}"]
    if unit:
        lines.append(f"jurisdiction: {unit}")
    if organ:
        lines.append(f"organ: {_quoted(organ)}")
    if look.platform != "generic":
        lines.append(f"platform: {look.platform}")
    seen = f"its front page was fetched (platform recognised with {look.sure:.2f})"
    lines += [
        "hosts:",
        f"  - {bare}",
        *([f"  - {host}"] if host != bare else []),
        "seeds:",
        f"  - {_quoted(look.url)}",
        *(f"  - {{url: {_quoted(seed)}, category: {word}}}" for seed, word in look.seeds),
        "evidence:",
        "  kind: seen",
        f"  noted_on: {today.isoformat()}",
        f"  what: {_quoted(seen)}",
    ]
    if guessed := [word for word, value in (("jurisdiction", unit), ("organ", organ)) if value]:
        lines.append(
            f'notes: "{" and ".join(guessed)} guessed from the host and the name; for a person to check"'
        )
    return key, "\n".join(lines) + "\n"


def place_file(key: str, text: str, folder: Path | None = None) -> Path:
    """Write a registry file beside those of its province, checked before it stays; return its path."""
    root = folder or registry.FOLDER
    found = re.search(r"^ {2}- (\S+)$", text, re.MULTILINE)
    owner = _province_portal(found[1]) if found else None
    path = root / (owner or "unplaced") / f"{key}.yml"
    if path.exists():
        raise UsageError(f"{path} exists; change it by hand")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    try:
        read_config(path)
    except KhoCongError:
        path.unlink()
        raise
    return path


def _province_portal(host: str) -> str | None:
    """Return the key of the provincial portal whose domain *host* lies under."""
    labels = host.split(".")
    for start in range(1, len(labels) - 1):
        config = registry.find(".".join(labels[start:]))
        if config is not None and config.file.parent.name == config.key:
            return config.key
    return None


def _unit_of(host: str, name: str) -> str | None:
    """Return the unit a host under a provincial domain most likely speaks for.

    A place named in *name* that is known under that province; else today's province itself.
    """
    owner = _province_portal(host)
    config = registry.find(owner) if owner else None
    today = datetime.datetime.now(datetime.UTC).date()
    if config is None or config.jurisdiction is None:
        # Without a province's domain only a name that no other unit has says where the portal is.
        found = {one.key for place in _PLACE.findall(name) for one in jurisdictions.units_named(place)}
        return found.pop() if len(found) == 1 else None
    province = jurisdictions.at(config.jurisdiction, today)
    within = jurisdictions.below(
        {config.jurisdiction, *((province.key,) if province else ())}
        | ({one.key for one in jurisdictions.predecessors(province.key)} if province else set())
    )
    for place in _PLACE.findall(name):
        known = [one for one in jurisdictions.units_named(place) if one.key in within]
        smaller = [one for one in known if one.level not in jurisdictions.PROVINCIAL]
        if smaller:
            return smaller[0].key
    return province.key if province else None


def organ_of(name: str) -> str | None:
    """Return whose portal it is, by what it calls itself; None where its name does not say.

    >>> organ_of("Trang thông tin điện tử thành phố Châu Đốc")
    'Ủy ban nhân dân thành phố Châu Đốc'
    >>> organ_of("Cổng thông tin điện tử Sở Nội vụ")
    'Sở Nội vụ'
    """
    owner = _E_PORTAL.sub("", name.strip())
    if owner == name.strip() and not _ORGAN.match(owner):
        return None
    if _RANKED.match(owner):
        return f"Ủy ban nhân dân {owner}"
    return owner if _ORGAN.match(owner) else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
