"""No text whatever makes the search raise, and no text reaches SQL as anything but a parameter."""

import unicodedata

import pytest
import written_archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.search import parse, search
from archive.search.snippets import Highlighter
from archive.search.words import as_typed, exact
from archive.vietnamese.fold import fold

FRAGMENTS = st.sampled_from(
    ["AND", "OR", "NOT", "NEAR(", "(", ")", '"', "'", "*", "-", "+", ":", "^", "{title}:", "portal:", "year:"]
    + ["doc:33/CT-TTg", "after:", "has:", "status:gone", "source:", "before:9999", "năm:0000", "-portal:x"]
    + ["Đ", "đồng", "dong", "UBND", "HĐND", "uỷ", "ban", "nhân", "dân", "by:", "; DROP TABLE articles; --"]
    + [
        "\x00",
        "\ud800",
        "Ａ",
        "ﬁ",
        "ß",
        "ı",
        "İ",
        "\u0301",
        "%",
        "_",
        "--",
        "/*",
        "]]",
        "١٢",
        "½",
        "🎋",
        "\u200b",
    ]
)
TYPED = st.one_of(
    st.text(max_size=80),
    st.text(st.characters(), max_size=40),
    st.lists(st.one_of(FRAGMENTS, st.text(max_size=6)), max_size=14).map(" ".join),
    st.lists(FRAGMENTS, max_size=14).map("".join),
)
MANY = settings(deadline=None, max_examples=1500, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def conn():
    conn = written_archive.empty()
    written_archive.fill(conn)
    conn.execute("PRAGMA query_only = ON")
    yield conn
    conn.close()


@pytest.fixture(scope="module")
def writable():
    conn = written_archive.empty()
    written_archive.fill(conn)
    yield conn
    conn.close()


@MANY
@given(text=TYPED, sort=st.sampled_from(["rank", "newest", "oldest"]))
def test_no_text_raises(conn, text, sort):
    results = search(conn, text, sort=sort, limit=3, facets=True)
    assert results.total == results.facets.counted
    assert len(results.hits) == min(3, results.total)


@MANY
@given(text=TYPED)
def test_parsing_never_raises_and_is_bounded(text):
    query = parse(text)
    assert sum(len(leaf.words) for leaf in query.leaves()) <= 64
    assert all(isinstance(note, str) for note in query.notes)


@settings(MANY, max_examples=300)
@given(text=TYPED, query=TYPED)
def test_highlighting_keeps_the_text(text, query):
    parts = Highlighter(parse(query).leaves()).whole(text)
    assert "".join(piece for piece, _ in parts) == text
    Highlighter(parse(query).leaves()).snippet(text)


@settings(MANY, max_examples=300)
@given(text=TYPED)
def test_forms_are_stable(text):
    assert as_typed(as_typed(text)) == as_typed(text)
    assert exact(exact(text)) == exact(text) or not text.isprintable()
    assert fold(exact(text)) == fold(text) or not text.isprintable()


LETTERS = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyfjwzÐð0123456789"
    "àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
)


@settings(MANY, max_examples=300)
@given(word=st.text(st.sampled_from(LETTERS + LETTERS.upper()), min_size=1, max_size=10))
def test_what_is_stored_is_found_however_it_is_typed(writable, word):
    conn = writable
    conn.execute("BEGIN")
    conn.execute("UPDATE articles SET title = ? WHERE article_id = 1", (word,))
    typed = {word, word.upper(), word.lower(), unicodedata.normalize("NFD", word), fold(word)}
    for one in typed - {"AND", "OR", "NOT"}:
        assert 1 in {hit.article_id for hit in search(conn, one, limit=100).hits}, one
    conn.execute("ROLLBACK")


@pytest.mark.parametrize(
    "text", ["(" * 500, '"' * 501, "a OR " * 500, "-" * 300, "x " * 3000, "(a OR b) AND " * 200]
)
def test_abusive_lengths_are_cut_and_said(conn, text):
    results = search(conn, text)
    assert results.notes or set(text) == {"-"}
