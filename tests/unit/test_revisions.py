"""The line of texts, and a diff that reads well in Vietnamese."""

from archive_samples import LINES, address, article, begun, visit
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from archive.revisions import Piece, count_words, word_diff
from archive.store import Store

words = st.lists(
    st.sampled_from(["Ủy", "ban", "và", "của", "xã.", "\n", "33/CT-TTg,", "  "]), max_size=25
).map(" ".join)


def shown(old, new):
    marks = {"same": "{}", "gone": "[-{}-]", "new": "[+{}+]"}
    return "".join(marks[piece.operation].format(piece.text) for piece in word_diff(old, new))


def test_whole_phrases_change():
    old = "Chủ tịch Ủy ban nhân dân thành phố và các phòng dự hội nghị."
    new = "Phó Chủ tịch Hội đồng nhân dân thành phố và các ban dự hội nghị."
    assert shown(old, new) == (
        "[+Phó +]Chủ tịch [-Ủy ban -][+Hội đồng +]nhân dân thành phố và các [-phòng -][+ban +]dự hội nghị."
    )


def test_one_kept_syllable_does_not_cut_a_phrase_into_crumbs():
    assert shown("Ông Nguyễn Văn An chủ trì.", "Ông Trần Văn Bình chủ trì.") == (
        "Ông [-Nguyễn Văn An -][+Trần Văn Bình +]chủ trì."
    )


def test_documents_and_dates_are_one_word():
    assert shown("Chỉ thị 33/CT-TTg ngày 28-12.", "Chỉ thị 34/CT-TTg ngày 28-12.") == (
        "Chỉ thị [-33/CT-TTg -][+34/CT-TTg +]ngày 28-12."
    )


def test_nothing_changed():
    assert word_diff("a b", "a b") == [Piece("same", "a b")]
    assert word_diff("", "") == []
    assert count_words(word_diff("một hai", "một ba bốn")) == (2, 1)


@given(words, words)
def test_both_texts_can_be_had_again(old, new):
    pieces = word_diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.operation != "new") == old
    assert "".join(piece.text for piece in pieces if piece.operation != "gone") == new
    assert all(piece.text for piece in pieces)


def test_the_archive_from_python(tmp_path):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store, [1, 2])
        visit(store, crawl_id, 1, article(tags=("dân vận",)))
        visit(store, crawl_id, 1, article(lines=LINES[:2]), at=1)
        visit(store, crawl_id, 2, article(1, url="http://minhhoa.gov.example/khac", lines=LINES[:2]), at=2)
    with Archive(tmp_path / "a") as archive:
        found = archive.article(address(1) + "?utm_source=zalo#x")
        assert (found.title, found.text, found.portal) == (article().title, "\n".join(LINES[:2]), "minhhoa")
        assert [block.text for block in found.blocks] == list(LINES[:2])
        assert archive.article("http://www.minhhoa.gov.example/khac").article_id == found.article_id
        assert archive.article("http://minhhoa.gov.example/none") is None
        assert [one.number for one in archive.revisions(address(1))] == [1, 2]
        assert archive.revisions("http://q.example/") == []
        (status,) = archive.status()
        assert (status.articles, status.captures, status.urls["done"]) == (1, 3, 2)
        assert archive.search("dan van").total == 1
