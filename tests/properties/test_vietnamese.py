"""Properties of the Vietnamese text code: it never raises, settles at once, and takes linear time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.vietnamese.byline import find_byline, find_source, resolve_source
from archive.vietnamese.dates import find_dates, from_iso, parse_date
from archive.vietnamese.document_no import announced_document, find_citations, normalise
from archive.vietnamese.fold import fold, mend_eth, place_tones
from archive.vietnamese.legacy import repair
from crawler.charset import decode

# Letters, marks, digits and separators that the grammars look for, mixed with anything else.
VIETNAMESE = st.text(
    "aăâeêioôơuưyđĐÐ\u0300\u0301\u0303\u0309\u0323hòạủý QUBND-–/.,:()[]0123456789\n\xa0ngàytháng",
    max_size=120,
)
TEXTS = st.one_of(st.text(max_size=200), VIETNAMESE)
FEW = settings(max_examples=60, deadline=None)


@FEW
@given(TEXTS)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)
    assert place_tones(place_tones(text)) == place_tones(text)
    assert mend_eth(mend_eth(text)) == mend_eth(text)
    assert fold(place_tones(text)) == fold(text)


@FEW
@given(TEXTS)
def test_citations_stand_where_they_say(text):
    for one in find_citations(text):
        assert text[one.start : one.end] == one.verbatim
        assert normalise(one.normal) == one.normal
    announced_document(text[:50], "", text)


@FEW
@given(TEXTS)
def test_dates_are_days_of_the_calendar(text):
    for one in find_dates(text, default_year=2024, latest="2026-11-30"):
        assert 0 <= one.start < one.end <= len(text)
        assert from_iso(one.iso) is not None
        assert one.precision == "day" or one.iso.endswith("+07:00")
    found = parse_date(text, latest="2026-11-30")
    assert found is None or "1997" <= found.day <= "2026-11-30"


@FEW
@given(TEXTS, TEXTS)
def test_bylines_never_raise(first, second):
    source, evidence = find_source(first, [second])
    assert source is None or source in evidence
    find_byline([first, second])
    resolve_source(first)


@FEW
@given(TEXTS)
def test_repair_settles(text):
    repaired, name = repair(text)
    assert name is not None or repaired == text


@FEW
@given(st.binary(max_size=300), st.one_of(st.none(), st.text(max_size=40)))
def test_decoding_never_raises(body, header):
    decode(body, header)


ADVERSARIAL = (
    "1/", "12/QĐ-", "ngày 1-", "số 12/A-A-A", "Quyết định số ", "Luật ", "1.1.1.", "28/12/",
    "thứ hai - ", "Đăng lúc: ", "nhằm ngày 1 ",
    "của UBND ", "A.", "(A", "Nguồn: ", "theo ", "12:", "QĐ 1-", "tháng ", "./.", "Nguyễn ", "Số: /TB-",
    "hợp đồng a ", "®", "ñ", " ", "\n", "1",
)  # fmt: skip


def _all(text):
    find_dates(text, default_year=2024, latest="2026-11-30")
    find_citations(text)
    find_source(text, [text])
    find_byline([text])
    repair(text)
    fold(text)
    decode(text.encode())


def _seconds(text):
    best = None
    for _ in range(3):
        start = time.process_time()
        _all(text)
        taken = time.process_time() - start
        best = taken if best is None else min(best, taken)
    return best


@pytest.mark.parametrize("piece", ADVERSARIAL)
def test_twice_the_text_takes_about_twice_the_time(piece):
    short, long = piece * (8_000 // len(piece)), piece * (32_000 // len(piece))
    # Four times the text: quadratic code would take sixteen times as long. The constant is for the clock.
    assert _seconds(long) < 9 * _seconds(short) + 0.02
