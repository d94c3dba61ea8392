"""The edges of reading dates: which year, which century, how far a line is looked at, what is too late."""

from datetime import datetime

import pytest

from archive.vietnamese import dates
from archive.vietnamese.dates import find_dates, from_iso, parse_date, read_day

LATEST = "2026-11-30"


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


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        # What only a machine writes, to the length that a machine writes.
        ("20240605", "2024-06-05"), ("20240605".ljust(59), "2024-06-05"), ("20240605".ljust(60), None),
        ("2024-06-05T20:30:00Z", "2024-06-06T03:30:00+07:00"),
        ("Wed, 05 Jun 2024 20:30:05 GMT", "2024-06-06T03:30:05+07:00"),
    ],
)  # fmt: skip
def test_a_cell_may_hold_a_machine_value(text, iso):
    found = parse_date(text, latest=LATEST)
    assert (found and found.iso) == iso


@pytest.mark.parametrize(
    "name", ["Thứ {}", "thứ {}", "T{}"],
)  # fmt: skip
@pytest.mark.parametrize("number", range(2, 8))
def test_each_weekday_tells_the_order_of_day_and_month(name, number):
    # 20 May 2024 was a Monday, "thứ hai", the second day.
    (found,) = find_dates(f"{name.format(number)}, 05/{18 + number}/2024 - 14:30", latest=LATEST)
    assert found.iso == f"2024-05-{18 + number}T14:30:00+07:00"
    assert found.confidence == 0.65
    assert find_dates(f"{name.format(number)}, 05/{19 + number}/2024 - 14:30", latest=LATEST) == []


@pytest.mark.parametrize(
    ("name", "day"),
    [("Thứ hai", 20), ("Thứ ba", 21), ("Thứ tư", 22), ("Thứ năm", 23), ("Thứ sáu", 24), ("Thứ bảy", 25),
     ("Thứ Bẩy", 25), ("Chủ nhật", 26), ("CN", 26), ("Thứ II", 20), ("Thứ VII", 25), ("Thứ iv", 22),
     ("Mon", 20), ("Tuesday", 21), ("Wed", 22), ("Thursday", 23), ("Fri", 24), ("Saturday", 25), ("Sun", 26)],
)  # fmt: skip
def test_so_does_its_name(name, day):
    assert [one.day for one in find_dates(f"{name}, 05/{day}/2024 - 14:30", latest=LATEST)] == [
        f"2024-05-{day}"
    ]
    assert find_dates(f"{name}, 05/{day + 1}/2024 - 14:30", latest=LATEST) == []


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("            05/06/2024", "stamp"), ("             05/06/2024", "text"),
        ("Tin\n           05/06/2024", "stamp"), ("Tin\n            05/06/2024", "text"),
        ("05/06/2024" + " " * 24 + "lượt", "stamp"), ("05/06/2024" + " " * 23 + "lượt", "text"),
    ],
)  # fmt: skip
def test_how_far_a_line_is_looked_at(text, role):
    assert [one.role for one in find_dates(text, latest=LATEST)] == [role]


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


def test_a_year_has_two_digits_or_four():
    assert find_dates("05-06-7", latest=LATEST) == find_dates("5.6.7", latest=LATEST) == []
    assert [one.iso for one in find_dates("05-06-07", latest=LATEST)] == ["2007-06-05"]
