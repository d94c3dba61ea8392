"""`khocong search`, `sql` and `reindex` on an archive folder, as typed."""

import csv
import io
import json
import sqlite3

import pytest
import written_archive

from archive.commands.common import run
from crawler.cli import cli


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written_archive.make(tmp_path_factory.mktemp("lenh") / "archive")


@pytest.fixture
def khocong(folder, capsys):
    def call(*argv, code=0, archive=folder):
        assert run(cli, "khocong", [*argv, "--archive", str(archive)]) == code
        shown = capsys.readouterr()
        return shown.out, shown.err

    return call


def test_search_prints_title_facts_snippet_and_url(khocong):
    for argv in (["chi thi 33 dan van"], ["chi", "thi", "33", "dan", "van"]):
        out, err = khocong("search", *argv)
        assert out.splitlines()[0] == (
            "1. Triển khai Chỉ thị số 33/CT-TTg về công tác dân vận trong cơ quan hành chính"
        )
        assert "2022-01-14" in out
        assert "https://chaudoc.gov.example/tin/1.html" in out
        assert err == "1–1 of 1\n"


def test_search_json_is_the_contract(khocong):
    answer = json.loads(khocong("search", "dong thap", "--json")[0])
    assert answer["total"] == 2
    assert answer["total_is_exact"] is True
    first = answer["results"][0]
    assert first["url"] == "https://dongthap.gov.example/tin/12.html"
    assert first["title"] == "Đồng Tháp lập thêm hai trạm y tế lưu động"
    assert (first["portal"], first["published_at"]) == ("dongthap", "2021-08-05T09:15:00+07:00")
    assert first["source"] == "Sở Y tế"
    assert isinstance(first["snippet"], str)


def test_search_csv_and_facets_and_paging(khocong):
    rows = list(csv.DictReader(io.StringIO(khocong("search", "dân", "--csv", "--limit", "3")[0])))
    assert len(rows) == 3
    assert rows[0]["url"].startswith("https://")
    out, _ = khocong("search", "dân", "--facets", "--limit", "1")
    assert "portal: " in out
    assert "status: live" in out
    first, _ = khocong("search", "dân", "--limit", "1")
    second, err = khocong("search", "dân", "--limit", "1", "--offset", "1")
    assert second.startswith("2. ")
    assert first[3:] != second[3:]
    assert err.startswith("2–2 of ")


def test_a_word_may_begin_with_a_minus_and_a_mistyped_option_is_said(khocong):
    out, _ = khocong("search", "dân", "-hội", "-vận")
    assert "dân vận" not in out
    _, err = khocong("search", "dân", "--limt", "3", code=2)
    assert "--limt" in err


def test_what_was_not_understood_is_said_apart_from_the_results(khocong):
    out, err = khocong("search", "Chầu đôc (")
    assert "Châu Đốc" in out
    assert "note: nothing matches with the marks as typed" in err
    assert "note: a “(” was not closed" in err
    assert khocong("search", "zzzz")[0] == "no results\n"


def test_csv_cells_are_not_formulas(tmp_path, khocong):
    folder = written_archive.make(
        tmp_path / "f", [("chaudoc", None, None, None, "=HYPERLINK(1)", "công thức nguy hiểm")]
    )
    (row,) = csv.DictReader(io.StringIO(khocong("search", "nguy hiem", "--csv", archive=folder)[0]))
    assert row["title"] == "'=HYPERLINK(1)"


def test_sql_reads_in_three_forms(khocong):
    query = "SELECT portal, count(*) AS n FROM articles_flat GROUP BY portal ORDER BY portal"
    assert khocong("sql", query)[0].splitlines()[:2] == ["portal\tn", "chaudoc\t10"]
    assert json.loads(khocong("sql", query, "--json")[0])[0] == {"portal": "chaudoc", "n": 10}
    assert khocong("sql", query, "--csv")[0].splitlines()[1] == "chaudoc,10"
    assert khocong("sql", "SELECT vn_fold('Đà Nẵng')")[0].splitlines()[1] == "da nang"
    match = "SELECT count(*) FROM articles_folded WHERE articles_folded MATCH 'dong'"
    assert khocong("sql", match)[0].splitlines()[1] == "6"
    assert khocong("sql", "SELECT x'00ff' AS b")[0].splitlines()[1] == "00ff"
    out, err = khocong("sql", "SELECT article_id FROM articles", "--limit", "3")
    assert len(out.splitlines()) == 4
    assert "only the first 3 rows" in err


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM articles",
        "CREATE TABLE x(y)",
        "CREATE TEMP TABLE x(y)",
        "ATTACH 'other.db' AS other",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = DELETE",
        "SELECT load_extension('x')",
        "SELECT 1; SELECT 2",
        "BEGIN",
        "SELEC",
        "",
        "SELECT \x00",
        "INSERT INTO articles_folded(articles_folded) VALUES ('rebuild')",
    ],
)
def test_sql_only_reads(khocong, folder, query):
    out, err = khocong("sql", query, code=2)
    assert out == ""
    assert err.startswith("khocong: ")
    assert err.count("\n") == 1
    with sqlite3.connect(folder / "archive.db") as conn:
        assert conn.execute("SELECT count(*) FROM articles").fetchone() == (40,)


def test_sql_is_limited_in_time(khocong):
    endless = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT count(*) FROM t"
    _, err = khocong("sql", endless, "--timeout", "0.2", code=1)
    assert "longer than 0.2 s" in err


def test_reindex_finds_and_repairs_damage(tmp_path, khocong):
    folder = written_archive.make(tmp_path / "hong")
    assert khocong("reindex", "--check", archive=folder)[0] == "the indexes are sound\n"
    with sqlite3.connect(folder / "archive.db") as conn:
        conn.execute("INSERT INTO articles_folded(articles_folded) VALUES ('rebuild')")
    out, _ = khocong("reindex", "--check", archive=folder, code=1)
    assert "indexed with đ" in out
    assert "run `khocong reindex`" in out
    assert khocong("reindex", archive=folder)[0] == "indexed 40 articles\n"
    assert json.loads(khocong("reindex", "--check", "--deep", "--json", archive=folder)[0])["problems"] == []


def test_several_archives_answer_as_one(khocong, tmp_path):
    row = written_archive.ARTICLES[0]
    other = written_archive.make(tmp_path / "khac", [("danang", *row[1:])], written_archive.PORTALS)
    found = json.loads(khocong("search", "33/CT-TTg", "--across", str(other), "--json")[0])
    (hit, *_) = found["results"]
    assert (found["total"], found["folded"], hit["also_portals"]) == (2, 1, 1)
    assert hit["archive"] == str(other) or hit["copies"][0]["portal"] == "danang"
    out, err = khocong("search", "33/CT-TTg", "--across", str(other))
    assert "also on 1 portal" in out
    assert err == "1–1 of 2; 1 copies folded\n"


def test_a_feed_of_a_search(khocong, folder):
    out, _ = khocong("search", "phường", "--atom")
    assert out.startswith("<?xml")
    assert "<title>Kho Cổng: phường</title>" in out
    khocong("search", "x", "--across", str(folder), "--atom", code=2)
