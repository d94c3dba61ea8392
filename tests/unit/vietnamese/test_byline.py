"""Sources and bylines: the forms portals print, and the brackets and lines that are neither."""

import pytest

from archive.vietnamese.byline import find_byline, find_source, resolve_source


@pytest.mark.parametrize(
    ("paragraph", "source"),
    [
        ("(Cổng TTĐT tỉnh AG) Ngày 28-12, UBND tỉnh ban hành", "Cổng TTĐT tỉnh AG"),
        ("(AG Provincial E-Portal) - On the morning of January 3", "AG Provincial E-Portal"),
        ("(TGAG)- Sáng ngày 5/3, Ban Tuyên giáo", "TGAG"),
        ("HNP - Chiều 5/3, tại trụ sở", "HNP"),
        ("(Chinhphu.vn) - Thủ tướng Chính phủ", "Chinhphu.vn"),
        ("(Mặt trận) - Ngày 3/2, Ủy ban", "Mặt trận"),
        ("YênBái - Hội nghị diễn ra", "YênBái"),
        ("(QNO) - Chiều nay", "QNO"),
        ("(minhhoa.gov.vn) – Sáng 01/4, đồng chí", "minhhoa.gov.vn"),
        ("(VTC News) - Bộ Tài chính", "VTC News"),
        ("(SGGP). - Ngày 22-10, tại Hà Nội", "SGGP"),
        ("(ĐTCK) Mặc dù đã nỗ lực", "ĐTCK"),
        ("VOV.VN - Chiều nay, Quốc hội", "VOV.VN"),
        ("QĐND Online – Sáng nay, Bộ Quốc phòng", "QĐND Online"),
        ("[TTXVN] - Sáng nay", "TTXVN"),
    ],
)
def test_the_source_that_opens_a_paragraph(paragraph, source):
    found, evidence = find_source(paragraph)
    assert found == source
    assert source in evidence
    assert evidence in paragraph


@pytest.mark.parametrize(
    "paragraph",
    [
        "(BĐ) - Sáng nay, UBND tỉnh",
        "(AQ-04) là giống lúa mới", "(COVID-19) diễn biến phức tạp", "(ảnh) Quang cảnh hội nghị",
        "(Ảnh minh họa)", "(Tiếp theo kỳ trước) Ngày 5/3",
        "(Kỳ 2) - Những người giữ rừng", "(UBND) - xã", "Ông Trần Văn Bình - Chủ tịch UBND xã",
        "Cù Lao Xanh – điểm đến mới", "Ngày 28-12, UBND tỉnh",
        "UBND - HĐND xã phối hợp", "(gọi tắt là Nghị định) quy định", "(28/12) Hội nghị", "", "()",
        "Hội nghị (TTXVN) khai mạc",
        "TP - Hồ Chí Minh", "COVID-19 - Những điều cần biết", "Sáng nay - Hội nghị", "(Dự thảo lần 2) Căn cứ",
    ],
)  # fmt: skip
def test_what_opens_a_paragraph_and_is_no_source(paragraph):
    assert find_source(paragraph) == (None, "")


@pytest.mark.parametrize(
    ("line", "source"),
    [
        ("Nguồn: TTXVN", "TTXVN"),
        ("Nguồn tin: danviet.vn", "danviet.vn"),
        ("(Nguồn: www.baominhhoa.vn)", "www.baominhhoa.vn"),
        ("Nguồn: Baohatinh.vnÝ kiến bạn đọc", "Baohatinh.vn"),
        ("Tác giả : - Nguồn: Theo baoangiang.com.vn", "baoangiang.com.vn"),
        ("Theo TTXVN", "TTXVN"),
        ("Theo www.qdnd.vn", "www.qdnd.vn"),
        ("Theo Báo Minh Họa", "Báo Minh Họa"),
        ("Theo Nguyệt Thanh/camau.gov.vn", "camau.gov.vn"),
        ("Mỹ Bình (TTXVN)", "TTXVN"),
        ("Thành Chung/VOV", "VOV"),
        ("Nguồn tin: Sở Thông tin và Truyền thông", "Sở Thông tin và Truyền thông"),
        ("Nguồn tin: HND huyện Nam Giang", "HND huyện Nam Giang"),
        ("Nguồn Cổng TTĐT tỉnh Minh Họa", "Cổng TTĐT tỉnh Minh Họa"),
        ("Tác giả: Lê Hiên, Nguồn: Báo Minh Họa | Lượt xem: 12", "Báo Minh Họa"),
    ],
)
def test_the_source_in_a_closing_line(line, source):
    assert find_source("Ngày 5/3, hội nghị diễn ra.", ["Hội nghị kết thúc./.", line]) == (source, line)


@pytest.mark.parametrize(
    "line",
    [
        "Nguồn KH số 814 /KH-UBND ngày 28/12/2021", "Nguồn: Kế hoạch số 15/KH-UBND ngày 02/02/2022",
        "Ảnh minh họa (nguồn Internet)", "(Nguồn: Internet)",
        "Theo kế hoạch, các xã hoàn thành trước ngày 30/4.", "Theo đó, hội nghị thống nhất.",
        "Nguồn vốn đầu tư là 12 tỷ đồng.", "Nguồn nhân lực của xã",
        "Theo ông Bình, lúa được mùa", "Ảnh: Thế Duyệt/TTXVN", "Các đơn vị báo cáo theo quy định./.",
        "Tin, ảnh: Hải Thanh",
    ],
)  # fmt: skip
def test_closing_lines_that_name_no_source(line):
    assert find_source("", [line]) == (None, "")


