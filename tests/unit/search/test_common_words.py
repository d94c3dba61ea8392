"""The common words as bits: what they settle is what FTS5 finds, whatever was written since."""

import random
from contextlib import closing

import pytest

from archive.database import open_archive
from archive.search import bits, by_date, common, facets, parse, ranking, search, settling, walking
from archive.search.index import reindex
from archive.search.results import matching
from archive.vietnamese.fold import fold

_PLACES = ("xã Vĩnh Châu", "phường Núi Sam", "phường Châu Phú A", "xã Vĩnh Tế", "phường Vĩnh Mỹ")
_WORKS = (
    "họp dân bàn việc nạo vét kênh", "trao quà cho hộ nghèo", "ra quân dọn vệ sinh môi trường",
    "tập huấn phòng cháy chữa cháy", "sơ kết công tác dân vận", "tiếp xúc cử tri trước kỳ họp",
)  # fmt: skip
_RARE = ("khánh thành nhà văn hóa", "trồng rừng phòng hộ", "đua ghe ngo")
QUERIES = (
    "phuong", "phường", "công tác dân vận", "cong tac dan van", "phuong nha", "phường -châu", "vĩnh dân",
    "hop OR don", "(hộ nghèo) OR (dọn vệ sinh)", '"dân vận"', '"châu phú" phuong', "ghe phuong", "ghe ngo",
    '"ghe ngo" phường', "rung ho", "vinh te -dan", "khong-co-gi", "phường năm portal:b", "xã năm year:2021",
    "dan van year:2020 phường", '"vĩnh mỹ" -"châu phú"',
)  # fmt: skip


def write(connection, ids, dice):
    for article_id in ids:
        place, work = dice.choice(_PLACES), dice.choice(_WORKS)
        rare = f" Cùng ngày, {place} {dice.choice(_RARE)}." if dice.random() < 0.03 else ""
        text = f"Ngày {1 + article_id % 28} năm {2019 + article_id % 4}, {place} {work}.{rare}"
        day = None if article_id % 31 == 0 else f"{2019 + article_id % 4}-03-{1 + article_id % 28:02d}"
        connection.execute(
            "INSERT INTO articles (article_id, portal_key, url, urlkey, title, lead, text, published_at,"
            " text_digest, revision_id, first_captured_at, last_captured_at)"
            " VALUES (?1, ?2, ?3, ?3, ?4, '', ?5, ?6, ?3, ?1, '2026', '2026')",
            (article_id, "ab"[article_id % 2], f"u{article_id}", f"{place} {work}", text, day),
        )


@pytest.fixture
def db(tmp_path, monkeypatch):
    monkeypatch.setattr(common, "LEAST_ARTICLES", 100)
    monkeypatch.setattr(common, "_STALE_DUE", 5)
    monkeypatch.setattr(common, "_BEHIND_DUE", 50)
    with closing(open_archive(tmp_path / "kho", write=True)) as db:
        db.conn.execute("PRAGMA foreign_keys = OFF")
        with db.transaction() as connection:
            for key in "ab":
                connection.execute(
                    "INSERT INTO portals (portal_key, name, first_seen_at) VALUES (?1, ?1, '2026')", (key,)
                )
            write(connection, range(1, 401), random.Random(3))
        reindex(db)
        yield db


def by_fts(conn, plan):
    where, params = plan.source()
    return sorted(row[0] for row in conn.execute(f"SELECT {plan.rowid} {where}", params))


def settled_of(conn):
    """Return the queries that were settled; each must be what FTS5 finds, or hold it."""
    settled = []
    for query in QUERIES:
        for folded in (False, True):
            plan = matching(conn, parse(query), folded=folded)
            found = settling.settle(conn, plan)
            if found is None:
                continue
            expected = by_fts(conn, plan)
            if found.is_exact:
                assert bits.ids_of(found.bits) == expected, query
            else:
                assert set(expected) <= set(bits.ids_of(found.bits)), query
            settled.append((query, folded, found.is_exact))
    return settled


