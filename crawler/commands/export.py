"""`khocong export`: the archive, or what a search finds in it, in the forms that others read."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import click

from archive.commands.common import Console, common_options, examples
from archive.errors import KhoCongError, UsageError
from archive.export import Selection, select
from archive.reading import Archive
from archive.remote import is_address, is_empty, send
from crawler import registry


class Format(NamedTuple):
    """How a format is written: `kind` is "stream" (stdout or a file), "file" or "folder"."""

    kind: str
    noun: str
    help: str


# The order is that of --help: what most people want comes first.
FORMATS = {
    "jsonl": Format("stream", "articles", "everything of each article, one JSON object a line"),
    "csv": Format("stream", "articles", "a table for spreadsheets; no cell is ever a formula"),
    "parquet": Format("folder", "articles", "by portal and year, for DuckDB, Spark and pandas"),
    "sqlite": Format("folder", "articles", "an archive.db of its own"),
    "atom": Format("stream", "entries", "a feed of the newest 100"),
    "rss": Format("stream", "items", "the same as RSS 2.0"),
    "cdxj": Format("stream", "lines", "the index that replay tools read"),
    "wacz": Format("file", "captures", "captures, index and pages in one file for replay tools"),
    "bagit": Format("folder", "files", "the whole archive as an archival package (OAIS AIP)"),
    "html": Format("folder", "articles", "a static site that needs no server"),
    "redirects-nginx": Format("stream", "redirects", "an nginx map from old URLs to permalinks"),
    "redirects-csv": Format("stream", "redirects", "the same as a table"),
    "timemap": Format("stream", "mementos", "Memento TimeMap of --url"),
}


@click.command(
    epilog=examples(
        "khocong export jsonl --output bai-viet.jsonl",
        "khocong export parquet --output s3://kho/parquet",
        "khocong export csv 'doc:33/CT-TTg year:2022' > chi-thi-33.csv",
        "khocong export wacz 'portal:chaudoc-angiang' --output chaudoc.wacz",
        "khocong export redirects-nginx --base https://kho.example.vn > cu.conf",
    )
)
@click.argument("format", type=click.Choice(list(FORMATS)), metavar="FORMAT")
@click.argument("words", nargs=-1, metavar="[WORDS]")
@click.option("--output", "-o", "to", metavar="PATH|s3://…", help="Where to write.")
@click.option("--base", default="http://127.0.0.1:8001", show_default=True, metavar="URL",
              help="Where the archive is served, for permalinks.")  # fmt: skip
@click.option("--url", metavar="URL", help="The URL a TimeMap is about.")
@common_options
def export(
    format: str,
    words: tuple[str, ...],
    to: str | None,
    base: str,
    url: str | None,
    archive_dir: Path,
    as_json: bool,
) -> int:
    """Write the articles WORDS find, in the language of `khocong search`; all without words.

    \b
    Formats:
      jsonl csv parquet sqlite     for programs, spreadsheets, DuckDB, SQL
      atom rss html                to read
      cdxj wacz bagit timemap      for web archives
      redirects-nginx redirects-csv  to lead dead URLs here
    """
    form = FORMATS[format]
    output = Path(to) if to is not None and not is_address(to) else None
    if form.kind != "stream" and to is None:
        raise UsageError(f"{format} needs --output: name the {form.kind} to write")
    if to is not None and output is None and form.kind != "folder":
        raise UsageError(f"only what makes a folder goes to {to}; write {format} here and send it")
    with Archive(archive_dir) as archive:
        selection = select(archive, " ".join(words))
        if form.kind == "stream":
            count = _stream(format, selection, output, base, url)
        elif output is not None:
            count = _write(format, selection, output)
        elif to is not None:
            count = _write_there(format, selection, to)
    console = Console()
    where = to or "stdout"
    if as_json and to is not None:
        console.json({"format": format, "output": where, form.noun: count})
    else:
        console.note(f"{count} {form.noun} → {where}")
    return 0


def _stream(format: str, selection: Selection, output: Path | None, base: str, url: str | None) -> int:
    if output is None:
        return _write_stream(format, selection, sys.stdout.buffer, base, url)
    # A file appears whole or not at all.
    part = output.with_name(f"{output.name}.part")
    try:
        with part.open("wb") as out:
            count = _write_stream(format, selection, out, base, url)
        part.replace(output)
    except OSError as error:
        raise KhoCongError(
            f"cannot write {output}: {error.strerror}; free some space or name another"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_stream(format: str, selection: Selection, out: IO[bytes], base: str, url: str | None) -> int:
    from archive.export import cdxj, feeds, redirects, tables, timemap

    if format == "timemap":
        if url is None:
            raise UsageError("a TimeMap is about one URL: add --url")
        try:
            found = timemap.mementos(selection.connection, url)
        except ValueError as error:
            raise UsageError(f"{url!r} is not a URL: {error}") from error
        out.write(timemap.link_format(url, found, base).encode())
        return len(found)
    writers: dict[str, Callable[..., int]] = {
        "jsonl": tables.write_jsonl,
        "csv": tables.write_csv,
        "atom": feeds.write_atom,
        "rss": feeds.write_rss,
        "cdxj": cdxj.write_cdxj,
    }
    if format in writers:
        return writers[format](selection, out)
    mapped = redirects.write_nginx_map if format == "redirects-nginx" else redirects.write_redirects_csv
    return mapped(selection, out, base)


def _write_there(format: str, selection: Selection, address: str) -> int:
    """Write a folder beside the archive's temporary files, then send it to a storage."""
    if not is_empty(address):
        raise UsageError(f"{address} is in use; name a new folder")
    with tempfile.TemporaryDirectory(prefix="khocong-") as name:
        count = _write(format, selection, Path(name))
        send(Path(name), address)
    return count


def _write(format: str, selection: Selection, output: Path) -> int:
    from archive.export import bag, parquet, site, subset, wacz

    if format == "wacz":
        part = output.with_name(f"{output.name}.part")
        try:
            count = wacz.write_wacz(selection, part)
            part.replace(output)
        finally:
            part.unlink(missing_ok=True)
        return count
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UsageError(f"{output} is in use; name a new folder")
    output.mkdir(parents=True, exist_ok=True)
    writers: dict[str, Callable[[Selection, Path], Any]] = {
        "parquet": parquet.write_parquet,
        "sqlite": subset.write_subset,
        "html": site.write_site,
    }
    if format == "bagit":
        return bag.write_bag(selection, output, registry.FOLDER)
    return int(writers[format](selection, output))
