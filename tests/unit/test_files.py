"""Attached files in the archive: one row a digest, their words in both indexes, kept by triggers."""

import sqlite3

import pytest
from archive_samples import PORTAL, article, begun, link, visit

from archive.attached import FileText
from archive.digests import payload_digest
from archive.files import file_counts, issue_of, unread
from archive.records import Attachment, Capture, LeasedUrl, Outcome
from archive.search import search
from archive.search.index import check, reindex
from archive.store import Store
from archive.urls import urlkey
from archive.warc.records import WarcPlace
from crawler.exchange import Exchange
from crawler.judging import judge
from crawler.reading import Reading

FILE = "http://minhhoa.gov.example/tep/ke hoach.pdf"
COPY = "http://minhhoa.gov.example/tep/ban-sao.pdf"
PLACE = WarcPlace("tep.warc.gz", 0, 90, "urn:uuid:1", payload_digest(b"%PDF-"))
WORDS = "Danh sách hộ dân thôn Bàu Sen được hỗ trợ giống lúa chịu mặn."


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "kho") as store:
        yield store


def keep(store, crawl_id, url, text=WORDS, *, body=b"one", at=1, **changes):
    """Record the capture of the file at *url*."""
    store.ledger.seed(PORTAL.key, [link(url, kind="attachment")])
    (url_id,) = store.db.execute("SELECT url_id FROM urls WHERE urlkey = ?", [urlkey(url)]).fetchone()
    taken = Capture(
        url, f"2026-03-0{at}T08:00:00+00:00", 200, "application/pdf", "tep.warc.gz", at * 1000 + url_id, 90,
        f"urn:uuid:tep-{url_id}-{at}", payload_digest(body), payload_digest(body), len(body),
    )  # fmt: skip
    file = FileText(**{"state": "read", "format": "pdf", "text": text, "pages": 1, **changes})
    store.record(crawl_id, [Outcome(url_id, "done", capture=taken, file=file)])


def ids(store, query, **options):
    return [hit.article_id for hit in search(store.db, query, **options).hits]


def test_a_word_of_a_file_finds_its_article_whichever_came_first(store):
    crawl_id = begun(store, (1, 2))
    visit(store, crawl_id, 1, article(1, attachments=(Attachment(FILE, "Kế hoạch"),)))
    assert ids(store, "Bàu Sen") == []
    keep(store, crawl_id, FILE)
    visit(store, crawl_id, 2, article(2, attachments=(Attachment(FILE),)))
    assert sorted(ids(store, "Bàu Sen")) == sorted(ids(store, "bau sen giong lua")) == [1, 2]
    assert ids(store, "has:attachment Bàu", limit=5) != []
    # Words of the article and of its file together.
    assert sorted(ids(store, '"dân vận" "chịu mặn"')) == [1, 2]
    assert check(store.db, deep=True) == []


def test_the_snippet_comes_from_the_file_only_where_only_it_matches(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article(1, attachments=(Attachment(FILE),)))
    keep(store, crawl_id, FILE)
    (hit,) = search(store.db, "bau sen").hits
    assert hit.attachment == FILE
    assert "thôn «Bàu Sen»" in hit.snippet
    (hit,) = search(store.db, "dân vận").hits
    assert hit.attachment is None
    assert "«dân vận»" in hit.snippet
    # Any SQLite client gets it too.
    (shown,) = store.db.execute(
        "SELECT snippet(articles_folded, -1, '[', ']', '…', 8) FROM articles_folded('bau sen')"
    ).fetchone()
    assert "[Bàu] [Sen]" in shown


def test_the_snippet_is_found_at_the_end_of_a_long_file(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article(1, attachments=(Attachment(FILE),)))
    keep(
        store,
        crawl_id,
        FILE,
        "Danh mục công trình thủy lợi nội đồng. " * 6000 + "Cống Rạch Dừa ﬁ ở thôn Bàu Sen.",
    )
    for query, marked in (("Rạch Dừa", "«Rạch Dừa»"), ("cong bau sen", "thôn «Bàu Sen»")):
        (hit,) = search(store.db, query).hits
        assert (hit.attachment, marked in hit.snippet) == (FILE, True), hit.snippet
    # Words that the article has too do not hide that the file has more of them.
    (hit,) = search(store.db, "dân Rạch Dừa").hits
    assert hit.attachment == FILE


