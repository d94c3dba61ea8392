"""Citations: every written form seen on portals, what each resolves to, and what is no citation."""

from pathlib import Path

import pytest

from archive.vietnamese.document_no import announced_document, find_citations, normalise

DATA = Path(__file__).parent
# One form a line: verbatim, type, number, year, symbol, issuer, date and normal form; empty means none.
ROWS = [line.split("\t") for line in (DATA / "citations.tsv").read_text("utf-8").splitlines()[1:]]
NOT_CITATIONS = (DATA / "not_citations.txt").read_text("utf-8").splitlines()


@pytest.mark.parametrize("frame", ["{}", "Căn cứ {}, các xã triển khai.", "Thực hiện {}\nCác đơn vị", "({})"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_written_form(row, frame):
    verbatim, doc_type, number, year, symbol, issuer, date, normal = (cell or None for cell in row)
    text = frame.format(verbatim)
    found = find_citations(text)
    assert [one.verbatim for one in found] == [verbatim]
    (one,) = found
    assert text[one.start : one.end] == verbatim
    assert (one.doc_type, one.number, one.symbol) == (doc_type, number, symbol)
    assert one.year == (int(year) if year else None)
    assert (one.issuer, one.date, one.normal) == (issuer, date, normal)


@pytest.mark.parametrize("text", NOT_CITATIONS)
def test_what_only_looks_like_a_citation(text):
    assert find_citations(text) == []
    assert find_citations(f"Trong năm, toàn xã có {text}, đạt yêu cầu.") == []


@pytest.mark.parametrize(
    ("text", "issuer"),
    [
        ("Quyết định số 12/QĐ-UBND ngày 02/02/2021 của UBND huyện Tân Lập về việc", "UBND huyện Tân Lập"),
        ("Kế hoạch số 12/KH-UBND của Ủy ban nhân dân tỉnh Minh Họa.", "Ủy ban nhân dân tỉnh Minh Họa"),
        ("Nghị quyết số 5/NQ-HĐND của HĐND tỉnh về", "HĐND tỉnh"),
        ("Kết luận số 15-KL/TU ngày 16/4/2025 của Ban Thường vụ Tỉnh ủy về", "Ban Thường vụ Tỉnh ủy"),
        ("Kết luận số 01-KL/TW ngày 18 tháng 5 năm 2021 của Bộ Chính trị;", "Bộ Chính trị"),
        ("Chỉ thị số 40-CT/TW của Ban Bí thư về", "Ban Bí thư"),
        ("UBND tỉnh đã ban hành Kế hoạch số 814/KH-UBND về", "UBND tỉnh"),
        ("Ngày 5-3, UBND xã Hòa Lợi vừa ban hành Kế hoạch số 14/KH-UBND", "UBND xã Hòa Lợi"),
        ("Chủ tịch UBND huyện Tân Lập ký Quyết định số 99/QĐ-UBND", "Chủ tịch UBND huyện Tân Lập"),
        ("Quyết định số 12/QĐ-UBND về việc khen thưởng", None),
        ("Chỉ thị số 16/CT-TTg của UBND tỉnh", "Thủ tướng Chính phủ"),
    ],
)
def test_issuer_of_local_documents_is_taken_from_the_sentence(text, issuer):
    (one,) = find_citations(text)
    assert one.issuer == issuer


def test_short_names_resolve_inside_the_page():
    text = (
        "Chỉ thị số 16/CT-TTg ngày 31/3/2020 (gọi tắt là Chỉ thị 16). Thực hiện Chỉ thị 16, xã lập chốt.\n"
        "Thông tư số 07/2021/TT-BLĐTBXH ngày 18/7/2021; theo Thông tư số 07 mức chi tăng. Nghị quyết 32 nêu."
    )
    found = find_citations(text)
    assert [(one.verbatim, one.normal) for one in found] == [
        ("Chỉ thị số 16/CT-TTg ngày 31/3/2020", "16/CT-TTg"),
        ("Chỉ thị 16", "16/CT-TTg"),
        ("Chỉ thị 16", "16/CT-TTg"),
        ("Thông tư số 07/2021/TT-BLĐTBXH ngày 18/7/2021", "07/2021/TT-BLĐTBXH"),
        ("Thông tư số 07", "07/2021/TT-BLĐTBXH"),
    ]
    assert all(text[one.start : one.end] == one.verbatim for one in found)
    assert found[4].date == "2021-07-18"


def test_the_date_may_follow_the_issuer():
    (one,) = find_citations("Quyết định số 1552/QĐ-TTg của Thủ tướng Chính phủ ngày 14/11/2018 công nhận")
    assert (one.verbatim, one.date, one.year) == ("Quyết định số 1552/QĐ-TTg", "2018-11-14", 2018)


def test_an_enumeration_keeps_its_type():
    found = find_citations("các Quyết định số 12/QĐ-UBND, 13/QĐ-UBND và số 14/QĐ-UBND của UBND huyện Tân Lập")
    assert [(one.doc_type, one.normal) for one in found] == [
        ("Quyết định", "12/QĐ-UBND"),
        ("Quyết định", "13/QĐ-UBND"),
        ("Quyết định", "14/QĐ-UBND"),
    ]


def test_the_header_of_a_pasted_document():
    text = (
        "ỦY BAN NHÂN DÂN\nXÃ HÒA LỢI\nSố: 566 /TB-UBND\nCỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\n"
        "Hòa Lợi, ngày  24 tháng 10 năm 2022\nTHÔNG BÁO\nVề việc niêm yết"
    )
    (one,) = find_citations(text)
    assert (one.verbatim, one.number, one.symbol, one.normal) == (
        "Số: 566 /TB-UBND",
        "566",
        "TB-UBND",
        "566/TB-UBND",
    )
    assert (one.date, one.year, one.doc_type) == ("2022-10-24", 2022, "THÔNG BÁO")


def test_a_header_published_without_its_number():
    text = "Số:        /TB-UBND\nXuân Lợi, ngày 02  tháng 11  năm 2022\nTHÔNG BÁO"
    (one,) = find_citations(text)
    assert (one.verbatim, one.number, one.symbol, one.date) == (
        "Số:        /TB-UBND",
        "",
        "TB-UBND",
        "2022-11-02",
    )


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("33 /CT-TTG",
         "33/CT-TTg"), ("33/CT–TTg", "33/CT-TTg"), ("33/ct-ttg", "33/CT-TTg"), ("3/CT-TTg", "03/CT-TTg"),
        ("60/NQ-TW",
         "60-NQ/TW"), ("60-NQ/TW", "60-NQ/TW"), ("18-NQ/TƯ", "18-NQ/TW"), ("86-NQ/CP", "86/NQ-CP"),
        ("26/2007/QÐ-UBND", "26/2007/QĐ-UBND"), ("528/QD-UBND", "528/QĐ-UBND"), ("12/QĐUBND", "12/QĐ-UBND"),
        ("01/1999/QĐ.UB",
         "01/1999/QĐ-UB"), ("09/2014/Tt-BTTTT", "09/2014/TT-BTTTT"), ("38/TB- UBND", "38/TB-UBND"),
        ("không phải số", "không phải số"), ("", ""),
    ],
)  # fmt: skip
def test_one_document_has_one_form(written, normal):
    assert normalise(written) == normal
    assert normalise(normal) == normal