def change(db):
    """Write as any client may: older ones edited, taken out, put in at a free id, and new ones."""
    with db.transaction() as connection:
        connection.execute("UPDATE articles SET text = 'Phường Núi Sam trao quà.' WHERE article_id IN (3, 9)")
        connection.execute("UPDATE articles SET title = 'Đua ghe ngo ở xã Vĩnh Tế' WHERE article_id = 12")
        connection.execute("DELETE FROM articles WHERE article_id IN (20, 21)")
        write(connection, [21, *range(401, 430)], random.Random(8))
        connection.execute("UPDATE articles SET status = 'gone' WHERE article_id = 40")


def test_what_the_bits_settle_is_what_fts5_finds(db, monkeypatch):
    whole = settled_of(db.conn)
    assert len(whole) >= 30
    assert ('"dân vận"', False, True) in whole
    change(db)
    stale = {row[0] for row in db.execute("SELECT article_id FROM search_common_stale")}
    assert stale == {3, 9, 12, 20, 21}
    assert settled_of(db.conn) == whole
    assert common.refresh(db)
    assert not common.refresh(db)
    assert db.execute("SELECT horizon FROM search_common_state").fetchone() == (429,)
    assert settled_of(db.conn) == whole
    monkeypatch.setattr(settling, "_MOST_READ", 0)
    assert ('"dân vận"', False, False) in settled_of(db.conn)


def test_refreshed_bits_are_those_written_anew(db):
    change(db)
    common.refresh(db)
    kept = "SELECT * FROM search_common ORDER BY 1, 2"
    words = set(db.execute("SELECT word, is_exact FROM search_common"))
    refreshed = {row[:2]: row for row in db.execute(kept)}
    common.refresh(db, anew=True)
    anew = {row[:2]: row for row in db.execute(kept)}
    assert len(words & anew.keys()) > 40
    for key in words & anew.keys():
        assert refreshed[key] == anew[key]


def test_files_of_old_articles_make_them_stale(db):
    with db.transaction() as connection:
        connection.execute(
            "INSERT INTO files (file_id, body_digest, format, size_bytes, state, text, capture_id, read_at)"
            " VALUES (1, 'd', 'pdf', 1, 'read', 'Danh sách hộ nghèo', 1, '2026')"
        )
        connection.execute("INSERT INTO attachments (article_id, url) VALUES (5, 'f')")
        connection.execute("UPDATE attachments SET file_id = 1")
    assert db.execute("SELECT article_id FROM search_common_stale").fetchall() == [(5,)]
    assert settled_of(db.conn)
    common.refresh(db, anew=True)
    with db.transaction() as connection:
        connection.execute("UPDATE files SET text = 'Bản đồ phường'")
    assert db.execute("SELECT article_id FROM search_common_stale").fetchall() == [(5,)]
    common.refresh(db, anew=True)
    with db.transaction() as connection:
        connection.execute("DELETE FROM attachments")
    assert db.execute("SELECT article_id FROM search_common_stale").fetchall() == [(5,)]
    assert settled_of(db.conn)


def test_too_far_behind_the_bits_are_left_aside(db, monkeypatch):
    monkeypatch.setattr(common, "MOST_STALE", 3)
    change(db)
    assert settled_of(db.conn) == []
    assert search(db, "phường dân vận").total > 0
    monkeypatch.setattr(common, "MOST_STALE", 10)
    monkeypatch.setattr(common, "MOST_BEHIND", 20)
    assert settled_of(db.conn) == []


def test_a_small_archive_has_none_and_a_growing_one_new_words(db, monkeypatch):
    monkeypatch.setattr(common, "_GROWN", 1.05)
    with db.transaction() as connection:
        write(connection, range(401, 425), random.Random(5))
    assert common.refresh(db)
    assert db.execute("SELECT words_chosen_at FROM search_common_state").fetchone() == (424,)
    monkeypatch.setattr(common, "LEAST_ARTICLES", 1000)
    assert common.refresh(db)
    assert db.execute("SELECT count(*) FROM search_common").fetchone() == (0,)
    assert not common.refresh(db)
    assert settled_of(db.conn) == []