def test_an_article_that_says_it_ranks_before_one_whose_file_does(store):
    crawl_id = begun(store, (1, 2))
    visit(store, crawl_id, 1, article(1, attachments=(Attachment(FILE),)))
    keep(store, crawl_id, FILE)
    visit(store, crawl_id, 2, article(2, ("Thôn Bàu Sen có giống lúa chịu mặn mới.", "Bà con vui mừng.")))
    assert ids(store, "bau sen giong lua chiu man") == [2, 1]


def test_the_same_bytes_are_one_file_however_often_linked(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article(1, attachments=(Attachment(FILE), Attachment(COPY))))
    keep(store, crawl_id, FILE)
    keep(store, crawl_id, COPY)
    assert file_counts(store.db.conn) == [("pdf", "read", 1, 1)]
    (times,) = store.db.execute(
        "SELECT (length(files) - length(replace(files, 'Bàu', ''))) / 3 FROM articles_indexed"
    ).fetchone()
    assert times == 1


def test_the_index_follows_every_change(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article(1, attachments=(Attachment(FILE),)))
    keep(store, crawl_id, FILE)
    keep(store, crawl_id, FILE, "Bản sửa: thôn Gò Đình.", body=b"two", at=2)
    assert (ids(store, "Bàu Sen"), ids(store, "Gò Đình")) == ([], [1])
    # The page changes and still links the file; then it does not.
    visit(store, crawl_id, 1, article(1, ("Một bài khác hẳn.",), attachments=(Attachment(FILE),)), at=3)
    assert ids(store, "Gò Đình khác hẳn") == [1]
    visit(store, crawl_id, 1, article(1, ("Bài ấy không còn tệp.",)), at=4)
    assert ids(store, "Gò Đình") == []
    assert check(store.db, deep=True) == []
    store.db.execute("UPDATE files SET text = 'khác'")
    store.db.execute("DELETE FROM attachments")
    assert check(store.db, deep=True) == []
    assert reindex(store.db) == 1
    assert check(store.db, deep=True) == []


def test_a_later_reading_replaces_the_text(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article(1, attachments=(Attachment(FILE),)))
    keep(store, crawl_id, FILE, "", state="corrupt", detail="cut off")
    assert list(unread(store.db.conn)) == []
    assert len(list(unread(store.db.conn, again=True))) == 1
    keep(store, crawl_id, FILE, WORDS, at=2)
    assert ids(store, "Bàu Sen") == [1]
    assert file_counts(store.db.conn) == [("pdf", "read", 1, 1)]


def test_an_attachment_is_linked_after_it_is_inserted(store):
    crawl_id = begun(store)
    visit(store, crawl_id, 1, article(1))
    keep(store, crawl_id, FILE)
    with pytest.raises(sqlite3.IntegrityError, match="first"):
        store.db.execute("INSERT INTO attachments (article_id, url, file_id) VALUES (1, 'x', 1)")


def test_datasette_finds_the_folded_index(store):
    assert store.db["articles"].detect_fts() == "articles_folded"


@pytest.mark.parametrize("failure", ["too_slow", "reader_died", "too_heavy"])
def test_a_file_that_takes_its_reader_down_is_too_heavy(failure):
    exchange = Exchange(
        FILE, "2026-03-01T00:00:00+00:00", 200, {"content-type": "application/pdf"}, b"%PDF-", PLACE
    )
    reading = Reading(None, payload_digest(b"%PDF-"), failure, "reading took more than 10 s")
    outcome = judge(LeasedUrl(1, PORTAL.key, FILE, "attachment", 0), exchange, reading, PORTAL).outcome
    assert (outcome.state, outcome.file.state) == ("done", "too_heavy")
    assert [issue.kind for issue in outcome.issues] == ["file_too_heavy"]


def test_issue_lines_are_clear():
    assert issue_of(FileText("read"), FILE) is None
    assert issue_of(FileText("scanned"), FILE) is None
    said = issue_of(FileText("protected", "pdf", detail="a password is asked for"), FILE)
    assert (said.kind, said.detail) == (
        "file_protected", "the pdf is protected by a password (a password is asked for)"
    )  # fmt: skip