@pytest.mark.parametrize(
    ("title", "text", "announced"),
    [
        ("Triển khai công tác dân vận",
         "Thân bài./.\nNguồn KH số 814 /KH-UBND ngày 28/12/2021", ("814/KH-UBND", "2021-12-28")),
        ("Triển khai",
         "Thân bài./.\n(Nguồn: Kế hoạch số 15/KH-UBND ngày 02/02/2022)\nQT", ("15/KH-UBND", "2022-02-02")),
        ("Quyết định số 15/2024/QĐ-UBND quy định mức thu", "Ngày 3/4", ("15/2024/QĐ-UBND", None)),
        ("Thông báo số 9/TB-UBND",
         "Thông báo số 09/TB-UBND ngày 04/04/2024 nêu", ("09/TB-UBND", "2024-04-04")),
        ("Sơ kết 5 năm thực hiện Chỉ thị số 05-CT/TW", "Ngày 3/4, Huyện ủy", None),
        ("Hội nghị công tác dân vận",
         "Thực hiện Chỉ thị số 33/CT-TTg ngày 26/11/2021 ./.\nNguồn: TTXVN", None),
        ("", "", None),
    ],
)  # fmt: skip
def test_the_document_an_article_rests_on(title, text, announced):
    assert announced_document(title, "", text) == announced
