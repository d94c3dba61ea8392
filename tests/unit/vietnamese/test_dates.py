"""Dates: every written form seen on portals, and every date that is not one of publishing."""

import pytest

from archive.vietnamese.dates import PUBLISHABLE, find_dates, from_iso, parse_date

LATEST = "2026-11-30"

STAMPS = [
    ("08:53 02/05/2018", "2018-05-02T08:53:00+07:00", "minute", None),
    ("14:14 30/12/2025", "2025-12-30T14:14:00+07:00", "minute", None),
    ("00:18 16/04/2019", "2019-04-16T00:18:00+07:00", "minute", None),
    ("Đăng lúc: 10:39:22 02/07/2024 (GMT+7)", "2024-07-02T10:39:22+07:00", "second", "published"),
    ("19/08/2019 10:57:25", "2019-08-19T10:57:25+07:00", "second", None),
    ("Gửi lúc: 05/12/2013 15:42:27", "2013-12-05T15:42:27+07:00", "second", "published"),
    ("23/12/2025 20:46:00", "2025-12-23T20:46:00+07:00", "second", None),
    ("20/10/2020, 18:36", "2020-10-20T18:36:00+07:00", "minute", None),
    ("12-04-2024, 11:40", "2024-04-12T11:40:00+07:00", "minute", None),
    ("21/07/2022 | 10:00 AM", "2022-07-21T10:00:00+07:00", "minute", None),
    ("Ngày đăng 18/03/2019 | 04:01 PM | View count: 536", "2019-03-18T16:01:00+07:00", "minute", "published"),
    ("Publish date 24/08/2018 | 17:45", "2018-08-24T17:45:00+07:00", "minute", "published"),
    ("30/03/2021 | 12:00 AM", "2021-03-30", "day", None),
    ("(Ngày đăng :01/10/2013 12:00:00 SA)", "2013-10-01", "day", "published"),
    ("28/12/2021 03:05 CH", "2021-12-28T15:05:00+07:00", "minute", None),
    ("28/12/2021 12:05 CH", "2021-12-28T12:05:00+07:00", "minute", None),
    ("28/12/2021 15:05 CH", "2021-12-28T15:05:00+07:00", "minute", None),
    ("28/12/2021 9:05:07 SA", "2021-12-28T09:05:07+07:00", "second", None),
    ("Thứ ba, 28/12/2021 | 15:30", "2021-12-28T15:30:00+07:00", "minute", None),
    ("Thứ bảy - 20/11/2021 23:10", "2021-11-20T23:10:00+07:00", "minute", None),
    ("Thứ hai - 20/07/2020 23:36", "2020-07-20T23:36:00+07:00", "minute", None),
    ("Thứ tư - 25/03/2020 00:00 111 0", "2020-03-25", "day", None),
    ("Chủ nhật - 08/03/2026 07:15", "2026-03-08T07:15:00+07:00", "minute", None),
    ("CN, 08/03/2026 - 07:15", "2026-03-08T07:15:00+07:00", "minute", None),
    ("Print Thứ Hai, 30/12/2019 16:28 Gốc", "2019-12-30T16:28:00+07:00", "minute", None),
    ("22-08-2019 05:03", "2019-08-22T05:03:00+07:00", "minute", None),
    ("Cập nhật05-02-2021 09:29", "2021-02-05T09:29:00+07:00", "minute", "updated"),
    ("Ngày cập nhật 09/09/2021", "2021-09-09", "day", "updated"),
    ("Đăng ngày 17 - 05 - 2024", "2024-05-17", "day", "published"),
    ("30/12/2014", "2014-12-30", "day", None),
    # The weekday tells the order of day and month.
    ("Thu, 05/22/2014 - 14:30", "2014-05-22T14:30:00+07:00", "minute", None),
    ("Thu, 06/05/2014", "2014-06-05", "day", None),
    ("Thứ năm, 05/06/2014", "2014-06-05", "day", None),
    ("T5, 05/22/2014 - 10:12", "2014-05-22T10:12:00+07:00", "minute", None),
    ("Chủ nhật, 01/05/2016", "2016-05-01", "day", None),
    ("Thứ 5, 22/05/2014", "2014-05-22", "day", None),
    ("13/09/2023", "2023-09-13", "day", None),
    ("Ngày đăng : 23/02/2021", "2021-02-23", "day", "published"),
    ("Ngày đăng: 24/09/2018", "2018-09-24", "day", "published"),
    ("Ngày đăng: 06/01/2021 - Lượt xem: 99", "2021-01-06", "day", "published"),
    ("18/05/2022 1565 0", "2022-05-18", "day", None),
    ("Ngày 14 tháng 11 năm 2018", "2018-11-14", "day", None),
    ("ngày 12 tháng 02 năm 2026 (Thứ Năm)", "2026-02-12", "day", None),
    ("Ngày 03 Tháng Mười Hai, 2020", "2020-12-03", "day", None),
    ("3 Tháng Năm, 2020", "2020-05-03", "day", None),
    ("2020-09-26 10:58", "2020-09-26T10:58:00+07:00", "minute", None),
    ("2021-05-10", "2021-05-10", "day", None),
    ("2024-5-17", "2024-05-17", "day", None),
    ("day 14 October2022", "2022-10-14", "day", None),
    ("May 14, 2016", "2016-05-14", "day", None),
    ("08/02/2021", "2021-02-08", "day", None),
    ("Cập nhật lúc 15h30 ngày 28/12/2021", "2021-12-28T15:30:00+07:00", "minute", "updated"),
    ("Đăng lúc 3:05 chiều, 28/12/2021", "2021-12-28T15:05:00+07:00", "minute", "published"),
    ("12/28/2021 3:05 PM", "2021-12-28T15:05:00+07:00", "minute", None),
    ("Posted on December 28, 2021", "2021-12-28", "day", "published"),
    ("Thứ Ba, ngày 28/12/2021 15:30", "2021-12-28T15:30:00+07:00", "minute", None),
    ("15:30 | 28.12.2021", "2021-12-28T15:30:00+07:00", "minute", None),
    ("Ngày đăng: 2021-12-28 15:30:11", "2021-12-28T15:30:11+07:00", "second", "published"),
    ("Thứ Ba\u00a0-\u00a028/12/2021\u00a015:30", "2021-12-28T15:30:00+07:00", "minute", None),
    ("Tác giả: QT - Đăng lúc: 28/12/2021 15:30 - Xem: 9", "2021-12-28T15:30:00+07:00", "minute", "published"),
    ("29/02/2024 08:00", "2024-02-29T08:00:00+07:00", "minute", None),
    ("ngày  24 tháng 10 năm 2022", "2022-10-24", "day", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "iso", "precision", "label"), STAMPS)
