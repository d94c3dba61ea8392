"""For those who ask in SQL: the worked queries run as they stand, and the dictionary says what is there."""

import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

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


def test_the_dictionary_is_that_of_the_schema(archive) -> None:
    done = khocong("sql", "--dictionary", "--archive", archive)
    assert done.stdout == (ROOT / "docs" / "data-dictionary.md").read_text("utf-8"), (
        "run khocong sql --dictionary > docs/data-dictionary.md"
    )
    assert re.findall(r"^\| `\w+` \| \w* \|\s+\|$", done.stdout, re.MULTILINE) == [], (
        "a column nobody described"
    )
