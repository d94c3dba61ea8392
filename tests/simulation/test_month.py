"""A month of sixty portals: every due run happens once, none twice at once, and always politely."""

import os
from collections import defaultdict
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from crawler.scheduling.cadence import Every, quiet_until
from tests.simulation.driving import AT_ONCE, END, drive
from tests.simulation.month import BEGIN, DELAY_S, PORTALS

# Three months at each commit; KHOCONG_LONG_TESTS=1 for twenty.
SEEDS = range(20 if os.environ.get("KHOCONG_LONG_TESTS") else 3)
# A run that is due begins when there is room: so long the eight before it may take.
ROOM = timedelta(hours=3)


@pytest.fixture(scope="module", params=SEEDS)
def history(request, tmp_path_factory):
    return drive(request.param, tmp_path_factory.mktemp("hosts"))


def slots_of(entry, first, last):
    """Return every slot in [first, last], found another way than the schedule does: hour by hour."""
    if isinstance(entry.cadence, Every):
        slot = entry.cadence.next(entry.key, first - timedelta(seconds=1))
        found = []
        while slot <= last:
            found.append(slot)
            slot += timedelta(seconds=entry.cadence.seconds)
        return found
    minute, hour, _, _, days = entry.cadence.expression.split()
    zone = ZoneInfo(entry.cadence.zone)
    step = int(hour[2:]) if hour.startswith("*/") else None
    found = []
    # All of these zones are whole hours from UTC: each hour has one moment to look at.
    for number in range(int((last - first).total_seconds() // 3600) + 1):
        at = first.replace(minute=int(minute), second=0) + timedelta(hours=number)
        local = at.astimezone(zone)
        good_hour = local.hour % step == 0 if step else local.hour == int(hour)
        good = good_hour and (days == "*" or local.weekday() < 5)
        if good or (not step and skipped(local, int(hour), int(minute), zone)):
            found.append(at)
    return found


def skipped(local, hour, minute, zone):
    """Say whether at this moment the time that was asked for, and does not exist today, would have come."""
    wanted = local.replace(hour=hour, minute=minute)
    there = wanted.astimezone(UTC).astimezone(zone)
    return there.hour != hour and there.replace(second=0) == local.replace(second=0)


def test_never_twice_at_once(history):
    for runs in by_portal(history).values():
        ordered = sorted(runs, key=lambda one: one.begun_at)
        for one, following in zip(ordered, ordered[1:], strict=False):
            assert one.ended_at <= following.begun_at
    assert history.most_at_once <= AT_ONCE


def test_every_due_run_happens_once(history):
    assert len({one.run.key for one in history.ran}) == PORTALS
    for key, runs in by_portal(history).items():
        whole = [one.run.slot for one in runs if not one.how]
        assert len(whole) == len(set(whole)), f"{key} ran twice for one slot"
        # A slot that was cut short is gone on with, under its own name, until it is done.
        for one, following in zip(runs, runs[1:], strict=False):
            if one.how:
                assert following.run.slot == one.run.slot
                assert following.run.kind == "resume"
            else:
                assert following.run.slot > one.run.slot


def test_no_slot_is_passed_over_but_for_a_newer_one(history):
    """Each slot has its run, or the run of the newest slot that had come when a run could begin."""
    late = 0
    for key, runs in by_portal(history).items():
        entry = history.entries[key]
        own = {one.run.slot for one in runs}
        slots = slots_of(entry, BEGIN, END + timedelta(hours=3))
        for slot, newer in zip(slots, slots[1:], strict=False):
            if slot in own or newer >= END - timedelta(hours=6):
                continue
            after = min(
                (one for one in runs if one.run.slot > slot), key=lambda one: one.begun_at, default=None
            )
            assert after is not None, f"{key}: nothing ran after {slot}"
            if slot < runs[0].run.slot:
                continue  # before the schedule had met the portal
            assert explained(history, entry, slot, newer, runs), f"{key}: {slot} was passed over"
            late += 1
    assert late < 0.2 * len(history.ran)


def explained(history, entry, slot, newer, runs):
    """Say whether no run could begin between a slot and the next: away, quiet, running, or failing."""
    # The slot is that of a clock which was set: true time is within the greatest offset of it.
    slack = max((abs(offset) for _, offset in history.clock), default=timedelta()) + timedelta(minutes=2)
    begin, end = slot - slack, newer + timedelta(seconds=entry.jitter_s) + slack
    if any(
        down < end and up + timedelta(seconds=max(60, entry.jitter_s)) > begin for down, up in history.down
    ):
        return True
    if any(begin <= moment <= end for moment, _ in history.clock):
        return True
    if any(one.begun_at <= newer + slack and one.ended_at >= slot - slack for one in runs):
        return True
    moments = [slot + timedelta(minutes=5 * n) for n in range(int((newer - slot).total_seconds() // 300) + 1)]
    free = [at for at in moments if quiet_until(at, entry.quiet) is None]
    return timedelta(minutes=5 * len(free)) <= timedelta(seconds=entry.jitter_s) + ROOM


def test_a_run_begins_soon_after_it_is_due(history):
    slow = [
        one.run.key
        for one in history.ran
        if one.run.kind in ("regular", "first") and one.wall - max(one.run.due_at, one.up_since) > ROOM
    ]
    assert slow == []


def test_nothing_begins_in_quiet_hours(history):
    for one in history.ran:
        assert quiet_until(one.wall, history.entries[one.run.key].quiet) is None, one


def test_no_stampede_after_downtime(history):
    """What was missed is made up for by one run a portal, and these do not begin in one second."""
    for down, up in history.down:
        if up - down < timedelta(hours=6) or up > END - timedelta(hours=6):
            continue
        soon = [one for one in history.ran if up <= one.begun_at < up + timedelta(hours=5)]
        fresh = [one for one in soon if one.run.slot < history.wall(up) and one.run.kind == "regular"]
        per_portal = [one.run.key for one in fresh]
        assert len(per_portal) == len(set(per_portal))
        in_a_minute = max(
            (
                sum(one.begun_at <= other.begun_at < one.begun_at + timedelta(minutes=1) for other in fresh)
                for one in fresh
            ),
            default=0,
        )
        assert in_a_minute <= 2 * AT_ONCE


def test_politeness_is_never_violated(history):
    closest = min(
        (later - earlier, key)
        for key, log in history.requests.items()
        for earlier, later in zip(log, log[1:], strict=False)
    )
    assert closest[0] >= DELAY_S, closest
    assert sum(map(len, history.requests.values())) > 3_000


def test_a_failed_run_is_tried_again_before_its_next_slot(history):
    retries = [one for one in history.ran if one.run.kind == "retry"]
    assert retries
    for one in retries:
        assert history.entries[one.run.key].retry_s


def test_the_month_shows_what_it_was_made_for(history):
    assert any(one.how == "killed" for one in history.ran)
    assert any(one.how == "stopped" for one in history.ran)
    assert any(one.run.kind == "resume" for one in history.ran)
    tellings = history.month.expected(history.seen)
    assert len({one.incident.portal for one in tellings}) > 15
    assert {one.recovery for one in tellings} == {True, False}


def by_portal(history):
    found = defaultdict(list)
    for one in history.ran:
        found[one.run.key].append(one)
    return found


def test_the_same_seed_makes_the_same_month(history, tmp_path):
    if history.month.seed:
        pytest.skip("one seed shows it")
    again = drive(history.month.seed, tmp_path)
    assert [(one.run, one.begun_at) for one in again.ran] == [(one.run, one.begun_at) for one in history.ran]
