"""What recording an outcome does to articles, revisions and what hangs on them (I1, I3, I5)."""

import json

import pytest
from archive_samples import LINES, PORTAL, address, article, begun, capture, dump, link, visit

from archive.errors import ArchiveBusy
from archive.records import Attachment, Block, ChromeModel, Citation, Event, Image, Issue, Outcome, Portal
from archive.revisions import blocks_of, revisions_of
from archive.store import Store
from archive.store.blocks import decode_blocks, encode_blocks

EDITED = (
    *LINES[:2],
    "Hội nghị thống nhất chưa ban hành kế hoạch mới; các xã, phường rà soát trước ngày 20-3.",
)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "a") as opened:
        yield opened


def rows(store, sql):
    return store.db.execute(sql).fetchall()


def test_a_new_article_whole(store):
    crawl_id = begun(store)
    page = article(
        attachments=(Attachment("http://x/1.pdf", "Kế hoạch"),), images=(Image("http://x/1.jpg", "Ảnh"),)
    )
    stored = visit(store, crawl_id, 1, page, links=(link(2), link(3, state="excluded", reason="print")))
    assert (stored.article_id, stored.change, stored.new_links) == (1, "new", 2)
    assert rows(
        store, "SELECT url, title, text, published_at, captured_at, warc_offset FROM articles_flat"
    ) == [(address(1), page.title, page.text, "2026-02-12", "2026-03-01T08:00:00+00:00", 100_000)]
    assert rows(store, "SELECT document, verbatim, url, is_current FROM citations_flat") == [
        ("33/CT-TTg", "33/CT-TTg", address(1), 1)
    ]
    (start, end) = rows(store, "SELECT start_offset, end_offset FROM citations")[0]
    assert page.full_text[start:end] == "33/CT-TTg"
    assert rows(store, "SELECT url, label FROM attachments") == [("http://x/1.pdf", "Kế hoạch")]
    assert rows(store, "SELECT done, pending, excluded, articles FROM portal_health") == [(1, 1, 1, 1)]


def test_the_same_capture_twice_changes_nothing(store):
    crawl_id = begun(store)
    for _ in range(2):
        visit(
            store,
            crawl_id,
            1,
            article(),
            links=(link(2),),
            issues=(Issue("odd", "x"),),
            events=(Event("k", "d"),),
        )
        if _ == 0:
            before = dump(store)
    assert dump(store) == before


def test_the_same_text_again_only_moves_its_last_capture(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article())
    spaced = article(text="  " + article().text.replace(" ", "  "), text_digest="", blocks=())
    assert visit(store, crawl_id, 1, spaced, at=3).change == "same"
    assert rows(store, "SELECT first_captured_at, last_captured_at, text, status FROM articles") == [
        ("2026-03-01T08:00:00+00:00", "2026-03-04T08:00:00+00:00", article().text, "live")
    ]
    assert rows(store, "SELECT count(*) FROM revisions") == [(1,)]


def test_a_new_text_is_a_revision_and_the_old_one_stays_whole(store):
    crawl_id = begun(store)
    first = article(attachments=(Attachment("http://x/1.pdf"),), byline="Thu Hà", tags=("dân vận",))
    visit(store, crawl_id, 1, first)
    assert visit(store, crawl_id, 1, article(lines=EDITED), at=1).change == "changed"
    old, new = revisions_of(store.db.conn, 1)
    assert (old.text, old.byline, old.is_current) == (first.text, "Thu Hà", False)
    assert (new.text, new.byline, new.is_current) == ("\n".join(EDITED), None, True)
    body = json.loads(rows(store, "SELECT body FROM revisions WHERE number = 1")[0][0])
    assert body["attachments"][0]["url"] == "http://x/1.pdf"
    assert body["tags"] == ["dân vận"]
    assert rows(store, "SELECT count(*) FROM attachments") == [(0,)]
    assert rows(store, "SELECT kind FROM events") == [("edit",)]
    assert rows(store, "SELECT revisions, status FROM edited_articles") == [(2, "changed")]
    assert visit(store, crawl_id, 1, first, at=2).change == "changed"  # taken back: a third text in the line
    assert [one.number for one in revisions_of(store.db.conn, 1)] == [1, 2, 3]


def test_an_older_capture_joins_the_line_and_never_replaces(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article(), at=5)
    assert visit(store, crawl_id, 1, article(lines=EDITED), at=1).change == "changed"
    assert visit(store, crawl_id, 1, article(lines=EDITED), at=2).change == "same"
    assert [one.text == article().text for one in revisions_of(store.db.conn, 1)] == [False, True]
    assert rows(store, "SELECT text, first_captured_at FROM articles") == [
        (article().text, "2026-03-02T08:00:00+00:00")
    ]


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (404, "gone", "http_404"),
        (410, "gone", "http_410"),
        (200, "done", "wait_page"),
        (500, "failed", "http_500"),
    ],
)
def test_the_last_good_copy_stands(store, status, state, reason):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article())
    before = rows(store, "SELECT * FROM articles_flat"), rows(store, "SELECT * FROM articles")
    if state == "failed":
        store.ledger.reopen(PORTAL.key, ["article"])
    visit(store, crawl_id, 1, at=1, status=status, state=state, reason=reason)
    assert (rows(store, "SELECT * FROM articles_flat"), rows(store, "SELECT * FROM articles")) == before
    assert rows(store, "SELECT count(*) FROM captures") == [(2,)]
    assert rows(store, "SELECT kind FROM events") == ([("absence",)] if status in (404, 410) else [])


