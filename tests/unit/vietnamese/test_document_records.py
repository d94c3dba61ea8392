"""Records of documents as portals print them, and tables that only look like one."""

import pytest

from archive.vietnamese.document_no import announced_document
from archive.vietnamese.document_records import read_record

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
