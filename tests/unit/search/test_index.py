"""The triggers and the health of the indexes, written to by plain sqlite3 as any client would."""

import sqlite3

import pytest
import written_archive

from archive.schema.m0002_search import TONE_PLACEMENT
from archive.search.index import INDEXES, check, reindex
from archive.vietnamese.fold import place_tones


def found(conn, table, expression):
    sql = f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rowid"
    return [row[0] for row in conn.execute(sql, (expression,))]


def upsert(conn, article_id, title, text="không"):
    conn.execute(
        "INSERT INTO articles (article_id, portal_key, url, urlkey, title, text, text_digest, "
        "first_captured_at, last_captured_at) VALUES (?, 'p', ?, ?, ?, ?, 'd', '2021', '2021') "
        "ON CONFLICT (article_id) DO UPDATE SET title = excluded.title, text = excluded.text",
        (article_id, f"u{article_id}", f"k{article_id}", title, text),
    )


def test_insert_update_upsert_and_delete_keep_both_indexes(bare):
    upsert(bare, 1, "Đồng Tháp họp UỶ BAN")
    upsert(bare, 2, "Bà Thúy ở Thuận Hoà")
    assert found(bare, "articles_folded", "dong") == [1]
    assert found(bare, "articles_exact", '"đồng"') == [1]
    assert found(bare, "articles_exact", "dong") == []
    assert found(bare, "articles_exact", f'"{place_tones("ủy")}"') == [1]
    assert found(bare, "articles_exact", f'"{place_tones("thuý")}" AND "{place_tones("hòa")}"') == [2]
    upsert(bare, 1, "Đà Nẵng")
    assert found(bare, "articles_folded", "dong") == found(bare, "articles_exact", '"đồng"') == []
    assert found(bare, "articles_folded", "da nang") == [1]
    bare.execute("UPDATE articles SET title = 'Ðà Lạt', section = 'Đời sống' WHERE article_id = 1")
    assert found(bare, "articles_headings", "{section} : doi") == [1]
    assert found(bare, "articles_exact", '"đà"') == [1]
    bare.execute("UPDATE articles SET article_id = 9 WHERE article_id = 1")
    assert found(bare, "articles_folded", "lat") == [9]
    bare.execute("DELETE FROM articles WHERE article_id = 9")
    assert found(bare, "articles_folded", "lat OR da OR doi") == []
    assert check(bare, deep=True) == []
    bare.execute("DELETE FROM articles")
    assert check(bare, deep=True) == []


def test_an_update_of_other_columns_leaves_the_index_alone(bare):
    upsert(bare, 1, "Đồng Tháp")
    data = "SELECT id, block FROM articles_folded_data UNION ALL SELECT id, block FROM articles_exact_data"
    before = bare.execute(data).fetchall()
    bare.execute("UPDATE articles SET status = 'gone', title = title WHERE article_id = 1")
    assert bare.execute(data).fetchall() == before
    assert check(bare, deep=True) == []


def test_every_tone_placement_in_every_case_meets_in_one_form(bare):
    pairs = [old + "," + new for old, new in TONE_PLACEMENT] + [
        "ÒA,OÀ",
        "Òa,Oà",
        "òA,oÀ",
        "ỦY,UỶ",
        "Khỏe,KHOẺ",
    ]
    for number, pair in enumerate(pairs, 1):
        upsert(bare, number, pair)
        for spelling in pair.split(","):
            assert number in found(bare, "articles_exact", f'"{place_tones(spelling.lower())}"')


def test_reindex_always_restores_the_same_index():
    conn = written_archive.empty()
    written_archive.fill(conn)

    def content(table):
        return conn.execute(f"SELECT id, block FROM {table}_data ORDER BY id").fetchall()

    assert reindex(conn) == len(written_archive.ARTICLES)
    first = {table: content(table) for table in INDEXES}
    for damage in (
        "INSERT INTO articles_folded(articles_folded) VALUES ('rebuild')",
        "INSERT INTO articles_exact(articles_exact) VALUES ('delete-all')",
        "DELETE FROM articles_folded_docsize",
    ):
        conn.execute(damage)
        assert check(conn) != [], damage
        reindex(conn)
        assert check(conn, deep=True) == []
        for table, data in first.items():
            # Whatever came before, but for the segment's own number, the same bytes.
            assert [block for _, block in content(table)][2:] == [block for _, block in data][2:]
    conn.close()


@pytest.mark.parametrize("deep", [False, True])
def test_check_finds_what_replace_without_triggers_damages(deep):
    conn = written_archive.empty()
    written_archive.fill(conn)
    conn.execute("PRAGMA recursive_triggers = OFF")
    conn.execute("PRAGMA foreign_keys = OFF")
    conn.execute(
        "INSERT OR REPLACE INTO articles SELECT 1001, portal_key, content_id, url, urlkey, 'Mới', '', 'khác',"
        " NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[]', 'live', 1.0, 'd', NULL, '2021',"
        " '2021' FROM articles WHERE article_id = 3"
    )
    problems = check(conn, deep=deep)
    assert any("do not exist any more" in problem for problem in problems), problems
    reindex(conn)
    assert check(conn, deep=True) == []
    conn.close()


def test_check_finds_rows_written_behind_the_triggers():
    conn = written_archive.empty()
    written_archive.fill(conn)
    conn.execute("DROP TRIGGER articles_folded_au")
    conn.execute("UPDATE articles SET text = 'một hai ba bốn năm sáu' WHERE article_id = 40")
    assert any("articles_folded: 1 of a sample" in problem for problem in check(conn))
    assert any("words differ" in problem for problem in check(conn, deep=True))
    conn.close()


def test_check_reads_a_read_only_archive(folder):
    conn = sqlite3.connect(f"file:{folder / 'archive.db'}?mode=ro", uri=True)
    conn.execute("PRAGMA query_only = ON")
    assert check(conn) == []
    assert check(conn, deep=True) == []
    conn.close()


def test_snippet_of_sqlite_itself_shows_the_original(written):
    cut = "snippet(articles_folded, 1, '[', ']', '…', 8)"
    sql = f"SELECT {cut} FROM articles_folded WHERE articles_folded MATCH ?"
    assert written.execute(sql, ("dong thap lap",)).fetchone()[0].startswith("[Đồng] [Tháp] [lập]")


def test_datasette_detects_the_folded_index(written):
    from datasette.utils import detect_fts

    assert detect_fts(written, "articles") == "articles_folded"