def test_gone_after_lasting_absence_and_back_again(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article())
    for at, expected in ((1, "live"), (9, "live"), (15, "gone")):
        visit(store, crawl_id, 1, at=at, status=404, state="gone", reason="http_404")
        assert rows(store, "SELECT status FROM articles") == [(expected,)]
    assert rows(store, "SELECT url FROM gone_articles") == [(address(1),)]
    visit(store, crawl_id, 1, article(), at=20)
    assert rows(store, "SELECT status FROM articles") == [("live",)]
    assert [kind for (kind,) in rows(store, "SELECT kind FROM events")] == ["absence"] * 3 + [
        "gone",
        "comeback",
    ]


def test_identity_by_content_id_then_url_then_text(store):
    crawl_id = begun(store, [1, 2, 3, 4])
    visit(store, crawl_id, 1, article(1))
    moved = "http://minhhoa.gov.example/chuyen-muc-khac/tin-1"
    assert visit(store, crawl_id, 2, article(1, url=moved), at=1).article_id == 1
    assert visit(store, crawl_id, 3, article(1, content_id=None), at=2).article_id == 1
    renumbered = article(1, url="http://minhhoa.gov.example/cu/9001", content_id="9001")
    assert visit(store, crawl_id, 4, renumbered, at=3).change == "same"
    assert rows(store, "SELECT count(*) FROM articles") == [(1,)]
    assert [kind for (kind,) in rows(store, "SELECT kind FROM events")] == ["moved", "moved"]
    before = rows(store, "SELECT count(*) FROM events")
    visit(store, crawl_id, 4, renumbered, at=4)
    assert rows(store, "SELECT count(*) FROM events") == before


def test_what_only_looks_alike_stays_apart(store):
    crawl_id = begun(store, [1, 2, 3, 4])
    short = {"lines": ("Xem tệp đính kèm.",), "title": "Thông báo"}
    visit(store, crawl_id, 1, article(1, **short))
    assert visit(store, crawl_id, 2, article(2, **short)).change == "new"
    # The CMS knows two articles that our canonical URL takes for one.
    one_url = "http://minhhoa.gov.example/index.php"
    visit(store, crawl_id, 3, article(3, url=one_url))
    assert visit(store, crawl_id, 4, article(4, url=one_url, lines=EDITED)).change == "new"
    assert visit(store, crawl_id, 4, article(4, url=one_url, lines=EDITED), at=1).change == "same"
    assert rows(store, "SELECT count(*) FROM articles") == [(4,)]


def test_one_document_however_often_it_is_cited(store):
    crawl_id = begun(store, [1, 2])
    visit(store, crawl_id, 1, article(1))
    visit(store, crawl_id, 2, article(2))
    assert rows(store, "SELECT normal, year, issuer FROM documents") == [("33/CT-TTg", 2021, "TTg")]
    assert rows(store, "SELECT count(*) FROM citations") == [(2,)]


def mention(verbatim, year=None, day=None, start=0):
    end = start + len(verbatim)
    return Citation(verbatim, "33/CT-TTg", "Chỉ thị", "33", year, "CT-TTg", "TTg", day, start, end)


def test_a_mention_without_its_day_is_the_document_the_page_has_named(store):
    crawl_id = begun(store, [1, 2])
    dated = mention("Chỉ thị số 33/CT-TTg ngày 26-11-2021", 2021, "2021-11-26")
    visit(store, crawl_id, 1, article(1, citations=(dated, mention("Chỉ thị 33/CT-TTg", start=60))))
    cited = "SELECT d.year, d.issued_on, count(*) FROM citations c JOIN documents d USING (document_id)"
    assert rows(store, f"{cited} GROUP BY c.document_id") == [(2021, "2021-11-26", 2)]
    # Numbers begin anew each year: of a page that names two, a mention may mean either.
    other = mention("Chỉ thị số 33/CT-TTg ngày 05-10-2022", 2022, "2022-10-05", start=100)
    two = (dated, other, mention("Chỉ thị 33/CT-TTg", start=160))
    visit(store, crawl_id, 2, article(2, citations=two))
    assert sorted(rows(store, "SELECT coalesce(year, 0) FROM documents")) == [(0,), (2021,), (2022,)]


