"""Records of documents as portals print them, and tables that only look like one."""

import pytest

from archive.vietnamese.document_no import announced_document, find_citations
from archive.vietnamese.document_records import read_record
from archive.vietnamese.document_symbols import issuer_of

SUBJECT = "Về việc quy định giá dịch vụ bến đò ngang trên địa bàn huyện"


@pytest.mark.parametrize(
    "text",
    [
        f"Số ký hiệu: 45/QĐ-UBND\nNgày ban hành: 17/06/2022\nTrích yếu: {SUBJECT}\n"
        "Cơ quan ban hành: UBND huyện",
        f"Số hiệu văn bản | 45/QĐ-UBND\nNgày ban hành | 17-6-2022\nTrích yếu nội dung | {SUBJECT}\n"
        "Cơ quan ban hành | UBND huyện\nNgười ký | Trần Thị Sen",
        f"Số/Ký hiệu | Ngày ban hành | Trích yếu | Cơ quan ban hành\n"
        f"45/QĐ-UBND | 17/06/2022 | {SUBJECT} | UBND huyện",
    ],
)
def test_a_record_is_read_in_every_form(text):
    record = read_record(f"Giới thiệu văn bản mới.\n{text}\nTải về tại đây.")
    assert (record.number, record.day) == ("45/QĐ-UBND", "2022-06-17")
    assert (record.subject, record.issuer) == (SUBJECT, "UBND huyện")
    assert announced_document("Giá đò ngang", "", text) == ("45/QĐ-UBND", "2022-06-17")


@pytest.mark.parametrize(
    "text",
    [
        "Số: 45/QĐ-UBND\nCăn cứ Luật Giá.",
        "Số ký hiệu | Ngày ban hành | Trích yếu\n"
        "45/QĐ-UBND | 17/06/2022 | Giá đò\n46/QĐ-UBND | 18/06/2022 | Giá chợ",
        "Số ký hiệu: 45/QĐ-UBND\nNgày ban hành: 1/2/2022\nTrích yếu: a\nSố ký hiệu: 46/QĐ-UBND\nTrích yếu: b",
        "Số lượng: 45\nNgày ký: 1/2/2022\nNgười ký: ông Sáu",
        "Số: 12 đường Trần Phú\nNgày ký: 1/2/2022\nNgười ký: ông Sáu",
    ],
)
def test_what_is_no_record_of_one_document(text):
    assert read_record(text) is None


def test_a_long_text_costs_little():
    assert read_record(("Số" * 5000 + " : ") * 40 + "\n| " * 20_000) is None


def test_a_citation_with_a_date_does_not_hide_the_next():
    text = (
        "Căn cứ Quyết định số 12/QĐ-UBND ngày 02/02/2021, Kế hoạch số 13/KH-UBND ngày 03/02/2021 và"
        " Công văn số 14/UBND-VX ngày 04/02/2021."
    )
    assert [(one.number, one.date) for one in find_citations(text)] == [
        ("12", "2021-02-02"), ("13", "2021-02-03"), ("14", "2021-02-04"),
    ]  # fmt: skip


def test_a_short_name_means_the_last_that_could_be_meant():
    text = (
        "Quyết định số 12/QĐ-TTg ngày 02/02/2020."
        " Quyết định số 12/QĐ-UBND ngày 03/03/2021 của UBND huyện Tân Lập."
        " Theo Quyết định 12, xã chi hỗ trợ."
    )
    last = find_citations(text)[-1]
    assert (last.verbatim, last.normal, last.date) == ("Quyết định 12", "12/QĐ-UBND", "2021-03-03")
    assert (last.issuer, last.year) == ("UBND huyện Tân Lập", find_citations(text)[1].year)


def test_the_unit_behind_the_bodies_ends_them():
    assert issuer_of(["TTLT", "BNV", "BTC"]) == "Bộ Nội vụ, Bộ Tài chính"
    assert issuer_of(["TTLT", "BNV", "KHTC", "BTC"]) == "Bộ Nội vụ"
    assert issuer_of(["QĐ", "BNV", "BTC"]) == "Bộ Nội vụ"
    assert issuer_of([]) is None


def test_a_closing_line_is_a_line_and_no_paragraph():
    body = "Xã họp bàn việc nước sạch.\n"
    line = "Nguồn KH số 814 /KH-UBND ngày 28/12/2021"
    assert announced_document("Xã họp", "", body + line) == ("814/KH-UBND", "2021-12-28")
    fits, longer = line + "." * (199 - len(line)), line + "." * (200 - len(line))
    assert announced_document("Xã họp", "", body + fits) == ("814/KH-UBND", "2021-12-28")
    assert announced_document("Xã họp", "", body + longer) is None
    much = line + ". " + "Bà con hưởng ứng rất đông. " * 12
    assert announced_document("Xã họp", "", body + much) is None
