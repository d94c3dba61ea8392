"""`khocong sql`: one read-only query, limited in time and rows."""

import csv
import io
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from archive.commands.common import Console, common_options, examples
from archive.errors import KhoCongError, UsageError

# Checked every so many steps of SQLite's machine: about a millisecond.
_STEPS = 20_000


@click.command(
    epilog=examples(
        "khocong sql 'SELECT portal, count(*) FROM articles_flat GROUP BY portal'",
        "khocong sql \"SELECT url FROM articles_flat WHERE rests_on = '33/CT-TTg'\" --csv",
        "khocong sql - < query.sql",
        "khocong sql --dictionary",
    )
)
@click.argument("query", required=False)
@click.option("--dictionary", is_flag=True, help="Print what every table and column holds, as Markdown.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True, help="Rows at most.")
@click.option(
    "--timeout", type=click.FloatRange(0.01), default=30.0, show_default=True, help="Seconds at most."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@common_options
def sql(
    query: str | None,
    dictionary: bool,
    limit: int,
    timeout: float,
    as_csv: bool,
    archive_dir: Path,
    as_json: bool,
) -> None:
    """Run one SQL query (- reads it from stdin). The archive is opened for reading only.

    articles_flat has one row an article; the function vn_fold(text) takes marks off.
    """
    from archive.database import open_archive

    if query is None and not dictionary:
        raise UsageError("which query? khocong sql 'SELECT …', - for stdin, or --dictionary for the tables")
    db = open_archive(archive_dir, write=False)
    try:
        if dictionary or query is None:
            from archive.web.describing import dictionary as described

            click.echo(described(db), nl=False)
            return
        columns, rows = run_query(
            db.conn, sys.stdin.read() if query == "-" else query, limit=limit, timeout=timeout
        )
    finally:
        db.close()
    console = Console()
    if len(rows) > limit:
        rows = rows[:limit]
        console.note(f"only the first {limit} rows are shown; --limit asks for more")
    if as_json:
        console.json([dict(zip(columns, row, strict=True)) for row in rows])
    elif as_csv:
        made = io.StringIO()
        writer = csv.writer(made, lineterminator="\n")
        writer.writerows([columns, *rows])
        click.echo(made.getvalue(), nl=False)
    else:
        console.table(columns, rows)


def run_query(
    conn: sqlite3.Connection, query: str, *, limit: int, timeout: float
) -> tuple[list[str], list[Sequence[object]]]:
    """Return the columns and up to *limit* + 1 rows of *query*; raise KhoCongError for what fails.

    *conn* must be read-only already. Bytes come back as hexadecimal text.
    """
    deadline = time.monotonic() + timeout
    conn.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    # ATTACH would read (and make) any file of the machine.
    conn.set_authorizer(_refuse)
    try:
        cursor = conn.execute(query)
        if cursor.description is None:
            raise UsageError("the query returns no rows; khocong sql only reads")
        columns = [entry[0] for entry in cursor.description]
        rows: list[Sequence[object]] = [[_shown(cell) for cell in row] for row in cursor.fetchmany(limit + 1)]
    except (sqlite3.Error, sqlite3.Warning) as error:
        if str(error) == "interrupted":
            raise KhoCongError(f"the query took longer than {timeout:g} s; --timeout allows more") from error
        if "not authorized" in str(error) or "readonly" in str(error):
            raise UsageError("khocong sql only reads: no writing, ATTACH or PRAGMA") from error
        raise UsageError(f"SQL: {error}") from error
    except (ValueError, OverflowError) as error:
        raise UsageError(f"SQL: {error}") from error
    finally:
        conn.set_progress_handler(None, 0)
        conn.set_authorizer(None)
    return columns, rows


# The connection can write nothing; these would reach beyond it (ATTACH reads and makes any file of the
# machine) or loosen it.
_REFUSED = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH, sqlite3.SQLITE_TRANSACTION})
# FTS5 itself asks for data_version; the others describe the schema.
_LOADERS = frozenset({"load_extension", "fts3_tokenizer"})  # the second tells where our memory stands
_PRAGMAS = frozenset({"data_version", "table_info", "table_xinfo", "table_list", "index_list", "index_info"})


def _refuse(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    if action in _REFUSED or (action == sqlite3.SQLITE_PRAGMA and (first or "").lower() not in _PRAGMAS):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _LOADERS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _shown(cell: object) -> object:
    return cell.hex() if isinstance(cell, bytes) else cell
