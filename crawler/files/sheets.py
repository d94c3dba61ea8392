"""XLSX and XLS: each sheet under its name, one line a row, cells joined as in the tables of articles."""

import io
import time
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from datetime import time as clock

import openpyxl
import xlrd

from crawler.files.recognise import check_zip
from crawler.files.text import FileFault, Found

MAX_ROWS = 100_000
# A sheet may announce 16,384 columns and fill three.
MAX_CELLS_A_ROW = 200
_MOST_BYTES = 256 * 2**20
_CELL_BORDER = " | "


def read_xlsx(body: bytes, deadline: float) -> Found:
    """Return the values as last calculated, until *deadline*."""
    check_zip(body, _MOST_BYTES)
    book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)
    try:
        sheets = [(sheet.title, sheet.iter_rows(values_only=True)) for sheet in book.worksheets]
        return _joined(sheets, deadline)
    finally:
        book.close()


def read_xls(body: bytes, deadline: float) -> Found:
    """Return the values of an Excel 97 workbook, until *deadline*."""
    try:
        book = xlrd.open_workbook(file_contents=body, on_demand=True, logfile=io.StringIO())
    except xlrd.XLRDError as error:
        state = "protected" if "encrypt" in str(error).lower() else "corrupt"
        raise FileFault(state, str(error)) from error  # type: ignore[arg-type]  # one of the two words
    with book:
        return _joined([(name, _xls_rows(book, name)) for name in book.sheet_names()], deadline)


def _xls_rows(book: xlrd.Book, name: str) -> Iterator[list[object]]:
    sheet = book.sheet_by_name(name)
    for number in range(sheet.nrows):
        yield [
            _as_date(cell.value, book.datemode) if cell.ctype == xlrd.XL_CELL_DATE else cell.value
            for cell in sheet.row(number)[:MAX_CELLS_A_ROW]
        ]
    book.unload_sheet(name)


def _as_date(value: float, datemode: int) -> object:
    try:
        return xlrd.xldate_as_datetime(value, datemode)
    except (ValueError, OverflowError, xlrd.XLDateError):
        return value


def _joined(sheets: list[tuple[str, Iterable[Iterable[object]]]], deadline: float) -> Found:
    lines: list[str] = []
    rows = 0
    for title, found in sheets:
        lines.append(title)
        for row in found:
            rows += 1
            cells = [_shown(value) for _, value in zip(range(MAX_CELLS_A_ROW), row, strict=False)]
            while cells and not cells[-1]:
                cells.pop()
            if any(cells):
                lines.append(_CELL_BORDER.join(cells))
            if rows >= MAX_ROWS or (rows % 200 == 0 and time.monotonic() > deadline):
                return Found("\n".join(lines), len(sheets), notes=(f"the first {rows:,} rows",))
    empty = len(lines) == len(sheets)
    return Found("" if empty else "\n".join(lines), len(sheets))


def _shown(value: object) -> str:
    """Return a value as a reader of the sheet would say it: days in Vietnam's order, whole numbers whole."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        day = f"{value.day:02}/{value.month:02}/{value.year}"
        return day if value.time() == clock() else f"{day} {value:%H:%M}"
    if isinstance(value, date):
        return f"{value.day:02}/{value.month:02}/{value.year}"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return " ".join(str(value).split())
