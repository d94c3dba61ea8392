"""Parquet for DuckDB, Spark and pandas: one file a portal and year, in folders they understand."""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from archive.errors import UsageError
from archive.export.selection import COLUMNS, Selection
from archive.records import Json

_ROWS = 5_000
_INTEGERS = ("article_id", "warc_offset", "warc_length")


def write_parquet(selection: Selection, folder: Path) -> int:
    """Write `portal=KEY/year=YYYY/articles.parquet` below *folder*; return how many articles.

    DuckDB reads them with `read_parquet('DIR/**/*.parquet', hive_partitioning=true)`. Dates stay text, as
    precise as the portal was. Raises UsageError where pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise UsageError("Parquet needs pyarrow: pip install 'khocong[parquet]', then ask again") from error
    kept = [name for name in COLUMNS if name not in ("portal", "article_id")]
    fields = [(name, _type(pa, name)) for name in ("article_id", *kept)]
    schema = pa.schema(fields)
    count = 0
    for (portal, year), rows in _groups(selection):
        target = folder / f"portal={portal}" / f"year={year}"
        target.mkdir(parents=True, exist_ok=True)
        with pq.ParquetWriter(target / "articles.parquet", schema, compression="zstd") as writer:
            for part in _parts(rows):
                columns = {name: [row[name] for row in part] for name, _ in fields}
                writer.write_table(pa.table(columns, schema=schema))
                count += len(part)
    return count


def _type(pa: Any, name: str) -> Any:
    if name in _INTEGERS:
        return pa.int64()
    if name == "confidence":
        return pa.float64()
    return pa.list_(pa.string()) if name == "tags" else pa.string()


def _groups(selection: Selection) -> Iterator[tuple[tuple[str, str], Iterator[Json]]]:
    """Yield the articles by portal and year. Years of one portal are gathered: a portal fits in memory."""
    for portal, rows in groupby(selection.rows(), key=lambda row: row["portal"]):
        by_year = sorted(rows, key=_year)
        for year, found in groupby(by_year, key=_year):
            yield (portal, year), found


def _year(row: Json) -> str:
    return (row["published_at"] or "unknown")[:4] if row["published_at"] else "unknown"


def _parts(rows: Iterator[Json]) -> Iterator[list[Json]]:
    part: list[Json] = []
    for row in rows:
        part.append(row)
        if len(part) == _ROWS:
            yield part
            part = []
    if part:
        yield part