def test_written_forms(text, iso, precision, label):
    found = parse_date(text, latest=LATEST)
    assert found is not None
    assert (found.iso, found.precision, found.label) == (iso, precision, label)


@pytest.mark.parametrize(("text", "iso", "precision", "label"), STAMPS)
def test_a_stamp_is_the_same_wherever_it_stands(text, iso, precision, label):
    """What is read round a date has a length; what is further off changes nothing, nor does the place."""
    (alone,) = (one for one in find_dates(text, latest=LATEST) if one.label == label and one.iso == iso)
    for lines in (1, 2, 5, 9, 40):
        before = "Phường tổ chức hội nghị với bà con các khóm.\n" * lines
        for after in ("", "\nTrang chủ\nGiới thiệu\n", "\n" + "Bà con cùng bàn việc chung. " * lines):
            (found,) = (
                one
                for one in find_dates(before + text + after, latest=LATEST)
                if one.label == label and one.iso == iso
            )
            assert (found.start - len(before), found.end - len(before)) == (alone.start, alone.end)
            assert (found.role, found.precision, found.confidence) == (
                alone.role, alone.precision, alone.confidence,
            )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("(Cổng TTĐT tỉnh MH) Ngày 28-12, UBND tỉnh ban hành kế hoạch", "2021-12-28"),
        ("Ngày 19 - 12, tại hội trường", "2021-12-19"),
        ("Sáng ngày 27-4, Hội Nông dân", "2021-04-27"),
        ("Sáng nay 7/6, đoàn công tác", "2021-06-07"),
        ("Chiều ngày 29.3 tại nhà văn hóa", "2021-03-29"),
        ("Tối ngày 26-10 diễn ra", "2021-10-26"),
        ("Ngày 12/9, thường trực HĐND", "2021-09-12"),
        ("On the morning of January 3, the Chairman", "2021-01-03"),
        ("Ngày 14 tháng 6, Ban Chỉ đạo", "2021-06-14"),
    ],
)
def test_datelines_take_their_year_from_the_page(text, iso):
    (found,) = find_dates(text, default_year=2021)
    assert (found.iso, found.role, found.precision, found.year_given) == (iso, "dateline", "day", False)
    assert find_dates(text) == []


