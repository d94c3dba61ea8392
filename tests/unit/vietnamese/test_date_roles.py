"""What each date of a text is taken for, how sure that is, and where it stands: one line a case."""

from datetime import datetime

import pytest

from archive.vietnamese import dates
from archive.vietnamese.dates import find_dates, from_iso, parse_date, read_day

LATEST = "2026-11-30"
# text, and of each date: what it is, its role, its label, the confidence, its own characters.
READ = [
    (
        "Ngày đăng: 05/06/2024 08:15",
        [("2024-06-05T08:15:00+07:00", "stamp", "published", 0.95, "05/06/2024 08:15")],
    ),
    (
        "Cập nhật: 05/06/2024 08:15:09",
        [("2024-06-05T08:15:09+07:00", "stamp", "updated", 0.7, "05/06/2024 08:15:09")],
    ),
    ("Ngày đăng 05/06/24", [("2024-06-05", "stamp", "published", 0.75, "05/06/24")]),
    ("05/06/2024", [("2024-06-05", "stamp", None, 0.6, "05/06/2024")]),
    ("05/06/2024 08:15", [("2024-06-05T08:15:00+07:00", "stamp", None, 0.85, "05/06/2024 08:15")]),
    ("05/06/24", [("2024-06-05", "stamp", None, 0.4, "05/06/24")]),
    ("08:15 05/06/24", [("2024-06-05T08:15:00+07:00", "stamp", None, 0.65, "08:15 05/06/24")]),
    ("Thứ Tư, 05/06/2024", [("2024-06-05", "stamp", None, 0.6, "05/06/2024")]),
    ("Thứ Tư, ngày 05/06/2024, tại hội trường", [("2024-06-05", "dateline", None, 0.4, "05/06/2024")]),
    ("Thứ Tư, 05/06/2024, tại hội trường xã", [("2024-06-05", "stamp", None, 0.6, "05/06/2024")]),
    (
        "Wednesday, 05/06/2024 08:15",
        [("2024-06-05T08:15:00+07:00", "stamp", None, 0.85, "05/06/2024 08:15")],
    ),
    ("Wednesday, 05/06/2024", [("2024-06-05", "clock", None, 0.0, "05/06/2024")]),
    ("08:15 ngày 05/06/2024", [("2024-06-05T08:15:00+07:00", "event", None, 0.0, "08:15 ngày 05/06/2024")]),
    (
        "Đăng lúc 08h15 ngày 05/06/2024",
        [("2024-06-05T08:15:00+07:00", "stamp", "published", 0.95, "08h15 ngày 05/06/2024")],
    ),
    ("8 giờ ngày 05/06/2024", [("2024-06-05T08:00:00+07:00", "event", None, 0.0, "8 giờ ngày 05/06/2024")]),
    (
        "8 giờ 15 phút ngày 05/06/2024",
        [("2024-06-05T08:15:00+07:00", "event", None, 0.0, "8 giờ 15 phút ngày 05/06/2024")],
    ),
    ("Ngày 05/06/2024, xã họp", [("2024-06-05", "dateline", None, 0.4, "05/06/2024")]),
    ("Sáng 05/06/2024 xã họp", [("2024-06-05", "dateline", None, 0.4, "05/06/2024")]),
    ("xã họp bàn 05/06/2024 về đường", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("xã họp bàn 14 tháng 6 năm 2024 về đường", [("2024-06-14", "text", None, 0.2, "14 tháng 6 năm 2024")]),
    (
        "Đăng lúc: 10:39:22 02/07/2024 (GMT+7) xong",
        [("2024-07-02T10:39:22+07:00", "stamp", "published", 0.95, "10:39:22 02/07/2024 (GMT+7)")],
    ),
    (
        "10:39 02/07/2024 GMT+7",
        [("2024-07-02T10:39:00+07:00", "stamp", None, 0.85, "10:39 02/07/2024 GMT+7")],
    ),
    (
        "02/07/2024 10:39 (GMT+7)",
        [("2024-07-02T10:39:00+07:00", "stamp", None, 0.85, "02/07/2024 10:39 (GMT+7)")],
    ),
    (
        "02/07/2024, lúc 10:39 GMT +07:00 rồi",
        [("2024-07-02T10:39:00+07:00", "stamp", None, 0.85, "02/07/2024, lúc 10:39 GMT +07:00")],
    ),
    ("25:30 05/06/2024", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("05/06/2024 25:30", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("05/06/2024 08:75", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    (
        "10 giờ trưa, 05/06/2024",
        [("2024-06-05T10:00:00+07:00", "event", None, 0.0, "10 giờ trưa, 05/06/2024")],
    ),
    (
        "Đăng lúc 10:30 trưa, 05/06/2024",
        [("2024-06-05T10:30:00+07:00", "stamp", "published", 0.95, "10:30 trưa, 05/06/2024")],
    ),
    (
        "Đăng lúc 9:30 trưa, 05/06/2024",
        [("2024-06-05T21:30:00+07:00", "stamp", "published", 0.95, "9:30 trưa, 05/06/2024")],
    ),
    (
        "Đăng lúc 1:30 trưa, 05/06/2024",
        [("2024-06-05T13:30:00+07:00", "stamp", "published", 0.95, "1:30 trưa, 05/06/2024")],
    ),
    (
        "Đăng lúc 0:15 SA, 05/06/2024",
        [("2024-06-05T00:15:00+07:00", "stamp", "published", 0.95, "0:15 SA, 05/06/2024")],
    ),
    (
        "Đăng lúc 12:15 SA, 05/06/2024",
        [("2024-06-05T00:15:00+07:00", "stamp", "published", 0.95, "12:15 SA, 05/06/2024")],
    ),
    (
        "Đăng lúc 13:15 CH, 05/06/2024",
        [("2024-06-05T13:15:00+07:00", "stamp", "published", 0.95, "13:15 CH, 05/06/2024")],
    ),
    (
        "Đăng lúc 12:15 CH, 05/06/2024",
        [("2024-06-05T12:15:00+07:00", "stamp", "published", 0.95, "12:15 CH, 05/06/2024")],
    ),
    ("05/06/2024 00:00:00", [("2024-06-05", "stamp", None, 0.85, "05/06/2024 00:00:00")]),
    ("05/06/2024 00:00:01", [("2024-06-05T00:00:01+07:00", "stamp", None, 0.85, "05/06/2024 00:00:01")]),
    ("05/06/2024 00:01", [("2024-06-05T00:01:00+07:00", "stamp", None, 0.85, "05/06/2024 00:01")]),
    ("05/06/2024 8:15:00", [("2024-06-05T08:15:00+07:00", "stamp", None, 0.85, "05/06/2024 8:15:00")]),
    ("05/06/69", [("2069-06-05", "event", None, 0.0, "05/06/69")]),
    ("05/06/70", [("1970-06-05", "stamp", None, 0.4, "05/06/70")]),
    ("24-05-17", [("2017-05-24", "stamp", None, 0.4, "24-05-17")]),
    ("24.05.70", [("1970-05-24", "stamp", None, 0.4, "24.05.70")]),
    ("2024-5-17 9:05", [("2024-05-17T09:05:00+07:00", "stamp", None, 0.85, "2024-5-17 9:05")]),
    ("245/6/2024", []),
    ("2450/6/2024", []),
    ("20245/6/2024", []),
    ("12/28/2021 3:05 PM", [("2021-12-28T15:05:00+07:00", "stamp", None, 0.65, "12/28/2021 3:05 PM")]),
    ("12/28/2021", []),
    ("12/28/2021 15:05", []),
    ("28/13/2021 3:05 PM", []),
    ("Thu, 02/30/2014", []),
    ("Thu, 05/22/14", []),
    ("Thứ bảy, 06/01/2024", [("2024-01-06", "stamp", None, 0.6, "06/01/2024")]),
    ("Thứ hai, 06/01/2024", [("2024-01-06", "stamp", None, 0.6, "06/01/2024")]),
    ("T7, 06/01/2024 - 10:00", [("2024-01-06T10:00:00+07:00", "stamp", None, 0.85, "06/01/2024 - 10:00")]),
    ("CN, 12/05/2024", [("2024-05-12", "stamp", None, 0.6, "12/05/2024")]),
    ("Thu, 12/12/2024", [("2024-12-12", "stamp", None, 0.6, "12/12/2024")]),
    ("Sat, 13/01/2024", [("2024-01-13", "stamp", None, 0.6, "13/01/2024")]),
    ("Thứ năm 06-06-2024", [("2024-06-06", "stamp", None, 0.6, "06-06-2024")]),
    ("14 October 2022", [("2022-10-14", "stamp", None, 0.6, "14 October 2022")]),
    ("3rd March 2021", [("2021-03-03", "stamp", None, 0.6, "3rd March 2021")]),
    ("March 3, 2021", [("2021-03-03", "stamp", None, 0.6, "March 3, 2021")]),
    ("Mar 3 2021", [("2021-03-03", "stamp", None, 0.6, "Mar 3 2021")]),
    ("March 3", []),
    ("31 April 2021", []),
    ("32/01/2021", []),
    ("00/01/2021", []),
    ("01/00/2021", []),
    ("01/13/2021", []),
    ("31/12/2021", [("2021-12-31", "stamp", None, 0.6, "31/12/2021")]),
    ("31/01/2021", [("2021-01-31", "stamp", None, 0.6, "31/01/2021")]),
    ("ngày 15 tháng Chạp năm 2022", []),
    (
        "ngày 15 tháng mười hai năm 2022",
        [("2022-12-15", "dateline", None, 0.4, "15 tháng mười hai năm 2022")],
    ),
    ("ngày 15 tháng 12", []),
    ("ngày 15 tháng mười một, 2022", [("2022-11-15", "dateline", None, 0.4, "15 tháng mười một, 2022")]),
    (
        "02/01/2021 - 05/01/2021",
        [("2021-01-02", "event", None, 0.0, "02/01/2021"), ("2021-01-05", "event", None, 0.0, "05/01/2021")],
    ),
    (
        "Hội chợ 14/07/2025 đến 20/07/2025",
        [("2025-07-14", "event", None, 0.0, "14/07/2025"), ("2025-07-20", "event", None, 0.0, "20/07/2025")],
    ),
    (
        "Hội chợ 14/07/2025 và 20/07/2025 tại sân",
        [("2025-07-14", "event", None, 0.0, "14/07/2025"), ("2025-07-20", "event", None, 0.0, "20/07/2025")],
    ),
    ("trước ngày 05/06/2024", [("2024-06-05", "event", None, 0.0, "05/06/2024")]),
    ("hạn nộp hồ sơ ưu tiên cho bà con: 05/06/2024", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("xã nghỉ ngày 05/06/2024", [("2024-06-05", "event", None, 0.0, "05/06/2024")]),
    ("Hôm nay: 05/06/2024", [("2024-06-05", "clock", None, 0.0, "05/06/2024")]),
    ("Hôm nay 05/06/2024 08:15", [("2024-06-05T08:15:00+07:00", "clock", None, 0.0, "05/06/2024 08:15")]),
    ("Hôm nay, ngày 05/06/2024 xã họp", [("2024-06-05", "dateline", None, 0.4, "05/06/2024")]),
    (
        "Your IP: 3.237.71.23 05/06/2024 08:15",
        [("2024-06-05T08:15:00+07:00", "clock", None, 0.0, "05/06/2024 08:15")],
    ),
    ("Today is 05/06/2024", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("Quyết định số 12/QĐ-UBND ngày 05/06/2024", [("2024-06-05", "citation", None, 0.0, "05/06/2024")]),
    ("12/QĐ-UBND, ban hành ngày 05/06/2024", [("2024-06-05", "citation", None, 0.0, "05/06/2024")]),
    ("có hiệu lực từ ngày 05/06/2024", [("2024-06-05", "citation", None, 0.0, "05/06/2024")]),
    (
        "Nghị quyết của Hội đồng nhân dân xã về thu chi ngân sách ngày 05/06/2024",
        [("2024-06-05", "citation", None, 0.0, "05/06/2024")],
    ),
    ("Luật Đất đai dated 05/06/2024", [("2024-06-05", "citation", None, 0.0, "05/06/2024")]),
    ("Trang chủ\n05/06/2024\nXã họp", [("2024-06-05", "stamp", None, 0.6, "05/06/2024")]),
    ("Trang chủ\n  | 05/06/2024 | 1565 |\nXã họp", [("2024-06-05", "stamp", None, 0.6, "05/06/2024")]),
    ("Tin | 05/06/2024", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("Tin xã 05/06/2024 1565", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("05/06/2024 lượt", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("    (05/06/2024)   12,345\nx", [("2024-06-05", "stamp", None, 0.6, "05/06/2024")]),
    ("Tin\n            05/06/2024", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    (
        "08:53 02/05/2018\n09:10 03/05/2018",
        [("2018-05-02T08:53:00+07:00", "stamp", None, 0.85, "08:53 02/05/2018"),
         ("2018-05-03T09:10:00+07:00", "stamp", None, 0.85, "09:10 03/05/2018")],
    ),
    (
        "08:53 02/05/2018, 09:10 03/05/2018",
        [("2018-05-02T08:53:00+07:00", "stamp", None, 0.85, "08:53 02/05/2018"),
         ("2018-05-03T09:10:00+07:00", "stamp", None, 0.85, "09:10 03/05/2018")],
    ),
    ("ngày 10/3/2024 âm lịch và 18/04/2024 dương lịch", [("2024-04-18", "text", None, 0.2, "18/04/2024")]),
    ("12/4 và 14/4/2024 âm lịch", []),
    ("âm lịch: 29/4/2024", []),
    ("ÂL 29/4/2024", []),
    ("rằm 15/1/2024", []),
    ("mùng 3/1/2024", []),
    ("nhằm ngày 29/4/2024", []),
    ("05/06/2024, một ngày trước Tết Đoan ngọ âm lịch", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("xem lịch tiếp dân 05/06/2024", [("2024-06-05", "event", None, 0.0, "05/06/2024")]),
    ("nhằm phục vụ bà con, 05/06/2024", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
    ("nhằm phục vụ bà con 05/06/2024", [("2024-06-05", "text", None, 0.2, "05/06/2024")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), READ)
def test_each_date_is_taken_for_what_it_is(text, expected):
    found = find_dates(text, latest=LATEST)
    assert [
        (one.iso, one.role, one.label, one.confidence, text[one.start : one.end]) for one in found
    ] == expected
    assert all(one.year_given for one in found)


@pytest.mark.parametrize(("text", "expected"), [one for one in READ if one[1] and "\n" not in one[0]])
def test_it_stays_what_it_is_far_into_a_page(text, expected):
    """A line above, and much below, change nothing of a line."""
    above = (
        "Bà con các khóm họp bàn chuyện nạo vét kênh, ai cũng góp một tay cho xong trước mùa mưa. " * 3 + "\n"
    )
    found = find_dates(above + text + "\n" + above, latest=LATEST)
    assert [(one.iso, one.label, one.start - len(above)) for one in found] == [
        (iso, label, text.index(words)) for iso, _, label, _, words in expected
    ]


def test_a_dateline_without_a_year_is_a_little_less_sure():
    (found,) = find_dates("Ngày 28-12, xã họp", default_year=2021)
    assert (found.iso, found.role, found.confidence, found.year_given) == (
        "2021-12-28",
        "dateline",
        0.35,
        False,
    )


@pytest.mark.parametrize(
    ("text", "page", "iso"),
    [
        # The page of 1 December may announce up to 1 January, and no day later.
        ("Ngày 1/1, xã họp", "2021-12-01", "2022-01-01"),
        ("Ngày 2/1, xã họp", "2021-12-01", "2021-01-02"),
        ("Ngày 31/12, xã họp", "2021-12-01", "2021-12-31"),
        ("Ngày 30/6, xã họp", "2021-05-30", "2021-06-30"),
        ("Ngày 1/7, xã họp", "2021-05-30", "2020-07-01"),
        ("Ngày 30/5, xã họp", "2021-05-30T23:59:00+07:00", "2021-05-30"),
    ],
)
def test_the_year_of_a_day_is_the_one_that_puts_it_before_the_page(text, page, iso):
    assert [one.iso for one in find_dates(text, page_date=page)] == [iso]
    # The date of the page goes before the year that is given.
    assert [one.iso for one in find_dates(text, page_date=page, default_year=1999)] == [iso]


def test_a_day_and_month_alone_are_no_date_without_words_that_say_so():
    assert find_dates("tỷ số 3-2", page_date="2021-05-30", default_year=2021) == []


@pytest.mark.parametrize(
    ("text", "latest", "role"),
    [
        ("Ngày đăng: 05/06/2024", "2024-06-05", "stamp"),
        ("Ngày đăng: 05/06/2024", "2024-06-05T08:00:00+07:00", "stamp"),
        ("Ngày đăng: 06/06/2024", "2024-06-05T23:00:00+07:00", "event"),
        ("Ngày đăng: 06/06/2024", "2024-06-05", "event"),
        ("Hôm nay: 06/06/2024", "2024-06-05", "clock"),
    ],
)
def test_what_lies_after_the_latest_day_was_not_published(text, latest, role):
    (found,) = find_dates(text, latest=latest)
    assert found.role == role
    assert found.confidence == (0.95 if role == "stamp" else 0.0)
    assert (parse_date(text, latest=latest) is not None) == (role == "stamp")


class Frozen(datetime):
    """The evening of 5 June 2024 in Vietnam."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2024, 6, 5, 21, 30, tzinfo=tz)


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("2024-06-05", True), ("2024-06-06", True), ("2024-06-07", False), ("2024-07-01", False),
        ("05/06/2024", True), ("06/06/2024", True), ("07/06/2024", False), ("01/07/2024", False),
    ],
)  # fmt: skip
def test_unsaid_the_latest_day_is_tomorrow(text, is_read, monkeypatch):
    monkeypatch.setattr(dates, "datetime", Frozen)
    assert (parse_date(text) is not None) == is_read


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1996-12-31", None), ("1997-01-01", "1997-01-01"), ("31/12/1996", None),
        ("01/01/1997", "1997-01-01"),
        ("2024-06-05", "2024-06-05"), ("2024-06-06", None),
        # 60 characters are no machine value any more; what stands in them is read as words.
        ("2024-06-04".ljust(70), "2024-06-04"), ("Ngày đăng: 04/06/2024" + " " * 60, "2024-06-04"),
        # Of what is very long the beginning is read.
        ("x " * 2489 + "\n05/06/2024\n", "2024-06-05"), ("x " * 2520 + "\n05/06/2024\n", None),
    ],
)  # fmt: skip
def test_years_of_portals(text, day):
    found = parse_date(text, latest="2024-06-05")
    assert (found and found.day) == day


def test_the_best_of_several():
    """The label first, then the clock, then what stands alone, then the dateline; of equals the first."""
    ranked = [
        "Ngày đăng: 01/06/2024", "02/06/2024 08:15", "Cập nhật: 03/06/2024", "Thứ Ba, 04/06/2024",
        "Ngày 05/06/2024, xã họp", "xã họp bàn 06/06/2024 về đường",
    ]  # fmt: skip
    for number in range(len(ranked)):
        text = ".\n".join(reversed(ranked[number:]))
        assert parse_date(text, latest=LATEST).day == f"2024-06-0{number + 1}", text
    assert parse_date("05/06/2024\n06/06/2024", latest=LATEST).day == "2024-06-05"


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("ngày 05/06/2024.", 5, ("2024-06-05", 15)),
        ("ngày 05/06/2024.", 4, None),
        ("ngày 5 tháng 6 năm 2024", 5, ("2024-06-05", 23)),
        ("dated May 14, 2016", 6, ("2016-05-14", 18)),
        ("dated 14 May 2016", 6, ("2016-05-14", 17)),
        ("ngày 05/06", 5, None), ("May 14", 0, None), ("ngày 05/06/24", 5, None),
        ("ngày 31/02/2024", 5, None), ("Apr 31, 2024", 0, None), ("ngày mai", 5, None),
    ],
)  # fmt: skip
def test_the_day_at_a_place(text, at, expected):
    assert read_day(text, at) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2021-12-28T15:30:00+05:30", "2021-12-28T17:00:00+07:00"),
        ("2021-12-28T15:30:00-05:30", "2021-12-29T04:00:00+07:00"),
        ("2021-12-28T15:30:00-0100", "2021-12-28T23:30:00+07:00"),
        ("2021-12-28T15:30:00+23:59", "2021-12-27T22:31:00+07:00"),
        ("2021-12-28T15:30:00+24:00", None),
        ("2021-12-28T23:59:59", "2021-12-28T23:59:59+07:00"),
        ("2021-12-28T24:00:00", None), ("2021-12-28T10:60:00", None), ("2021-12-28T10:10:60", None),
        ("2021-00-28", None), ("2021-12-32", None),
        ("2021-12-28T00:00:01Z", "2021-12-28T07:00:01+07:00"),
        ("2021-12-27T17:00:01Z", "2021-12-28T00:00:01+07:00"),
        ("2021-12-27T17:01:00Z", "2021-12-28T00:01:00+07:00"),
        ("2021-12-28T01:00:00Z", "2021-12-28T08:00:00+07:00"),
        # Beyond the years that have a time in Vietnam.
        ("0001-01-01T03:00:00+14:00", None), ("9999-12-31T23:00:00Z", None),
        ("Tue, 28 Dec 2021 15:30", "2021-12-28T22:30:00+07:00"),
        ("Tue, 28 Dec 2021 15:12:00 +0700", "2021-12-28"),
        ("Tue, 28 Dec 2021 15:12:01 +0700", "2021-12-28T15:12:01+07:00"),
        ("Tue, 28 Dec 2021 15:11:00 +0700", "2021-12-28T15:11:00+07:00"),
        ("Tue, 31 Feb 2021 15:30:00 GMT", None),
        ("  2021-12-28  ", "2021-12-28"),
        ("2021-12-28" + " " * 60, "2021-12-28"),
        ("2021-12-28T15:30:00." + "1" * 9 + "+07:00", "2021-12-28T15:30:00+07:00"),
        ("2021-12-28T15:30:00." + "1" * 90, None),
    ],
)  # fmt: skip
def test_machine_values_to_the_second(value, expected):
    found = from_iso(value)
    assert (found and found.iso) == expected
    if found:
        assert (found.role, found.confidence, found.label) == ("stamp", 0.9, None)
        assert (found.start, found.end, found.evidence) == (0, len(value), value.strip())
        assert found.day == expected[:10]