def test_a_label_is_trusted_before_what_opens_the_text():
    assert find_source("(TTXVN) - Sáng nay", [], labelled=["Nguồn tin: Báo Minh Họa"])[0] == "Báo Minh Họa"
    assert find_source("(TTXVN) - Sáng nay", ["Theo Báo Minh Họa"])[0] == "Báo Minh Họa"


@pytest.mark.parametrize(
    ("line", "byline"),
    [
        ("PL", "PL"),
        ("H.C", "H.C"),
        ("T.SỸ", "T.SỸ"),
        ("Quốc Tuấn", "Quốc Tuấn"),
        ("TRANG NGUYỄN", "TRANG NGUYỄN"),
        ("Mai H", "Mai H"),
        ("Trúc Mai – Trung Thắng", "Trúc Mai – Trung Thắng"),
        ("Nguyễn Khánh (CCVH)", "Nguyễn Khánh (CCVH)"),
        ("UBND huyện Tân Lập", "UBND huyện Tân Lập"),
        ("Văn phòng HĐND-UBND", "Văn phòng HĐND-UBND"),
        ("TT.HĐND xã Hòa Lợi", "TT.HĐND xã Hòa Lợi"),
        ("Thanh Trúc ( Đài Truyền thanh huyện Tân Lập).", "Thanh Trúc ( Đài Truyền thanh huyện Tân Lập)."),
        ("Văn Thông -Văn phòng UBND xã Hòa Lợi", "Văn Thông -Văn phòng UBND xã Hòa Lợi"),
        ("ĐÀI KHÍ TƯỢNG THUỶ VĂN QUỐC GIA", "ĐÀI KHÍ TƯỢNG THUỶ VĂN QUỐC GIA"),
        ("Tin, ảnh: Hải Thanh", "Hải Thanh"),
        ("Bài, ảnh: NGỌC HẢO", "NGỌC HẢO"),
        ("Tin và ảnh: Lê Hiên", "Lê Hiên"),
        ("T/h: Hải Thanh", "Hải Thanh"),
        ("Người thực hiện Lê Hiên – Đài truyền thanh Đông Nam", "Lê Hiên – Đài truyền thanh Đông Nam"),
        ("Tác giả bài viết: HND huyện Nam Giang", "HND huyện Nam Giang"),
        ("Tác giả: Lê Hiên - Nguồn: Báo Minh Họa", "Lê Hiên"),
        ("các đơn vị báo cáo theo quy định./. Quốc Tuấn", "Quốc Tuấn"),
        ("giải quyết theo quy định./. Mỹ Bình (TTXVN)", "Mỹ Bình"),
        ("Theo Nguyệt Thanh/camau.gov.vn", "Nguyệt Thanh"),
        ("Mỹ Bình (TTXVN)", "Mỹ Bình"),
    ],
)
def test_bylines(line, byline):
    found, evidence = find_byline(["Hội nghị kết thúc lúc 11 giờ.", line])
    assert found == byline
    assert evidence == line.rsplit("./. ", 1)[-1]


@pytest.mark.parametrize(
    "line",
    [
        "Tác giả: admin", "Tác giả: Administrator", "Tác giả : - Nguồn: Theo baoangiang.com.vn",
        "Các đơn vị báo cáo theo quy định./.",
        "Hội nghị kết thúc lúc 11 giờ cùng ngày.", "Hình Ảnh Hoạt Động", "DỰ BÁO KHÍ TƯỢNG",
        "Nguồn KH số 814 /KH-UBND ngày 28/12/2021",
        "Lúa vụ ba được mùa, nông dân phấn khởi", "Tin liên quan", "admin", "Tải về tại đây", "",
        "12/12/2021", "Chủ tịch: Nguyễn Văn An",
    ],
)  # fmt: skip
def test_lines_that_name_nobody(line):
    assert find_byline([line]) == (None, "")


def test_the_byline_may_stand_above_the_source():
    lines = ["Hội nghị kết thúc./.", "Thanh Hương", "Nguồn tin: danviet.vn"]
    assert find_byline(lines) == ("Thanh Hương", "Thanh Hương")
    assert find_source("", lines) == ("danviet.vn", "Nguồn tin: danviet.vn")


@pytest.mark.parametrize(
    ("name", "province", "role"),
    [
        ("Cổng TTĐT tỉnh AG", "An Giang", "provincial portal"),
        ("AG Provincial E-Portal", "An Giang", "provincial portal"),
        ("Cổng Thông tin điện tử tỉnh Đồng Tháp", "Đồng Tháp", "provincial portal"),
        ("angiang.gov.vn", "An Giang", "provincial portal"),
        ("https://www.danang.gov.vn/", "Đà Nẵng", "provincial portal"),
        ("Cổng TTĐT Chính phủ", None, "government portal"),
        ("Chinhphu.vn", None, "government portal"),
        ("Cổng TTĐT tỉnh BT", None, None),
        ("Cổng TTĐT huyện Châu Phú", None, None),
        ("Cổng TTĐT Sở Y tế An Giang", None, None),
        ("TTXVN", None, None),
        ("Báo An Giang", None, None),
    ],
)
def test_sources_resolve_to_the_portals_they_name(name, province, role):
    resolved = resolve_source(name)
    assert (resolved.province, resolved.role) == (province, role)
    assert resolved.key == resolve_source(resolved.key).key


@pytest.mark.parametrize(
    "line",
    [
        "Thực hiện chức năng tham mưu, giúp UBND tỉnh quản lý nhà nước về du lịch.",
        "Thực hiện Chỉ thị số 33/CT-TTg, UBND xã giao các ấp rà soát danh sách.",
        "Thực hiện Nghị quyết của Hội đồng nhân dân.",
    ],
)
def test_a_sentence_that_begins_like_a_label_is_no_byline(line):
    assert find_byline([line]) == (None, "")