def test_a_december_dateline_on_a_january_page_is_last_years():
    assert find_dates("Ngày 28-12, UBND tỉnh", page_date="2022-01-03")[0].iso == "2021-12-28"
    assert find_dates("Ngày 28-12, UBND tỉnh", page_date="2021-12-28T15:30:00+07:00")[0].iso == "2021-12-28"
    assert find_dates("Ngày 05/01, UBND tỉnh", page_date="2021-12-30")[0].iso == "2022-01-05"


@pytest.mark.parametrize(
    "text",
    [
        "(nhằm ngày 21 đến hết ngày 27/4 âm lịch)",
        "(nhằm 22/4 âm lịch)",
        "22/4 âl – 27/4 Âl",
        "(nhằm 20 tháng 3 đến mùng 06 tháng 4 âl)",
        "( tức ngày 26 tháng Chạp năm Canh Tý )",
        "ngày 10 tháng 3 năm 2022 âm lịch",
        "ngày 15 tháng Giêng năm 2022",
        "mùng 5 tháng 5",
        "ngày 14/7 (âm lịch)",
        "ngày 31/02/2021",
        "ngày 29/02/2023",
        "45/13/2021",
        "00/00/0000",
        "ngày 08/01/218",
        "3.237.71.23",
        "192.168.10.12",
        "0296.3861.234",
        "14/21 khu dân cư",
        "Tỷ số 3-2",
        "1-2 con",
        "ngày 14/21",
        "số 24/7",
        "",
        "không có ngày",
    ],
)
def test_what_is_no_date_is_not_found(text):
    assert find_dates(text, default_year=2021) == []


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("Quyết định số 759/QĐ-TTg ngày 14/4/2025", ["citation"]),
        ("Kế hoạch số 54/KH-UBND, ngày 17/02/2022", ["citation"]),
        ("thông báo số 38/TB- UBND ngày 17/02/2022", ["citation"]),
        ("Quyết định số 1552/QĐ-TTg của Thủ tướng Chính phủ ngày 14/11/2018", ["citation"]),
        ("Nghị định 76-CP ngày 28 tháng 10 năm 1993", ["citation"]),
        ("Quyết định số 01/1999/QĐ.UB ngày 15/01/1999", ["citation"]),
        ("Decree No. 34/2016/ND-CP dated May 14, 2016", ["citation"]),
        ("Ngày ban hành: 31/3/2020", ["citation"]),
        ("Từ ngày 14/07/2025 đến ngày 20/07/2025", ["event", "event"]),
        ("từ ngày 02/01/2021 - 05/01/2021", ["event", "event"]),
        ("ngày 5-8/7/2020", ["event"]),
        ("Trong các ngày 23,24,25/11/2022", ["event"]),
        ("trong 02 ngày 16/9/2023 và 17/9/2023", ["event", "event"]),
        ("18h00 ngày 26/8/2021", ["event"]),
        ("hạn chót nộp hồ sơ: 31/10/2024", ["event"]),
        ("bà Nguyễn Thị Hoa, sinh ngày 02/09/1960", ["event"]),
        ("Thursday, 18/07/2024", ["clock"]),
        ("Your IP: 3.237.71.23\n2020-09-26 10:58", ["clock"]),
        ("Hôm nay: Thứ ba, 28/12/2021", ["clock"]),
        ("Ngày đăng: 31/12/2099", ["event"]),
    ],
)
def test_dates_of_other_things_are_marked_and_never_published(text, roles):
    assert [one.role for one in find_dates(text, latest=LATEST)] == roles
    assert parse_date(text, latest=LATEST) is None
    assert not PUBLISHABLE & set(roles)