def test_facets_are_the_same_with_bits_and_without(db, monkeypatch):
    change(db)
    plans = [matching(db, parse(query)) for query in QUERIES]
    monkeypatch.setattr(facets, "_DEARER", 0)
    with_bits = [facets.count(db.conn, plan, bound, period=7) for plan in plans for bound in (500, 40)]
    monkeypatch.setattr(common, "MOST_STALE", 0)
    without = [facets.count(db.conn, plan, bound, period=7) for plan in plans for bound in (500, 40)]
    assert with_bits == without
    assert sum(not one.is_whole for one in without) >= 5


@pytest.mark.parametrize("sort", ["newest", "oldest", "rank"])
def test_the_answer_is_the_same_with_bits_and_without(db, monkeypatch, sort):
    change(db)
    asked = [(query, facet) for query in QUERIES for facet in (False, True)]
    with_bits = [search(db, query, sort=sort, facets=facet, limit=7, offset=3) for query, facet in asked]
    monkeypatch.setattr(common, "MOST_STALE", 0)
    without = [search(db, query, sort=sort, facets=facet, limit=7, offset=3) for query, facet in asked]
    for (query, _), one, other in zip(asked, with_bits, without, strict=True):
        assert (one.total, one.total_is_exact) == (other.total, other.total_is_exact), query
        assert [hit.article_id for hit in one.hits] == [hit.article_id for hit in other.hits], query


@pytest.mark.parametrize("probed", [300, 0])
def test_dear_words_are_ranked_by_titles_and_the_newest(db, monkeypatch, probed):
    monkeypatch.setattr(walking, "DEAR", 10)
    monkeypatch.setattr(ranking, "DEAR", 10)
    monkeypatch.setattr(ranking, "LOOKED_AT", 12)
    monkeypatch.setattr(ranking, "CHOSEN", 12)
    monkeypatch.setattr(settling, "_MOST_READ", probed)
    for query in ('"dân vận"', "dan van", "vĩnh dân"):
        pages = [search(db, query, limit=5, offset=offset) for offset in range(0, 40, 5)]
        ids = [hit.article_id for page in pages for hit in page.hits]
        assert len(ids) == len(set(ids)), query
        assert set(ids) <= set(by_fts(db.conn, matching(db, parse(query))))
        assert pages[0].total >= len(ids)
        assert any("ranked: the" in note for note in pages[0].notes) == (pages[0].total > 12)
        words = fold(query).strip('"').split()
        assert all(word in fold(pages[0].hits[0].title) for word in words)


def test_the_newest_of_a_phrase_of_common_words_are_met_by_probes(db, monkeypatch):
    monkeypatch.setattr(by_date, "DEAR", 10)
    monkeypatch.setattr(settling, "_MOST_READ", 0)
    monkeypatch.setattr(by_date, "_PROBES_AT_ONCE", 9)
    found = search(db, '"dân vận"', sort="newest", limit=5)
    monkeypatch.setattr(by_date, "_MOST_PROBES", 0)
    expected = search(db, '"dân vận"', sort="newest", limit=5)
    assert [hit.article_id for hit in found.hits] == [hit.article_id for hit in expected.hits]
    assert found.total == expected.total


def test_sets_of_articles():
    dice = random.Random(1)
    for _ in range(50):
        ids = sorted(dice.sample(range(1, 3000), dice.randint(0, 400)))
        made = bits.of_ids(ids, 3000)
        assert bits.ids_of(made) == list(bits.Members(made)) == ids
        assert bits.of_blob(bits.as_blob(made)) == made
        assert bits.of_blob(common._packed(ids, 3000)) == made
        assert [one for one in range(3100) if one in bits.Members(made)] == ids
        for most in (1, 7, 399, 5000):
            assert bits.highest_of(made, most)[-most:] == ids[-most:]
            assert len(bits.highest_of(made, most)) >= min(most, len(ids))
