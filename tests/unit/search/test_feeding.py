"""New articles indexed by the writer, in groups: word for word what the triggers would have indexed."""

import sqlite3

import pytest
from archive_samples import LINES, address, article, begun, capture, link

from archive.attached import FileText
from archive.records import Attachment, Outcome
from archive.schema.m0019_headings import INDEXES
from archive.search.feeding import Feeding
from archive.search.index import check
from archive.store import Store

MARKED = (
    "Bà Thúy ở phường Thuận Hoà, thành phố Huế, hỏi về việc cấp lại giấy chứng nhận QUYỀN SỬ DỤNG ĐẤT.",
    "UBND xã Ðức Hòa Đông trả lời bằng văn bản số 12/UBND-TN… của Ủy ban, “khuỷu tay” và 5 m² sân phơi.",
    "Straße, İstanbul, Ω và 中文 cũng phải tìm được, cả khi gõ nghiêng nga\u0323 như thế này.",
)
EDITED = (*LINES[:2], "Hội nghị chưa ban hành kế hoạch mới; các xã, phường rà soát trước ngày 20-3.")
FILE = address("x").replace("/tin/x.html", "/tep/ke-hoach.pdf")


def outcomes(store):
    """A group in which an article is changed, gets a file and cannot be stored, right behind new ones."""
    crawl_id = begun(store, range(1, 9))
    store.ledger.seed("minhhoa", [link(FILE, kind="attachment")])
    ids = dict(store.db.execute("SELECT url, url_id FROM urls").fetchall())

    def seen(number, page, at=0, **more):
        return Outcome(ids[address(number)], "done", capture=capture(number, at=at), article=page, **more)

    attached = (Attachment(FILE, "Kế hoạch"),)
    return crawl_id, [
        seen(1, article(1)),
        seen(2, article(2, MARKED, section="Đời sống", byline="Thùy Dương", source="Báo Lào Cai")),
        seen(1, article(1, EDITED), at=1),  # changed while it waits
        seen(3, article(3, lead="Đà Nẵng họp", attachments=attached)),
        Outcome(
            ids[FILE], "done", capture=capture(50), file=FileText("read", "pdf", text="Tờ trình mật ong")
        ),
        seen(4, article(4, attachments=attached)),  # its file is there before it
        seen(5, article(5)),
        seen(6, article(6, EDITED), at=2),
        seen(8, article(6, ("Chữ hỏng \ud800 ở đây.",)), at=3),  # no table can hold it
        seen(7, article(7, ("Ngắn.",))),
        seen(5, article(5, EDITED), at=5),
    ]


def words(store):
    """Every word of every article in every index, with its places."""
    connection = store.db.conn
    found = {}
    for table in INDEXES:
        connection.execute(
            f"CREATE VIRTUAL TABLE temp.words_{table} USING fts5vocab(main, {table}, instance)"
        )
        found[table] = sorted(connection.execute(f"SELECT term, doc, col, offset FROM words_{table}"))
        assert found[table], table
    return found


def test_the_same_words_as_the_triggers(tmp_path):
    found = []
    for name, feeding in (("triggers", None), ("fed", Feeding())):
        with Store(tmp_path / name, feeding=feeding) as store:
            crawl_id, group = outcomes(store)
            stored = store.record(crawl_id, group)
            assert [one.change for one in stored] == [
                "new", "new", "changed", "new", None, "new", "new", "new", None, "new", "changed"
            ]  # fmt: skip
            assert check(store.db, deep=True) == []
            assert store.db.execute("SELECT count(*) FROM search_resting").fetchone() == (0,)
            found.append(words(store))
    assert found[0] == found[1]


def test_one_by_one_and_after_a_group_that_failed(tmp_path):
    with Store(tmp_path / "a", feeding=Feeding()) as store:
        crawl_id, group = outcomes(store)
        with pytest.raises(ValueError, match="without a capture"):
            store.record(crawl_id, [*group[:2], Outcome(3, "done", article=article(3))])
        assert store.db.execute("SELECT count(*) FROM articles").fetchone() == (0,)
        for outcome in group:
            store.record(crawl_id, [outcome])
            assert check(store.db, deep=True) == []
        assert store.read_late("minhhoa", 1, "2026-03-09", article(99, MARKED)).change == "new"
        assert check(store.db, deep=True) == []


def test_another_program_s_articles_are_indexed_by_the_triggers(tmp_path):
    with Store(tmp_path / "a", feeding=Feeding()) as store:
        crawl_id, group = outcomes(store)
        store.record(crawl_id, group)
    with sqlite3.connect(tmp_path / "a" / "archive.db") as other:
        other.execute(
            "INSERT INTO articles (article_id, portal_key, url, urlkey, title, text, text_digest,"
            " first_captured_at, last_captured_at)"
            " VALUES (900, 'minhhoa', 'u', 'k', 'Mùa nước nổi', '', 'd', '2026', '2026')"
        )
        (found,) = other.execute("SELECT rowid FROM articles_folded WHERE articles_folded MATCH 'mua nuoc'")
    other.close()
    assert found == (900,)
