"""What is made in Python for many texts at once says what the triggers, FTS5 and `fold` say of each."""

import random
import re
import sqlite3

import pytest

from archive.schema.m0002_search import BARE_D, ETH, TONE_PLACEMENT
from archive.search import ranking, search
from archive.search.forms import exact_form, folded_form
from archive.search.letters import bare, folded, marked_words, placed, plain
from archive.vietnamese.fold import fold

_VIETNAMESE = "aàảđĐÐðeếéoòóuủÚyY ỦÝbcnhg ÀÁ.,-_/0123 "
_STRANGE = "→½²³™œÆßẞİıſ日本한😀\u0301\u00ad\u200bªº①Ⅳäñ«»…"


def _texts():
    dice = random.Random(3)
    alphabets = (_VIETNAMESE, _VIETNAMESE * 6 + _STRANGE, "òaóeủyÒAÓEỦYđĐ ")
    return [
        "".join(dice.choice(alphabet) for _ in range(dice.randint(1, 200)))
        for alphabet in alphabets
        for _ in range(200)
    ]


def _words(texts, marks):
    conn = sqlite3.connect(":memory:")
    conn.execute(f'CREATE VIRTUAL TABLE f USING fts5(t, tokenize="unicode61 remove_diacritics {marks}")')
    conn.executemany("INSERT INTO f VALUES (?)", [(text,) for text in texts])
    conn.execute("CREATE VIRTUAL TABLE v USING fts5vocab('f', 'instance')")
    return conn.execute("SELECT term, doc, offset FROM v").fetchall()


def _replaced(text, pairs):
    for old, new in pairs:
        text = text.replace(old, new)
    return text


def test_the_indexes_get_the_same_words_as_from_the_triggers():
    texts = _texts()
    assert sum(bare(text) is not None for text in texts) > 300
    assert sum(placed(text) is None for text in texts) > 100
    lower = sqlite3.connect(":memory:")
    small = [lower.execute("SELECT lower(?)", (text,)).fetchone()[0] for text in texts]
    assert _words([_replaced(text, BARE_D) for text in texts], 2) == _words(map(folded_form, texts), 2)
    by_sql = [_replaced(text, ETH + TONE_PLACEMENT) for text in small]
    assert _words(by_sql, 0) == _words(map(exact_form, texts), 0)


def test_every_letter_keeps_its_place():
    for text in _texts():
        assert len(folded(text)) == len(text)
        if all(letter in _VIETNAMESE for letter in text):
            assert folded(text).split() == [word.encode() for word in re.findall(r"[^\W_]+", fold(text))]


def test_words_are_compared_with_their_marks_and_either_placement():
    assert plain("Ủy ban,  Đà_Nẵng") == b" uy ban da nang "
    assert marked_words("Hòa bình, THÚY") == marked_words("hoà  bình/thuý")
    assert marked_words("hoa") != marked_words("hoà")


@pytest.mark.parametrize(
    "typed", ["dân", "dan", "nông dân", "phường OR tỉnh", '"hội đồng" OR lúa', "đồng thap"]
)
def test_few_matches_are_weighed_as_bm25_weighs_them(written, monkeypatch, typed):
    by_texts = search(written, typed, limit=100)
    monkeypatch.setattr(ranking, "LOOKED_AT", -1)
    by_index = search(written, typed, limit=100)
    assert by_texts.total == by_index.total > 0
    assert {hit.url for hit in by_texts.hits} == {hit.url for hit in by_index.hits}
    assert by_texts.hits[0].url in {hit.url for hit in by_index.hits[:2]}
