"""What passes to a reader and back: the same job and the same reading, nothing twice."""

import io
import pickle
from dataclasses import replace

import pytest

from archive.records import ChromeModel, Link, Portal
from crawler import passing
from crawler.page import Page
from crawler.passing import LENGTH, Answering, Asking, work
from crawler.reading import Reading, ReadJob

PORTAL = Portal("xa", hosts=("xa.gov.example",), chrome=ChromeModel("xa", 10, chrome=("dau" * 2000,)))
JOB = ReadJob(b"<p>", "http://xa.gov.example/", "text/html", "", PORTAL, "page", learn=True, sign=True)


def reading(links):
    return Reading(Page("http://xa.gov.example/", "generic", "listing", links=tuple(links)), "sha1:A")


def links(first, count):
    return [Link(f"http://xa.gov.example/{n}", f"xa)/{n}", "page") for n in range(first, first + count)]


def test_a_portal_is_sent_once_until_it_changes():
    one, other = Asking(), Answering()
    sizes = []
    for job in (JOB, replace(JOB, url="http://xa.gov.example/2"), replace(JOB, portal=replace(PORTAL))):
        data = one.pack(job)
        sizes.append(len(data))
        assert other.unpack(data) == job
    assert sizes[1] < 500 < sizes[0]
    assert sizes[2] > 500


def test_links_are_sent_once_and_come_in_order(monkeypatch):
    monkeypatch.setattr(passing, "MOST_LINKS", 300)
    one, other = Asking(), Answering()
    menu = links(0, 130)
    first = other.pack(reading(menu))
    assert one.unpack(first) == reading(menu)
    for page in range(1, 60):
        shown = [*menu[page:], *links(1000 * page, 7), *menu[:page]]
        data = other.pack(reading(shown))
        assert one.unpack(data) == reading(shown)
        if page < 20:
            assert len(data) < len(first) / 4
    assert len(one._links) <= 300 + 137


def test_what_has_no_page_passes_too():
    one, other = Asking(), Answering()
    for told in (Reading(None, "sha1:A", "too_heavy", "…"), reading([])):
        assert one.unpack(other.pack(told)) == told


@pytest.mark.parametrize(
    "data",
    [b"", b"noise", pickle.dumps("word"), pickle.dumps((1, 2, 3, 4)),
     pickle.dumps((reading([]), False, (), b"\x09\0\0\0"))],
)  # fmt: skip
def test_what_is_no_answer_is_said_to_be_none(data):
    with pytest.raises(pickle.UnpicklingError):
        Asking().unpack(data)


def test_a_reader_answers_until_its_source_ends():
    one, sink = Asking(), io.BytesIO()
    jobs = [one.pack(replace(JOB, body=f"<p>{n}".encode())) for n in range(2)]
    work(io.BytesIO(b"".join(LENGTH.pack(len(job)) + job for job in jobs) + b"\0"), sink)
    sink.seek(0)
    for _ in jobs:
        (size,) = LENGTH.unpack(sink.read(LENGTH.size))
        assert one.unpack(sink.read(size)).body_digest
    assert sink.read() == b""
