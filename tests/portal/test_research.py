"""For those who ask in SQL: the worked queries run as they stand, and the dictionary says what is there."""

import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from shutil import which

import pytest

from tests.portal.crawling import ROOT
from tests.portal.foreign_files import Warc, page
from tests.portal.test_ingest import ingest

QUERIES = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "queries.md").read_text("utf-8"), re.DOTALL)
CHAU_DOC, AN_GIANG = "http://chaudoc.angiang.gov.vn", "http://angiang.gov.vn"
LONG = (
    "Triển khai Chỉ thị số 33/CT-TTg ngày 26/11/2021 của Thủ tướng Chính phủ, các phòng chuyên môn rà soát"
    " thủ tục, công khai thời hạn giải quyết và lịch tiếp công dân tại trụ sở.",
    "Các phường báo cáo kết quả trước ngày 20 hằng tháng; Văn phòng tổng hợp, trình lãnh đạo xem xét, khen"
    " thưởng tập thể và cá nhân có cách làm hay, được người dân ghi nhận.",
    "Người dân có thể phản ánh qua đường dây nóng hoặc hộp thư góp ý đặt tại bộ phận tiếp nhận và trả"
    " kết quả.",
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    """A city's and a province's portal: one text on both, one edited, directives cited, a source named."""
    folder = tmp_path_factory.mktemp("research")
    warc = Warc()
    for number in range(4):
        more = (
            f"Thông tin thêm số {number} về phiên họp tháng {number + 1} của Hội đồng.",
            "Nguồn: Báo An Giang",
        )
        url = f"{CHAU_DOC}/tin/bai-{number}.html"
        warc.add(url, page(f"Phiên họp thứ {number} của thành phố", *more), "2022-02-01T00:00:00Z")
    for host in (CHAU_DOC, AN_GIANG):
        warc.add(
            f"{host}/tin/dan-van.html", page("Đẩy mạnh dân vận chính quyền", *LONG), "2022-02-02T00:00:00Z"
        )
    edited = page("Phiên họp thứ 1 của thành phố", "Đính chính: phiên họp lùi một ngày.")
    warc.add(f"{CHAU_DOC}/tin/bai-1.html", edited, "2022-03-01T00:00:00Z")
    ingest(folder / "kho", warc.save(folder / "a.warc.gz"), "--workers", 0)
    done = khocong("duplicates", "--update", "--archive", folder / "kho")
    assert done.returncode == 0, done.stderr
    return folder / "kho"


def khocong(*words: object, stdin: str | None = None) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *map(str, words)], cwd=ROOT, input=stdin, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


def test_there_are_ten() -> None:
    assert len(QUERIES) == 10


@pytest.mark.parametrize("number", range(10))
def test_a_worked_query_runs_in_plain_sqlite_and_answers(archive, number) -> None:
    with closing(sqlite3.connect(f"file:{archive / 'archive.db'}?mode=ro", uri=True)) as plain:
        rows = plain.execute(QUERIES[number]).fetchall()
    assert rows, QUERIES[number]
    done = khocong("sql", "-", "--csv", "--archive", archive, stdin=QUERIES[number])
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") >= len(rows) + 1


@pytest.fixture(scope="module")
def duck(archive):
    """The archive attached to DuckDB; its extension for SQLite is no part of DuckDB, and may be missing."""
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    try:
        connection.execute("SET autoinstall_known_extensions = false")
        package = find_spec("duckdb_extension_sqlite_scanner")
        if package is not None and package.submodule_search_locations:
            folder = Path(package.submodule_search_locations[0]) / "extensions" / f"v{duckdb.__version__}"
            connection.execute(f"LOAD '{folder / 'sqlite_scanner.duckdb_extension'}'")
        else:
            connection.execute("LOAD sqlite")
    except duckdb.Error as error:
        connection.close()
        pytest.skip(f"DuckDB's extension for SQLite is not here: {str(error).splitlines()[0]}")
    connection.execute(f"ATTACH '{archive / 'archive.db'}' AS kho (TYPE sqlite, READ_ONLY)")
    connection.execute("USE kho")
    yield connection
    connection.close()


@pytest.mark.parametrize("number", range(10))
def test_a_worked_query_runs_in_duckdb_and_says_the_same(archive, duck, number) -> None:
    with closing(sqlite3.connect(f"file:{archive / 'archive.db'}?mode=ro", uri=True)) as plain:
        rows = plain.execute(QUERIES[number]).fetchall()
    # What has no order of its own may come in another.
    assert sorted(map(repr, map(plainly, duck.execute(QUERIES[number]).fetchall()))) == sorted(
        map(repr, map(plainly, rows))
    )


def plainly(row):
    """The values as words: a column that a view computes is text to DuckDB, a truth is no number."""
    return [str(int(one) if isinstance(one, bool) else one) for one in row]


# In these SQLite's JSON gives text, and DuckDB's JSON.
ONLY_SQLITE = {"field_provenance", "removed_blocks", "articles_indexed"}


def test_every_table_and_view_for_people_can_be_read_in_duckdb(archive, duck) -> None:
    with closing(sqlite3.connect(archive / "archive.db")) as plain:
        names = [
            name
            for (name,) in plain.execute(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'view')"
                " AND name NOT LIKE 'sqlite%'"
            )
        ]
    unread = {}
    for name in names:
        try:
            duck.execute(f'SELECT * FROM kho."{name}"').fetchall()
        except Exception as error:  # whatever DuckDB finds
            unread[name] = str(error).splitlines()[0]
    assert set(unread) <= ONLY_SQLITE, unread


@pytest.mark.skipif(which("sqlite3") is None, reason="the program sqlite3 is not installed")
@pytest.mark.parametrize("number", range(10))
def test_a_worked_query_runs_in_the_sqlite3_program(archive, number) -> None:
    done = subprocess.run(
        ["sqlite3", "-readonly", "-json", str(archive / "archive.db"), QUERIES[number]], capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)


def test_the_dictionary_is_that_of_the_schema(archive) -> None:
    done = khocong("sql", "--dictionary", "--archive", archive)
    assert done.stdout == (ROOT / "docs" / "data-dictionary.md").read_text("utf-8"), (
        "run khocong sql --dictionary > docs/data-dictionary.md"
    )
    assert re.findall(r"^\| `\w+` \| \w* \|\s+\|$", done.stdout, re.MULTILINE) == [], (
        "a column nobody described"
    )
