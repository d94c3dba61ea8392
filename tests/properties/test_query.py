"""No text whatever makes the search raise, and no text reaches SQL as anything but a parameter."""

import random
import unicodedata

import pytest
import written_archive
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive.search import parse, search
from archive.search.filters import resolve
from archive.search.plan import plan
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


ALPHABET = (
    "aăâbcdđeêghiklmnoôơpqrstuưvxyABCĐ0123456789 \t\"'()*-+:;,./\\%_[]{}^~|&<>=!?#@$`\x00\x07\ud800\u0301"
    "\u200b\uff21\u00d0ﬁßıİ١½🎋"
)
PIECES = (
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    "portal:",
    "year:",
    "doc:",
    "after:",
    "has:",
    "status:",
    "UBND",
    "đồng",
)
MARKER = "zqxwv"


def test_ten_thousand_random_strings_reach_sql_as_parameters_alone(conn):
    dice = random.Random(10_000)
    for _ in range(10_000):
        made = [
            dice.choice(PIECES)
            if dice.random() < 0.3
            else "".join(dice.choices(ALPHABET, k=dice.randint(1, 9)))
            for _ in range(dice.randint(1, 8))
        ]
        made.insert(dice.randrange(len(made) + 1), dice.choice(("", "-", '"', "by:")) + MARKER)
        text = dice.choice(("", " ")).join(made)
        query = parse(text)
        for folded in (False, True):
            source, params = plan(query, resolve(conn, query.filters)[0], folded=folded).source(facets=True)
            assert MARKER not in source, text
            assert source.count("?") == len(params), text
            conn.execute(f"SELECT 1 {source} LIMIT 1", params).fetchone()


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
