"""Every kind of attached file, made here: whole, in old fonts, scanned, protected, broken, harmful."""

import io
import time
import zipfile
from datetime import datetime

import docx
import olefile
import openpyxl
import pytest
import xlwt
from file_samples import LINES, container, doc, pdf
from pypdf import PdfReader, PdfWriter

from archive.vietnamese.legacy import TCVN3
from crawler.files import looks_like_file, read_file
from crawler.files.text import mend_horns

TEXT = "\n".join(LINES)
_OLD = {chr(letter): chr(code) for code, letter in TCVN3.items()}


def in_tcvn3(text):
    """*text* as the .VnTime fonts hold it, read as windows-1252; plain capitals only."""
    return "".join(_OLD.get(char, char) for char in text.lower())


def saved(document):
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def test_pdf_text_layer():
    found = read_file(pdf(LINES, ["Trang hai: danh sách hộ dân."]))
    assert (found.state, found.format, found.pages) == ("read", "pdf", 2)
    assert found.text == TEXT + "\nTrang hai: danh sách hộ dân."


def test_pdf_in_an_old_font_is_put_right():
    found = read_file(pdf([in_tcvn3(line) for line in LINES], encoding="cp1252"))
    assert found.text == TEXT.lower()
    assert found.repaired == "tcvn3"


def test_pdf_of_pictures_is_marked_as_scanned():
    assert read_file(pdf(["7"], picture=True)).state == "scanned"
    assert read_file(pdf(LINES, picture=True)).state == "read"
    assert read_file(pdf([])).state == "empty"


def test_pdf_with_a_password_says_so():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf(LINES))))
    writer.encrypt("mat-khau", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    found = read_file(stream.getvalue())
    assert (found.state, found.text) == ("protected", "")


def test_docx_keeps_the_order_of_paragraphs_and_tables():
    document = docx.Document()
    document.add_paragraph(LINES[0])
    table = document.add_table(2, 2)
    for cell, text in zip(
        [cell for row in table.rows for cell in row.cells],
        ["Ấp", "Số hộ", "Tân Hòa", "112"],
        strict=True,
    ):
        cell.text = text
    document.add_paragraph(LINES[1])
    found = read_file(saved(document))
    assert found.text == f"{LINES[0]}\nẤp | Số hộ\nTân Hòa | 112\n{LINES[1]}"


def test_docx_old_fonts_are_put_right_run_by_run():
    document = docx.Document()
    paragraph = document.add_paragraph("Số 12, ")
    for text, font in (
        ("uû ban nh©n d©n", ".VnTimeH"),
        (" x· T©n Léc", ".VnTime"),
        (" thoâng baùo", "VNI-Times"),
    ):
        paragraph.add_run(text).font.name = font
    found = read_file(saved(document))
    assert found.text == "Số 12, UỶ BAN NHÂN DÂN xã Tân Lộc thông báo"
    assert found.repaired == "tcvn3"


def test_xlsx_rows():
    book = openpyxl.Workbook()
    book.active.title = "Giá đất"
    for row in (["Vị trí", None, 2.0], [datetime(2024, 3, 5), 1.5, "đồng"], [None, None, None]):
        book.active.append(row)
    found = read_file(saved(book))
    assert (found.format, found.text, found.pages) == (
        "xlsx",
        "Giá đất\nVị trí | | 2\n05/03/2024 | 1.5 | đồng",
        1,
    )


def test_xls_rows():
    book = xlwt.Workbook()
    sheet = book.add_sheet("Lịch")
    sheet.write(0, 0, "Tiếp công dân")
    sheet.write(1, 0, datetime(2023, 11, 2), xlwt.easyxf(num_format_str="dd/mm/yyyy"))
    sheet.write(1, 1, 14.0)
    found = read_file(saved(book))
    assert (found.format, found.text) == ("xls", "Lịch\nTiếp công dân\n02/11/2023 | 14")


def test_doc_pieces_fields_and_cells():
    text = (
        'Điều 1. \x13HYPERLINK "http://vi.du"\x14Kế hoạch\x15 số \x13PAGE\x14 7\x15.\nẤp\x07Số hộ\x07\x07Hết'
    )
    assert read_file(doc(text)).text == "Điều 1. Kế hoạch số 7.\nẤp | Số hộ\nHết"


def test_doc_in_one_byte_is_an_old_font():
    found = read_file(doc("\n".join(map(in_tcvn3, LINES)), narrow=True))
    assert (found.text, found.repaired) == (TEXT.lower(), "tcvn3")


def test_rtf_that_is_called_doc():
    found = read_file(
        rb"{\rtf1\ansi{\fonttbl{\f0 Times;}}Th\u244?ng b\'e1o {\b s\u7889?} 12\par H\u7885?p \{kh\u7849?n\}}"
    )
    assert (found.format, found.text) == ("rtf", "Thông báo số 12\nHọp {khẩn}")


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (container([("EncryptedPackage", b"x"), ("EncryptionInfo", b"y")]), "protected"),
        (doc("kín", encrypted=True), "protected"),
        (doc(TEXT)[:3000], "corrupt"),
        (pdf(LINES)[:200], "corrupt"),
        (b"PK\x03\x04 word/document.xml cut", "corrupt"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "corrupt"),
        (container([("WordDocument", b"\xec\xa5\xc1\x00" + bytes(600)), ("0Table", b"")]), "corrupt"),
        (container([("Workbook", b"\x09\x08 nothing")]), "corrupt"),
        (b"Rar!\x1a\x07\x00", "unsupported"),
        (b"\xff\xd8\xff\xe0 picture", "unsupported"),
        (b"", "unsupported"),
        (b"PK\x03\x04" + bytes(70 * 2**20), "too_heavy"),
    ],
)
def test_what_cannot_be_read_says_why_and_raises_nothing(body, state):
    found = read_file(body)
    assert (found.state, found.text) == (state, "")


