"""The parser's tree, abbreviations, periods, snippets: the parts below the search."""

import doctest
import importlib

import pytest

from archive.search import parse
from archive.search.filters import period
from archive.search.plan import plan
from archive.search.query import And, Leaf, Not, Or
from archive.search.snippets import Highlighter, marked


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("dân vận", And((Leaf(("dân",), marked=True), Leaf(("vận",), marked=True)))),
        ("dan OR van", Or((Leaf(("dan",)), Leaf(("van",))))),
        ("a b OR c", Or((And((Leaf(("a",)), Leaf(("b",)))), Leaf(("c",))))),
        ("a (b OR c)", And((Leaf(("a",)), Or((Leaf(("b",)), Leaf(("c",))))))),
        ("a NOT b", And((Leaf(("a",)), Not(Leaf(("b",)))))),
        ("a -b", And((Leaf(("a",)), Not(Leaf(("b",)))))),
        ("NOT -a", Leaf(("a",))),
        ('“dân vận”', Leaf(("dân", "vận"), marked=True, quoted=True)),
        ("«dan van»", Leaf(("dan", "van"), quoted=True)),
        ("33/CT-TTg", Leaf(("33", "ct", "ttg"))),
        ("ngu*", Leaf(("ngu",), prefix=True)),
        ("a AND AND b", And((Leaf(("a",)), Leaf(("b",))))),
        ("", None),
        ("( ) - \"\" *", None),
        ("portal:x", None),
    ],
)  # fmt: skip
def test_trees(text, node):
    assert parse(text).node == node


def test_filters_are_taken_out_of_the_text():
    query = parse('họp -portal:x năm:2021 source:"báo a" nguồn:b 15:30')
    assert [(one.name, one.value, one.negated) for one in query.filters] == [
        ("portal", "x", True),
        ("year", "2021", False),
        ("source", "báo a", False),
        ("source", "b", False),
    ]
    assert [leaf.words for leaf in query.leaves()] == [("họp",), ("15", "30")]
    assert query.notes == ()


@pytest.mark.parametrize(
    ("text", "index", "expression"),
    [
        ("UBND", "articles_folded", '("ubnd" OR "uy ban nhan dan")'),
        ("HĐND", "articles_exact", '("hđnd" OR "hội đồng nhân dân")'),
        ("uy ban nhan dan", "articles_folded", '(("uy" AND "ban" AND "nhan" AND "dan") OR "ubnd")'),
        ("ủy ban nhân dân", "articles_exact", '(("uỷ" AND "ban" AND "nhân" AND "dân") OR "ubnd")'),
        ("tu", "articles_folded", '"tu"'),
        ("TU", "articles_folded", '("tu" OR "tinh uy" OR "thanh uy")'),
        ('"UBND"', "articles_folded", '"ubnd"'),
        ("hòa -bình", "articles_exact", '("hoà") NOT ("bình")'),
    ],
)
def test_abbreviations_and_indexes(text, index, expression):
    made = plan(parse(text))
    assert made.conditions == ()
    assert (made.match.index, made.match.expr) == (index, expression)


def test_words_of_both_kinds_ask_both_indexes():
    made = plan(parse("Châu doc"))
    assert (made.match.index, made.match.expr) == ("articles_folded", '("chau" AND "doc")')
    assert made.conditions[0].params == ('"châu"',)


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2021", ("2021-01-01", "2022-01-01")),
        ("2021-12", ("2021-12-01", "2022-01-01")),
        ("5/2021", ("2021-05-01", "2021-06-01")),
        ("28/2/2024", ("2024-02-28", "2024-02-29")),
        ("31.12.2021", ("2021-12-31", "2022-01-01")),
        ("31/2/2021", None),
        ("9999", None),
        ("0000", None),
        ("hôm qua", None),
    ],
)
def test_periods(text, days):
    assert period(text) == days


def snippet(query, text, size=12):
    return marked(Highlighter(parse(query).leaves()).snippet(text, size), "[", "]")


def test_snippets_mark_the_original_where_folding_changes_length():
    # "ﬁ", "ß" and decomposed letters fold to more or fewer characters than they are.
    text = "Straße ﬁle Ｄân A\u0300 Đà Nẵng họp"
    assert snippet("da nang", text) == "Straße ﬁle Ｄân A\u0300 [Đà Nẵng] họp"
    assert snippet("Đà", text) == "Straße ﬁle Ｄân A\u0300 [Đà] Nẵng họp"


def test_snippets_show_where_most_words_of_the_query_stand():
    text = "dân " + "một hai ba bốn năm " * 10 + "công tác dân vận của\nxã " + "sáu bảy tám chín " * 10
    shown = snippet("dan van", text, 16)
    assert "công tác [dân vận] của xã" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert snippet("khong co", "ngắn thôi") == "ngắn thôi"
    assert snippet("x", "") == ""
    assert snippet('"van dan"', "dân vận dân") == "dân [vận dân]"
    assert snippet("ngu*", "người ngư dân ngoài") == "[người ngư] dân ngoài"


@pytest.mark.parametrize(
    "module", ["search.query", "search.filters", "web.words", "web.reading", "web.plugin"]
)
def test_examples_in_docstrings(module):
    assert doctest.testmod(importlib.import_module(f"archive.{module}")).failed == 0
