"""`khocong new-portal URL`: look at a site, politely and once, and write its registry file."""

import datetime
import re
import tempfile
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import click
from lxml.html import HtmlElement

from archive import jurisdictions
from archive.commands.common import Console, common_options, examples
from archive.errors import KhoCongError, UsageError
from crawler import registry
from crawler.charset import decode
from crawler.dom import EmptyPage, find_value, parse
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


class Look(NamedTuple):
    """What a look at the front page told: where it ended, what it calls itself, its CMS."""

    url: str
    name: str
    platform: str
    sure: float


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
    from archive.warc.reader import read_record
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
        record = read_record(Path(folder) / "warc" / row["warc_file"], row["warc_offset"])
        return read_look(row["url"], decode(record.body(), record.header("Content-Type")).text)


def read_look(url: str, text: str) -> Look:
    """Return what the decoded front page at *url* tells."""
    try:
        tree: HtmlElement = parse(text)
    except EmptyPage as error:
        raise KhoCongError(f"{url} answered an empty page: {error}") from error
    platform, sure = recognise(tree, url, text)
    name = _FRONT.sub("", find_value(tree, _SITE_NAME)).strip()[:200]
    return Look(url, name or urlsplit(url).netloc, platform, sure)


def proposal(look: Look, today: datetime.date) -> tuple[str, str]:
    """Return the key and the text of a registry file for what was seen."""
    host = urlsplit(look.url).netloc.lower()
    bare = host.removeprefix("www.")
    key = re.sub(r"[^a-z0-9-]+", "-", re.sub(r"(?:\.gov)?\.vn$", "", bare)).strip("-")
    unit = _unit_of(bare)
    lines = [f"name: {_quoted(look.name)}"]
    if unit:
        lines.append(f"jurisdiction: {unit}")
    if look.platform != "generic":
        lines.append(f"platform: {look.platform}")
    seen = f"its front page was fetched (platform recognised with {look.sure:.2f})"
    lines += [
        "hosts:",
        f"  - {bare}",
        *([f"  - {host}"] if host != bare else []),
        "seeds:",
        f"  - {_quoted(look.url)}",
        "evidence:",
        "  kind: seen",
        f"  noted_on: {today.isoformat()}",
        f"  what: {_quoted(seen)}",
    ]
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


def _unit_of(host: str) -> str | None:
    """Return today's province of a host under a provincial domain; its own unit is for people to say."""
    owner = _province_portal(host)
    config = registry.find(owner) if owner else None
    if config is None or config.jurisdiction is None:
        return None
    unit = jurisdictions.at(config.jurisdiction, datetime.datetime.now(datetime.UTC).date())
    return unit.key if unit else None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