def test_the_page_clock_loses_against_the_label():
    found = parse_date("Thursday, 18/07/2024 Ngày đăng: 06/01/2021 - Lượt xem: 99", latest=LATEST)
    assert found.iso == "2021-01-06"
    found = parse_date("Cập nhật: 30/12/2021 08:00\nNgày đăng: 28/12/2021 15:30", latest=LATEST)
    assert (found.iso, found.label) == ("2021-12-28T15:30:00+07:00", "published")


def test_of_two_rows_each_keeps_its_own_time():
    found = find_dates("08:53 02/05/2018\n09:10 03/05/2018", latest=LATEST)
    assert [one.iso for one in found] == ["2018-05-02T08:53:00+07:00", "2018-05-03T09:10:00+07:00"]


def test_offsets_and_evidence_are_exact():
    text = "Trang chủ\nĐăng lúc: 10:39:22 02/07/2024 (GMT+7)\nThân bài"
    (found,) = find_dates(text, latest=LATEST)
    assert text[found.start : found.end] == "10:39:22 02/07/2024 (GMT+7)"
    assert found.evidence == "Đăng lúc: 10:39:22 02/07/2024 (GMT+7)"
    text = "Ngày đăng 18/03/2019 | 04:01 PM | View count: 536"
    (found,) = find_dates(text, latest=LATEST)
    assert text[found.start : found.end] == "18/03/2019 | 04:01 PM"


def test_years_before_portals_are_text_but_not_published():
    assert parse_date("02/09/1945") is None
    assert find_dates("Ngày 02/09/1945, tại quảng trường")[0].iso == "1945-09-02"


@pytest.mark.parametrize(
    ("value", "iso", "precision"),
    [
        ("2021-12-28T15:30:00+07:00", "2021-12-28T15:30:00+07:00", "second"),
        ("2021-12-28T15:30:00+0700", "2021-12-28T15:30:00+07:00", "second"),
        ("2021-12-28T08:30:00Z", "2021-12-28T15:30:00+07:00", "second"),
        ("2021-12-28T08:30:00.123Z", "2021-12-28T15:30:00+07:00", "second"),
        ("2021-12-28T15:30", "2021-12-28T15:30:00+07:00", "minute"),
        ("2021-12-28 15:30:05", "2021-12-28T15:30:05+07:00", "second"),
        ("2021-12-28", "2021-12-28", "day"),
        ("20211228", "2021-12-28", "day"),
        ("2021-12-28T00:00:00+07:00", "2021-12-28", "day"),
        ("2021-12-27T17:00:00Z", "2021-12-28", "day"),
        ("2021-12-28T00:00:00Z", "2021-12-28", "day"),
        ("2025-04-22+0718:00:00", "2025-04-22T18:00:00+07:00", "second"),
        ("2025-04-22+0700:00:00", "2025-04-22", "day"),
        ("Tue, 28 Dec 2021 15:30:05 +0700", "2021-12-28T15:30:05+07:00", "second"),
        ("Tue, 28 Dec 2021 08:30:05 GMT", "2021-12-28T15:30:05+07:00", "second"),
        ("Tue, 28 Dec 2021 12:12:00 GMT", "2021-12-28", "day"),
    ],
)
def test_machine_values(value, iso, precision):
    found = from_iso(value)
    assert (found.iso, found.precision) == (iso, precision)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "now",
        "2021-13-01",
        "2021-02-30T10:00:00Z",
        "28/12/2021",
        "2021-12-28T25:00:00",
        "9" * 80,
        "0000-00-00",
    ],
)
def test_machine_values_refused(value):
    assert from_iso(value) is None
