"""Another reading of a kept capture: what a revision says changes, the article's history does not."""

from dataclasses import replace

from archive_samples import PORTAL, article, begun, link, visit

from archive.revisions import find_article, revisions_of
from archive.search import index
from archive.store import Store
from archive.store.rereading import fields_of, fields_said, kept_revisions, unread_captures

LINES = ("Sáng 12-02, thành phố Minh Họa họp bàn công tác dân vận theo Chỉ thị số 33/CT-TTg của Thủ tướng.",)
EDITED = (*LINES, "Bổ sung: hội nghị thống nhất giao các phường báo cáo hằng quý về Ban Dân vận thành phố.")
LEAK = "Thời tiết hôm nay: có mưa rào."


def rows(store, sql):
    return store.db.execute(sql).fetchall()


def stood(store):
    return rows(store, "SELECT status, first_captured_at, last_captured_at, content_id, urlkey FROM articles")


def test_each_revision_is_read_again_in_its_own_place(tmp_path):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        visit(store, crawl_id, 1, article(lines=(*LINES, LEAK)))
        visit(store, crawl_id, 1, article(lines=(*EDITED, LEAK)), at=1)
        before = stood(store)
        first, second = kept_revisions(store.db.conn, PORTAL.key)
        assert (first.is_current, second.is_current) == (False, True)
        clean = replace(
            article(lines=EDITED), reading="generic ab.cd", extractor="khocong/2", byline="Minh Tâm"
        )
        changes = store.reread(
            [(first.revision_id, article(lines=LINES)), (second.revision_id, clean)], detail="in a test"
        )
        assert changes == ["text", "text"]
        article_id = find_article(store.db.conn, article().url)
        texts = [(one.number, one.text, one.is_current) for one in revisions_of(store.db.conn, article_id)]
        assert texts == [(1, "\n".join(LINES), False), (2, "\n".join(EDITED), True)]
        assert stood(store) == before
        assert rows(store, "SELECT count(*) FROM events WHERE kind = 'edit'") == [(1,)]
        assert rows(store, "SELECT count(*) FROM events WHERE kind = 'normalization'") == [(2,)]
        assert rows(store, "SELECT reading, extractor, read_at IS NULL FROM revisions WHERE number = 2") == [
            ("generic ab.cd", "khocong/2", 0)
        ]
        assert rows(store, "SELECT DISTINCT text_digest = (SELECT text_digest FROM revisions r"
                           " WHERE r.revision_id = a.revision_id) FROM articles a") == [(1,)]  # fmt: skip
        assert index.check(store.db) == []
        # Citations follow the words they were found in.
        text = clean.full_text
        for start, end, verbatim in rows(
            store,
            "SELECT start_offset, end_offset, verbatim FROM citations JOIN articles USING (revision_id)",
        ):
            assert text[start:end] == verbatim
        again = store.reread([(second.revision_id, clean)], detail="in a test")
        assert again == ["same"]
        assert rows(store, "SELECT count(*) FROM events WHERE kind = 'normalization'") == [(2,)]


def test_the_next_capture_of_the_same_words_is_no_edit(tmp_path):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        visit(store, crawl_id, 1, article(lines=(*LINES, LEAK)))
        (kept,) = kept_revisions(store.db.conn)
        clean = article(lines=LINES)
        standing = store.standing(PORTAL.key, clean)
        assert standing.revision_id == kept.revision_id
        store.reread([(kept.revision_id, clean)])
        visit(store, crawl_id, 1, clean, at=1)
        assert rows(store, "SELECT status FROM articles") == [("live",)]
        assert rows(store, "SELECT count(*) FROM revisions") == [(1,)]


def test_fields_of_a_revision_and_of_a_reading_compare(tmp_path):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        first, second = article(lines=LINES, tags=("dân vận",)), article(lines=EDITED, source="Báo Minh Họa")
        visit(store, crawl_id, 1, first)
        visit(store, crawl_id, 1, second, at=1)
        numbers = [kept.revision_id for kept in kept_revisions(store.db.conn)]
        assert fields_of(store.db.conn, numbers[0]) == fields_said(first)
        assert fields_of(store.db.conn, numbers[1]) == fields_said(second)


def test_an_unknown_revision_changes_nothing(tmp_path):
    with Store(tmp_path / "a") as store:
        visit(store, begun(store), 1, article())
        assert store.reread([(99, article(lines=EDITED))]) == [None]
        assert store.withdraw(99, "no reason") is False


def test_an_article_of_two_revisions_is_not_withdrawn(tmp_path):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        visit(store, crawl_id, 1, article(lines=LINES))
        visit(store, crawl_id, 1, article(lines=EDITED), at=1)
        (first, _) = kept_revisions(store.db.conn)
        assert store.withdraw(first.revision_id, "login") is False
        assert rows(store, "SELECT count(*) FROM articles") == [(1,)]


def test_a_page_that_gave_no_article_is_named_once(tmp_path):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        visit(store, crawl_id, 1, article(), links=(link(2),))
        visit(store, crawl_id, 2)
        visit(store, crawl_id, 2, at=1)
        ((capture_id, kept),) = unread_captures(store.db.conn, PORTAL.key)
        assert kept.captured_at.startswith("2026-03-02")
        saved = store.read_late(PORTAL.key, capture_id, kept.captured_at, article(2))
        assert saved.change == "new"
        assert unread_captures(store.db.conn, PORTAL.key) == []


def test_evidence_is_kept_with_its_page_and_pruned(tmp_path):
    with Store(tmp_path / "a") as store:
        visit(store, begun(store), 1, article())
        store.save_evidence(PORTAL.key, [(f"http://minhhoa.gov.example/{n}", bytes([n])) for n in range(5)])
        store.save_evidence(PORTAL.key, [("http://minhhoa.gov.example/4", b"new")])
        assert store.evidence(PORTAL.key) == [b"\0", b"\1", b"\2", b"\3", b"new"]
        model = store.load_chrome(PORTAL.key)
        assert model is None