def test_a_batch_is_stored_whole_or_not_at_all(store):
    crawl_id = begun(store, [1, 2])
    before = dump(store)
    with pytest.raises(ValueError, match="without a capture"):
        store.record(
            crawl_id,
            [
                Outcome(1, "done", capture=capture(1), article=article(1), links=(link(9),)),
                Outcome(2, "done", article=article(2)),
            ],
        )
    assert dump(store) == before


def test_text_no_table_can_hold_costs_that_page_alone(store):
    crawl_id = begun(store, [1, 2])
    bad = Outcome(1, "done", capture=capture(1), article=article(1, title="Tin \ud800"), links=(link(9),))
    good = Outcome(2, "done", capture=capture(2), article=article(2))
    assert [one.change for one in store.record(crawl_id, [bad, good])] == [None, "new"]
    assert rows(store, "SELECT state, reason FROM urls WHERE url_id = 1") == [("failed", "unstorable")]
    assert rows(store, "SELECT kind FROM issues") == [("unstorable",)]
    assert rows(store, "SELECT count(*) FROM captures") == [(2,)]


def test_portals_and_chrome_come_back(store):
    store.save_portal(Portal("p", "Tên", ("p.vn", "www.p.vn"), platform="nukeviet"))
    store.save_portal(Portal("p", hosts=("p.vn",)))
    model = ChromeModel("p", 12, (("html/body/div", 0.9),), {"x": 0.5}, {"clusters": [1]})
    store.save_chrome(model)
    assert store.load_chrome("p") == model
    assert store.portal("p") == Portal("p", "Tên", ("p.vn",), "nukeviet", chrome=model)
    assert store.portal("q") is None


def test_a_crawl_that_died_is_said_to_have(tmp_path):
    store = Store(tmp_path / "a")
    crawl_id = begun(store, [1, 2])
    store.ledger.lease(PORTAL.key, crawl_id, 2)
    with pytest.raises(ArchiveBusy, match=r"pid \d+"):
        Store(tmp_path / "a")
    store.db.close()  # as the end of the process would
    with Store(tmp_path / "a") as again:
        assert rows(again, "SELECT reason FROM crawls") == [("died",)]
        assert again.ledger.counts(PORTAL.key)["pending"] == 2


def test_the_end_of_a_crawl_leaves_no_lease(store):
    crawl_id = begun(store, [1])
    store.ledger.lease(PORTAL.key, crawl_id, 1)
    store.end_crawl(crawl_id, "interrupted", 0, {"capture/written": 0})
    assert store.ledger.counts(PORTAL.key)["leased"] == 0
    assert rows(store, "SELECT reason, counts FROM crawls") == [("interrupted", '{"capture/written": 0}')]


BLOCKS = (
    Block("caption", "Quang cảnh hội nghị", 0),
    Block("heading", "I. Mục đích", 2),
    Block("paragraph", "Một đoạn."),
    Block("table_row", "STT | Tên | Số", 0, ("STT", "Tên", "Số")),
    Block("table_row", "1 | a | b | 2", 0, ("1", "a | b", "2")),
    Block("list_item", "Một ý", 2),
    Block("caption", "Ảnh cuối", 0),
)


def test_blocks_come_back_without_being_stored_twice(store):
    crawl_id = begun(store)
    text = "\n".join(block.text for block in BLOCKS if block.kind != "caption")
    visit(store, crawl_id, 1, article(text=text, blocks=BLOCKS))
    assert blocks_of(store.db.conn, 1) == BLOCKS
    assert "Một đoạn" not in rows(store, "SELECT blocks FROM revisions")[0][0]
    assert blocks_of(store.db.conn, 99) == ()
    assert decode_blocks(encode_blocks(BLOCKS, "another text"), "another text") == BLOCKS
    assert decode_blocks('[[0,"marquee",0,[]]]', "a\nb") == (Block("paragraph", "a"), Block("paragraph", "b"))


def test_no_lookup_of_the_write_path_walks_a_table(store):
    seen = []
    store.db.conn.set_trace_callback(seen.append)
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article(), links=(link(2),))
    visit(store, crawl_id, 1, article(lines=EDITED), at=1)
    visit(store, crawl_id, 1, at=2, status=404, state="gone", reason="http_404")
    store.db.conn.set_trace_callback(None)
    # Once a connection, FTS5 reads the settings of its indexes.
    seen = [sql for sql in seen if "_config'" not in sql]
    reads = [sql for sql in seen if sql.startswith("SELECT") and "max(article_id)" not in sql]
    assert len(reads) > 10
    for sql in reads:
        plan = " / ".join(row[3] for row in rows(store, f"EXPLAIN QUERY PLAN {sql}"))
        assert "SCAN a" not in plan, (sql, plan)
        assert not plan.startswith("SCAN"), (sql, plan)
    # A foreign key whose column has no index makes SQLite walk the table with each new parent row.
    for table, column in (
        ("articles", "revision_id"),
        ("revisions", "article_id"),
        ("revisions", "capture_id"),
    ):
        plan = rows(store, f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = 1")
        assert "SEARCH" in plan[0][3]
