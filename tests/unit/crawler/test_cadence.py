"""When a portal is due: intervals, cron over summer time, quiet hours, jitter."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.scheduling.cadence import Every, jitter_of, length_text, parse_cron, parse_length, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
MOMENTS = st.datetimes(datetime(2020, 6, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


def slots(cadence, begin, count, key="xa"):
    found = []
    for _ in range(count):
        begin = cadence.next(key, begin)
        found.append(begin)
    return found


@given(MOMENTS, st.integers(600, 40 * 86_400), st.text(max_size=8))
def test_an_interval_has_one_slot_in_each_length_of_it(at, seconds, key):
    every = Every(seconds)
    latest, following = every.latest(key, None, at), every.next(key, at)
    assert latest <= at < following
    assert following - latest == timedelta(seconds=seconds)
    assert every.latest(key, latest, at) is None
    assert every.latest(key, latest, following) == following


def test_portals_of_one_interval_are_spread():
    at = datetime(2026, 3, 1, tzinfo=UTC)
    phases = sorted((Every(86_400).next(f"xa-{n}", at) - at).total_seconds() for n in range(60))
    assert max(later - earlier for earlier, later in zip(phases, phases[1:], strict=False)) < 4 * 3600


def test_an_hour_that_is_skipped_in_spring_is_made_up_for():
    cron = parse_cron("30 2 * * *", "Europe/Berlin")
    found = slots(cron, datetime(2026, 3, 28, 0, tzinfo=BERLIN), 3)
    assert [f"{at.astimezone(BERLIN):%d %H:%M}" for at in found] == ["28 02:30", "29 03:30", "30 02:30"]


def test_an_hour_that_comes_twice_in_autumn_fires_once():
    cron = parse_cron("30 2 * * *", "Europe/Berlin")
    found = slots(cron, datetime(2026, 10, 24, 12, tzinfo=BERLIN), 2)
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 26, 1, 30, tzinfo=UTC)]


def test_every_hour_means_every_hour_in_autumn_too():
    cron = parse_cron("0 * * * *", "Europe/Berlin")
    found = slots(cron, datetime(2026, 10, 24, 22, 30, tzinfo=UTC), 5)
    assert {later - earlier for earlier, later in zip(found, found[1:], strict=False)} == {timedelta(hours=1)}


@given(MOMENTS, st.integers(0, 500))
def test_the_latest_slot_is_the_last_of_all_that_came(at, hours):
    cron = parse_cron("15 */8 * * *", "Asia/Ho_Chi_Minh")
    after = at - timedelta(hours=hours)
    came = [slot for slot in slots(cron, after, hours // 8 + 2) if slot <= at]
    assert cron.latest("xa", after, at) == (came[-1] if came else None)


def test_days_of_the_week_are_those_of_cron():
    sunday = slots(parse_cron("0 3 * * 0", "UTC"), datetime(2026, 3, 2, tzinfo=UTC), 1)[0]
    assert sunday == datetime(2026, 3, 8, 3, tzinfo=UTC)
    assert parse_cron("0 3 * * 1-5", "UTC").expression == "0 3 * * mon,tue,wed,thu,fri"
    assert parse_cron("0 3 * * 5-7", "UTC").expression == "0 3 * * fri,sat,sun"
    assert parse_cron("0 3 * * mon", "UTC").expression == "0 3 * * mon"


@pytest.mark.parametrize(
    "text",
    ["", "0 3 * *", "61 3 * * *", "0 3 * * 9", "0 3 1 * 1", "0 3 31 2 *", "a b c d e", "0 3 * * mon-xyz"],
)
def test_a_cron_expression_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        parse_cron(text, "UTC")


def test_lengths_of_time():
    assert [parse_length(text) for text in ("every 6 h", "30 min", "1.5h", "2 d", "1 w", "90 s")] == [
        21_600, 1_800, 5_400, 172_800, 604_800, 90,
    ]  # fmt: skip
    assert [length_text(seconds) for seconds in (90, 5400, 21_600, 172_800)] == [
        "90 s",
        "90 min",
        "6 h",
        "2 d",
    ]
    for text in ("6", "h", "-1 h", "6 hours of it", ""):
        with pytest.raises(ValueError, match="no length of time"):
            parse_length(text)


def hanoi(text):
    return datetime.fromisoformat(f"2026-03-02T{text}:00+07:00")


@pytest.mark.parametrize(
    ("at", "spans", "until"),
    [
        ("08:00", ("07:00-11:30",), "11:30"),
        ("06:59", ("07:00-11:30",), None),
        ("07:00", ("07:00-11:30",), "11:30"),
        ("11:30", ("07:00-11:30",), None),
        ("03:00", ("22:00-05:00",), "05:00"),
        ("08:00", ("07:00-11:30", "11:00-13:00"), "13:00"),
        ("08:00", ("11:30-13:00", "07:00-11:30"), "13:00"),
        ("08:00", (), None),
    ],
)
def test_quiet_hours(at, spans, until):
    assert quiet_until(hanoi(at), spans) == (None if until is None else hanoi(until))


def test_jitter_is_the_same_after_a_restart_and_stays_in_its_bounds():
    at = datetime(2026, 3, 1, tzinfo=UTC)
    found = [jitter_of(f"xa-{n}", at, 1800).total_seconds() for n in range(200)]
    assert found == [jitter_of(f"xa-{n}", at, 1800).total_seconds() for n in range(200)]
    assert 0 <= min(found) < 100 < 1700 < max(found) <= 1800
    assert jitter_of("xa", at, 0) == timedelta(0)
