"""The demo's articles as data: read right, varied, and fit to be compared with."""

import re
import unicodedata
from collections import Counter
from datetime import date

import pytest

from crawler.demo import CHROME, articles
from crawler.demo.addresses import SECTIONS
from crawler.demo.content import parse

CHAU_DOC = "An Giang: Triển khai thực hiện Chỉ thị của Thủ tướng Chính phủ"
HEADER = "id: 1\ntitle: Một tin\narea: sa-a/sa-b\npublished: 2022-01-02\n"


def test_there_are_about_forty_and_the_real_one_is_whole():
    assert 40 <= len(articles()) <= 45
    (real,) = [article for article in articles() if article.title.startswith(CHAU_DOC)]
    assert len(real.paragraphs) == 12
    assert real.paragraphs[0].startswith("(Cổng TTĐT tỉnh AG) Ngày 28-12, UBND tỉnh đã ban hành Kế hoạch")
    assert real.paragraphs[-2].endswith("theo quy định./.")
    assert real.paragraphs[-1] == "Nguồn KH số 814 /KH-UBND ngày 28/12/2021"
    assert real.published == "2021-12-28"
    assert real.rests_on == ("814/KH-UBND", "2021-12-28")


@pytest.mark.parametrize("article", articles(), ids=lambda article: article.title[:40])
def test_each_article_is_fit_to_be_compared_with(article):
    assert re.fullmatch(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", article.id)
    assert date.fromisoformat(article.published).year in (2021, 2022)
    assert article.area in {section.area for section in SECTIONS}
    assert 4 <= len(article.paragraphs) <= 20
    whole = "\n".join((article.title, *article.paragraphs))
    assert unicodedata.is_normalized("NFC", whole)
    assert whole == "\n".join(" ".join(line.split()) for line in whole.split("\n"))
    assert not [words for words in CHROME if words in whole]


def test_only_a_legal_clause_recurs():
    seen = Counter(line for article in articles() for line in article.paragraphs if len(line) > 60)
    repeated = {line: count for line, count in seen.items() if count > 1}
    assert len(repeated) == 1
    assert next(iter(repeated)).startswith("Trong quá trình tổ chức thực hiện")
    assert next(iter(repeated.values())) >= 6


def test_a_body_is_read_by_its_marks():
    body = "Mở đầu\nnối dòng.\n\n## Mục một\n\n* ý thứ nhất\n* ý thứ hai\n\n"
    body += "| STT | Tên\n| 1 | A\n\n! Chú thích\n\n> PL"
    article = parse(f"{HEADER}\n{body}\n")
    assert [(part.kind, part.text) for part in article.parts] == [
        ("paragraph", "Mở đầu nối dòng."),
        ("heading", "Mục một"),
        ("list_item", "ý thứ nhất"),
        ("list_item", "ý thứ hai"),
        ("table_row", "STT | Tên"),
        ("table_row", "1 | A"),
        ("picture", "Chú thích"),
        ("signature", "PL"),
    ]
    assert "Chú thích" not in article.paragraphs


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEADER.replace("title: Một tin\n", ""), "no title"),
        (HEADER + "autor: X\n", "autor"),
        (HEADER + "layout: columns\n", "layout is one of"),
    ],
)
def test_a_malformed_file_is_named(text, words):
    with pytest.raises(ValueError, match=words) as caught:
        parse(text, "mot-tin.txt")
    assert "mot-tin.txt" in str(caught.value)
