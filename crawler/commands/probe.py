"""`khocong probe`: one page, and what each step of reading it makes of it."""

import re
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from archive.commands.common import Console, common_options, examples
from archive.database import DATABASE_NAME, open_archive
from archive.errors import KhoCongError, UsageError
from archive.records import Article, Portal
from crawler import registry
from crawler.portals_kept import kept_portal
from crawler.probing import Probe, fetch, probe_body, read_file, rendered

_HOST_FIRST = re.compile(r"(?i)(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?(?:/.*)?")
_PAGE_FILE = re.compile(r"(?i)\.(?:x?html?|mht|txt|aspx?|php)$")


@click.command(
    epilog=examples(
        "khocong probe https://example.gov.vn/tin-tuc/bai-viet.html",
        "khocong probe page.html --url https://example.gov.vn/bai.html --html out.html",
        "khocong probe page.html --portal chaudoc-angiang --json",
    )
)
@click.argument("target", metavar="URL|FILE")
@click.option("--portal", "portal_key", metavar="KEY", help="Read it as a page of this portal.")
@click.option("--url", "file_url", metavar="URL", help="The URL of a FILE. [default: what it calls itself]")
@click.option(
    "--html", "html_out", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT",
    help="Write the page's words to OUT, kept lines green, cut ones red with the reason.",
)  # fmt: skip
@click.option("--allow-private", is_flag=True, help="Allow loopback and private addresses.")
@common_options
def probe(
    target: str,
    portal_key: str | None,
    file_url: str | None,
    html_out: Path | None,
    allow_private: bool,
    archive_dir: Path,
    as_json: bool,
) -> None:
    """Show what each step makes of one page: charset, platform, kind, every line kept or cut, the fields.

    A URL is fetched once, as a crawl would, and nothing is put into the archive. What an archive has learned
    of the portal's chrome is used: --archive names it, also while a crawl writes there.
    """
    portal = registry.resolve(portal_key) if portal_key else None
    if file_url and not _is_http(file_url):
        raise UsageError(f"--url takes an http(s) URL, not {file_url!r}")
    address = _address_of(target)
    fetched = fetch(address, allow_private=allow_private) if address else read_file(Path(target), file_url)
    portal = _as_archived(portal or _portal_at(fetched.url), archive_dir)
    result = probe_body(fetched, portal)
    if html_out is not None:
        _write(html_out, rendered(result))
    console = Console()
    if as_json:
        console.json(_as_data(result))
    else:
        _show(console, result)
    if html_out is not None:
        console.note(f"written to {html_out}")


def _is_http(word: str) -> bool:
    try:
        parts = urlsplit(word)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _address_of(target: str) -> str | None:
    """Return the URL to fetch, or None where *target* is a file. Raises UsageError where it is neither."""
    if _is_http(target):
        return target
    if "://" in target:
        raise UsageError(f"{target!r} is not an http(s) URL; only those are fetched")
    if Path(target).exists():
        return None
    if _HOST_FIRST.fullmatch(target) and ("/" in target or not _PAGE_FILE.search(target)):
        return f"https://{target}"
    raise KhoCongError(f"there is no file {target}; a page to fetch begins with http:// or https://")


def _portal_at(url: str) -> Portal:
    config = registry.find(url)
    return config.to_portal() if config is not None else registry.resolve(url)


def _as_archived(portal: Portal, archive_dir: Path) -> Portal:
    """Return the portal with what the archive knows of it; one that was named must be there."""
    context = click.get_current_context()
    named = context.get_parameter_source("archive_dir") is not ParameterSource.DEFAULT
    if not named and not (archive_dir / DATABASE_NAME).is_file():
        return portal
    with closing(open_archive(archive_dir, write=False)) as db:
        kept = kept_portal(db, portal.key)
    return replace(portal, platform=portal.platform or kept.platform, chrome=kept.chrome)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise KhoCongError(f"cannot write {path}: {error.strerror}") from error


def _as_data(result: Probe) -> dict[str, Any]:
    page = result.page
    data = {
        name: getattr(page, name) for name in ("url", "kind", "platform", "sure", "charset", "notes", "title")
    }
    data["soft_reason"] = page.soft_reason or None
    data["article"] = asdict(page.article) if page.article else None
    data["lines"] = [line._asdict() for line in result.lines]
    data["links"] = [
        {"kind": kind, "state": why, "count": count} for kind, why, count in result.link_counts()
    ]
    data["chrome_pages"] = result.chrome.pages if result.chrome else 0
    data["timings_ms"] = result.timings_ms
    return data


def _show(console: Console, result: Probe) -> None:
    page = result.page
    sure = "given" if page.sure == 1.0 else f"sure {page.sure:.2f}"
    notes = f" ({', '.join(page.notes)})" if page.notes else ""
    console.line(f"url       {page.url}")
    console.line(f"charset   {page.charset or '-'}{notes}")
    console.line(f"platform  {page.platform} ({sure})")
    if result.chrome is not None:
        console.line(f"chrome    learned from {result.chrome.pages} pages of this portal")
    console.line(f"kind      {page.kind}{f' ({page.soft_reason})' if page.soft_reason else ''}")
    console.line(f"title     {page.title}")
    if page.article is not None:
        console.line()
        console.table(("field", "value", "evidence"), _fields(page.article))
    for fate, heading in (("kept", "line kept"), ("cut", "line cut")):
        rows = [(line.why, line.text) for line in result.lines if line.fate == fate]
        if rows:
            console.line()
            console.table(("kind" if fate == "kept" else "reason", heading), rows)
    outside = sum(line.fate == "outside" for line in result.lines)
    console.line()
    console.line(f"{outside} more lines stand outside the body")
    if page.links:
        console.line()
        console.table(("links", "state", "count"), result.link_counts())
    console.line()
    console.table(("step", "ms"), result.timings_ms.items())


def _fields(article: Article) -> list[tuple[str, str, str]]:
    """Return every field that is set, with what it rests on."""
    published = f"{article.published_at} ({article.published_precision})" if article.published_at else ""
    rows = [
        ("body", f"{len(article.blocks)} lines", f"{article.method}, confidence {article.confidence:.2f}"),
        ("lead", article.lead, ""),
        ("published", published, article.published_evidence),
        ("updated", article.updated_at or "", ""),
        ("source", article.source or "", article.source_evidence),
        ("byline", article.byline or "", ""),
        ("section", article.section or "", ""),
        ("tags", ", ".join(article.tags), ""),
        ("rests on", article.rests_on or "", article.rests_on_date or ""),
        ("content id", article.content_id or "", ""),
        ("canonical", article.canonical_url, ""),
        ("next page", article.next_page or "", ""),
    ]
    rows += [("cites", citation.normal, citation.verbatim) for citation in article.citations]
    rows += [("file", item.url, item.label) for item in article.attachments]
    rows += [("image", item.url, item.caption or item.alt) for item in article.images]
    return [row for row in rows if row[1]]
