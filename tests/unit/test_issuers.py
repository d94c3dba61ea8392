"""Who issued a document: from the sentence, the portal's place and the day."""

from dataclasses import replace
from datetime import date

import pytest
from archive_samples import PORTAL, article, begun, visit

from archive.issuers import Issuer, own, resolve
from archive.records import Attachment, Citation
from archive.store import Store

CHAU_DOC = "vn-an-giang-chau-doc"
DAY = date(2021, 12, 28)


@pytest.mark.parametrize(
    ("words", "name", "unit"),
    [
        ("UBND tỉnh", "UBND tỉnh An Giang", "vn-an-giang"),
        ("Ủy ban nhân dân thành phố", "UBND thành phố Châu Đốc", CHAU_DOC),
        ("Chủ tịch UBND tỉnh Kiên Giang", "UBND tỉnh Kiên Giang", "vn-kien-giang"),
        ("Tỉnh uỷ", "Tỉnh ủy An Giang", "vn-an-giang"),
        ("HĐND thành phố Hà Nội", "HĐND thành phố Hà Nội", "vn-ha-noi"),
        ("UBND huyện Châu Phú", "UBND huyện Châu Phú", "vn-an-giang-chau-phu"),
        ("UBND xã", "UBND xã", None),
        ("UBND", "UBND", None),
        ("Sở Y tế", "Sở Y tế", None),
    ],
)
def test_the_level_is_in_the_sentence_and_the_place_in_the_portal(words, name, unit):
    assert resolve(words, CHAU_DOC, DAY) == Issuer(name, unit)


def test_the_day_decides_which_province():
    assert resolve("UBND tỉnh", CHAU_DOC, date(2025, 7, 1)).unit == "vn-an-giang-2025"
    assert resolve("UBND tỉnh", None, DAY) == Issuer("UBND tỉnh", None)
    assert own("KH-UBND", CHAU_DOC, DAY) == Issuer("UBND thành phố Châu Đốc", CHAU_DOC)
    assert own("CT-TTg", CHAU_DOC, DAY) is None


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "kho") as store:
        yield store


def cited(normal, issuer=None, number="814"):
    return Citation(
        f"số {normal}", normal, None, number, 2021, normal.partition("/")[2], issuer, "2021-12-28", 0, 5
    )


def documents(store):
    return store.db.execute("SELECT normal, issuer, issuer_unit FROM documents ORDER BY issuer").fetchall()


def test_one_number_of_two_provinces_is_two_documents(store):
    crawl_id = begun(store, (1, 2, 3))
    store.db.execute("UPDATE portals SET jurisdiction = ?", [CHAU_DOC])
    visit(store, crawl_id, 1, article(1, citations=(cited("814/KH-UBND", "UBND tỉnh"),)))
    visit(store, crawl_id, 2, article(2, citations=(cited("814/KH-UBND", "UBND tỉnh Kiên Giang"),)))
    both = (
        cited("814/KH-UBND", "Ủy ban nhân dân tỉnh An Giang"),
        cited("814/KH-UBND"),
        cited("/TB-UBND", number=""),
    )
    visit(store, crawl_id, 3, article(3, citations=both))
    assert documents(store) == [
        ("814/KH-UBND", "UBND tỉnh An Giang", "vn-an-giang"),
        ("814/KH-UBND", "UBND tỉnh Kiên Giang", "vn-kien-giang"),
    ]
    assert store.db.execute("SELECT count(*) FROM citations").fetchone() == (4,)
    assert store.db.execute(
        "SELECT articles FROM documents_cited WHERE issuer = 'UBND tỉnh An Giang'"
    ).fetchone() == (2,)


def test_reading_a_page_again_finds_the_documents_it_cited(store):
    crawl_id = begun(store, (1,))
    store.db.execute("UPDATE portals SET jurisdiction = ?", [CHAU_DOC])
    undated = replace(cited("814/KH-UBND", "UBND tỉnh"), year=None, date=None, start=60, end=65)
    page = article(1, citations=(cited("814/KH-UBND", "UBND tỉnh"), undated))
    visit(store, crawl_id, 1, page)
    before = documents(store)
    revision_id = store.db.execute("SELECT revision_id FROM articles").fetchone()[0]
    assert store.reread([(revision_id, page)], detail="in a test") == ["same"]
    assert documents(store) == before == [("814/KH-UBND", "UBND tỉnh An Giang", "vn-an-giang")]
    assert store.db.execute("SELECT count(*) FROM citations").fetchone() == (2,)


def test_an_announcement_is_the_publication_of_its_document(store):
    crawl_id = begun(store)
    store.db.execute("UPDATE portals SET jurisdiction = ?", [CHAU_DOC])
    page = article(
        1, citations=(cited("814/KH-UBND"), cited("33/CT-TTg", "Thủ tướng", "33")), rests_on="814/KH-UBND",
        attachments=(Attachment("http://minhhoa.gov.example/tep/814.pdf"),),
    )  # fmt: skip
    visit(store, crawl_id, 1, page)
    row = store.db.execute(
        "SELECT document, issuer, issued_on, portal, file_url FROM publications"
    ).fetchone()
    assert row == (
        "814/KH-UBND", "UBND thành phố Châu Đốc", "2021-12-28", PORTAL.key, "http://minhhoa.gov.example/tep/814.pdf",
    )  # fmt: skip
    assert store.db.execute("SELECT document, cites FROM document_citations").fetchall() == [
        ("814/KH-UBND", "33/CT-TTg")
    ]
