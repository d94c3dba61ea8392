"""Chrome learned in the order of a crawl, no adapter: floors on two real portals and on one made for it."""

from dataclasses import replace

import pytest

from archive.records import Portal
from benchmarks.metric import Score, pages_of, plain, truth_of
from crawler.chrome import digest_of
from crawler.evidence import unpack
from crawler.page import read_page
from crawler.templates import learn
from tests.portal.taught import CLAUSES, FURNITURE, has_clauses, page, written
from tests.quality.test_replays import score

MATURE = 10
COUNT = 64
# f1, lead, line, cell, title, day, time, leak-free
FLOORS = {
    "nukeviet": (0.99, 0.98, 0.995, 0.99, 0.995, 0.995, 0.99, 0.995),
    "wordpress": (0.99, 0.98, 0.995, 0.99, 0.995, 0.995, 0.99, 0.995),
}


def taught(key, pages):
    """Return a portal without adapter, taught by (URL, body) of article pages."""
    portal = Portal(key=key, platform="generic")
    evidence = []
    for url, body in pages:
        read = read_page(body, url, portal=portal, learn=True)
        if read.evidence:
            evidence.append(unpack(read.evidence))
    return replace(portal, chrome=learn(key, evidence))


@pytest.mark.parametrize("count", [MATURE, 4 * MATURE])
@pytest.mark.parametrize("name", FLOORS)
def test_floors_of_the_replays(shared_dir, name, count):
    pages = dict(pages_of(shared_dir / "captures", name))
    articles = {row["url"] for row in truth_of(shared_dir / "captures", name)}
    order = [(url, body) for url, body in pages.items() if url in articles]
    result = score(shared_dir / "captures", name, taught(name, order[:count]))
    assert isinstance(result, Score)
    f1, *shares = FLOORS[name]
    kinds = ("lead", "line", "cell", "title", "day", "time", "leak-free")
    got = {what: result.share(what) for what in kinds}
    assert result.f1 >= f1, (result.f1, got)
    for (what, share), floor in zip(got.items(), shares, strict=True):
        assert share >= floor, (what, share, result.counts)


def address(number):
    return f"http://anphuoc.gov.example{written(number).path}"


def one_template(_number):
    return "tin"


def two_templates(number):
    return "tin" if number % 3 else "vb"


@pytest.mark.parametrize("template", [one_template, two_templates])
@pytest.mark.parametrize("count", [MATURE, 20, 60])
def test_clauses_of_40_percent_stay_on_every_page_and_furniture_on_none(template, count):
    def body(number):
        return page(number, COUNT, template(number)).encode()

    portal = taught("anphuoc", [(address(number), body(number)) for number in range(count)])
    if template is two_templates:
        assert len(portal.chrome.slots) == 2, portal.chrome.slots
    clauses = 0
    for number in range(COUNT):
        read = read_page(body(number), address(number), portal=portal).article
        said = [line for line in (read.lead, *read.text.split("\n")) if line]
        assert said == list(written(number).lines), number
        # One `<title>` for all pages and no heading: the title's place is learned too.
        assert read.title == written(number).title
        assert read.method == "learned"
        assert read.reading == f"generic {digest_of(portal.chrome)}"
        assert any(block.reason.startswith("recurs on ") for block in read.removed)
        clauses += sum(clause in said for clause in CLAUSES)
    carriers = sum(has_clauses(number) for number in range(COUNT))
    assert carriers >= 0.4 * COUNT
    assert clauses == len(CLAUSES) * carriers


def test_an_adapters_container_is_cleaned_too():
    """Share boxes and greetings inside the container that an adapter knows recur; legal clauses stay."""

    def body(number):
        article = written(number)
        lines = "".join(f"<p>{line}</p>" for line in article.lines)
        return (
            f"<html><head><title>{article.title}</title></head><body><article class='post'>"
            f"<h1 class='entry-title'>{article.title}</h1><div class='entry-content'>"
            "<div class='loi-chao'>Ban biên tập kính chào quý bạn đọc ghé thăm chuyên mục của huyện</div>"
            f"{lines}<div class='dem'>Bài này được bạn đọc ghé xem {number * 7 + 11} lần trong tháng</div>"
            "</div></article></body></html>"
        ).encode()

    portal = replace(
        taught("anphuoc", [(address(number), body(number)) for number in range(MATURE)]), platform="wordpress"
    )
    for number in range(COUNT):
        read = read_page(body(number), address(number), portal=portal).article
        assert read.method == "adapter"
        assert [line for line in (read.lead, *read.text.split("\n")) if line] == list(written(number).lines)


def test_without_a_model_and_where_the_slot_misses_judgement_decides():
    portal = taught("anphuoc", [(address(n), page(n, COUNT).encode()) for n in range(MATURE)])
    article = written(3)
    other = (
        f"<html><head><title>{article.title}</title></head><body><main class='khac'><h1>{article.title}</h1>"
        + "".join(f"<p>{line}</p>" for line in article.lines)
        + "</main></body></html>"
    ).encode()
    for taught_or_not in (portal, replace(portal, chrome=None)):
        read = read_page(other, address(3), portal=taught_or_not).article
        assert read.method not in ("learned", "adapter")
        assert plain(f"{read.lead} {read.text}") == plain(" ".join(article.lines))


def test_few_pages_teach_nothing_yet():
    portal = taught("anphuoc", [(address(n), page(n, COUNT).encode()) for n in range(MATURE - 1)])
    assert digest_of(portal.chrome) == ""
    read = read_page(page(0, COUNT).encode(), address(0), portal=portal).article
    assert not any(block.reason.startswith("recurs on ") for block in read.removed)
    assert any(word in read.text for word in FURNITURE)


def test_evidence_is_small_and_survives_its_packing():
    read = read_page(page(1, COUNT).encode(), address(1), portal=Portal("x", platform="generic"), learn=True)
    assert len(read.evidence) < 4096
    evidence = unpack(read.evidence)
    assert evidence.url == address(1)
    assert unpack(evidence.pack()) == evidence
    assert unpack(b"no evidence") is None
    assert unpack(read.evidence[:50]) is None