MACRO = b'Attribute VB_Name = "ThisDocument"\r\nSub AutoOpen()\r\nShell "calc.exe"\r\nEnd Sub\r\n'
WORD, EXCEL = "application/vnd.ms-word", "application/vnd.ms-excel"
OPEN = "application/vnd.openxmlformats-officedocument"


def with_macros(body, plain, kind, folder):
    """The same Office file as one that carries macros, which says so by the type of its main part."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            part = before.read(name)
            if name == "[Content_Types].xml":
                assert plain.encode() in part
                part = part.replace(plain.encode(), kind.encode())
            after.writestr(name, part)
        after.writestr(f"{folder}/vbaProject.bin", container([("VBA", None), ("ThisDocument", MACRO)]))
    return made.getvalue()


def a_docx():
    document = docx.Document()
    document.add_paragraph(LINES[0])
    return saved(document)


def a_xlsx():
    book = openpyxl.Workbook()
    book.active.append([LINES[0]])
    return saved(book)


def a_xls():
    book = xlwt.Workbook()
    book.add_sheet("Lịch").write(0, 0, LINES[0])
    return saved(book)


def a_xls_with_macros():
    with olefile.OleFileIO(io.BytesIO(a_xls())) as ole:
        stream = ole.openstream("Workbook").read()
    storage = [("_VBA_PROJECT_CUR", None), ("VBA", None), ("ThisWorkbook", MACRO)]
    return container([("Workbook", stream), *storage])


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("docx", with_macros(a_docx(), f"{OPEN}.wordprocessingml.document.main+xml", kind, "word"))
        for kind in (
            f"{WORD}.document.macroEnabled.main+xml",
            f"{WORD}.template.macroEnabledTemplate.main+xml",
            f"{OPEN}.wordprocessingml.template.main+xml",
        )
    ]
    + [
        ("xlsx", with_macros(a_xlsx(), f"{OPEN}.spreadsheetml.sheet.main+xml", kind, "xl"))
        for kind in (f"{EXCEL}.sheet.macroEnabled.main+xml", f"{EXCEL}.template.macroEnabled.main+xml")
    ]
    + [
        ("doc", doc(LINES[0], extra_streams=[("Macros", None), ("VBA", None), ("ThisDocument", MACRO)])),
        ("xls", a_xls_with_macros()),
    ],
    ids=["docm", "dotm", "dotx", "xlsm", "xltm", "doc", "xls"],
)
def test_macros_are_left_alone_and_said(kind, body):
    found = read_file(body)
    assert (found.state, found.format, found.detail) == ("read", kind, "has macros, which were left alone")
    assert LINES[0] in found.text
    assert not any(word in found.text for word in ("Sub ", "Shell", "Attribute", "VBA"))


def test_a_file_without_macros_is_not_said_to_have_any():
    assert [read_file(body).detail for body in (a_docx(), a_xlsx(), doc(TEXT), a_xls())] == [""] * 4


def test_a_bomb_is_not_unpacked():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(300):
                part.write(bytes(2**20))
    before = time.process_time()
    found = read_file(stream.getvalue())
    assert found.state == "too_heavy"
    assert "unpack to 300 MB" in found.detail
    assert time.process_time() - before < 2


def test_a_reader_stops_by_itself_and_keeps_what_it_has():
    found = read_file(pdf(LINES, *[["Trang sau."]] * 30), time_s=-1)
    assert (found.state, found.detail) == ("empty", "the first 0 of 31 pages")
    book = openpyxl.Workbook()
    for number in range(1000):
        book.active.append([number])
    assert read_file(saved(book), time_s=-1).detail == "the first 200 rows"


def test_files_are_told_from_pages():
    assert looks_like_file(pdf(LINES))
    assert looks_like_file(doc(TEXT))
    assert not looks_like_file(b"<!DOCTYPE html>")


def test_horns_lost_in_pdf():
    assert mend_horns("tr-ớc mùa m-a, -u tiên th- QĐ-UBND 2021-2025 A - B") == (
        "trước mùa mưa, ưu tiên thư QĐ-UBND 2021-2025 A - B"
    )
