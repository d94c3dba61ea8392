"""What runs now and why, case by case; tests/simulation drives the same through whole months."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from crawler.scheduling.cadence import Every, parse_cron
from crawler.scheduling.deciding import MOST_TRIES, Done, Life, begun, decide, ended, mended
from crawler.scheduling.timetable import Entry

NOW = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY = Entry("xa", parse_cron("0 2 * * *", "UTC"), jitter_s=0)


def look(entry=DAILY, known=None, now=NOW, **options):
    options = {"at_once": 4, "resumed_at": now - 30 * 24 * HOUR, **options}
    return decide([entry], {known.key: known} if known else {}, now, **options)


def done(slot, **fields):
    return Done("xa", NOW - 100 * HOUR, **{"slot": slot, "ended_at": slot, "outcome": "done", **fields})


def test_a_slot_that_has_come_is_run_and_then_it_is_done():
    known = done(NOW - 25 * HOUR)
    [run] = look(known=known).start
    assert (run.slot, run.kind) == (NOW - HOUR, "regular")
    after = ended(begun(known, run, NOW), "finished", NOW)
    assert (after.slot, after.outcome, after.tries) == (NOW - HOUR, "done", 1)
    decision = look(known=after)
    assert decision.start == ()
    assert decision.next_at == NOW + 23 * HOUR


def test_what_runs_is_not_run_again():
    known = begun(done(NOW - 25 * HOUR), look(known=done(NOW - 25 * HOUR)).start[0], NOW)
    assert look(known=known, now=NOW + 48 * HOUR) == look(known=known)
    assert look(known=known).next_at is None


def test_many_missed_slots_are_one_run():
    [run] = look(known=done(NOW - 24 * 20 * HOUR)).start
    assert run.slot == NOW - HOUR


def test_after_downtime_runs_are_spread_and_in_order_of_weight():
    entries = [
        Entry(f"xa-{n}", Every(86_400), jitter_s=1800, weight=4.0 if n == 7 else 1.0) for n in range(20)
    ]
    known = {
        one.key: Done(one.key, NOW - 999 * HOUR, slot=NOW - 72 * HOUR, outcome="done") for one in entries
    }
    first = decide(entries, known, NOW, at_once=4, resumed_at=NOW)
    assert first.start == ()
    assert NOW < first.next_at < NOW + 0.5 * HOUR
    later = decide(entries, known, NOW + 0.6 * HOUR, at_once=4, resumed_at=NOW)
    assert (len(later.start), len(later.waiting)) == (4, 16)
    assert later.start[0].key == "xa-7"


def test_what_changes_fast_and_may_be_gone_goes_first():
    entries = [replace(DAILY, key=key) for key in ("slow", "fast", "dying")]
    lives = {"fast": Life(per_day=12.0), "dying": Life(per_day=0.1, risk=1.0), "slow": Life(per_day=0.1)}
    known = {key: replace(done(NOW - 25 * HOUR), key=key) for key in lives}
    found = decide(entries, known, NOW, at_once=1, resumed_at=NOW - 99 * HOUR, lives=lives)
    assert [run.key for run in (*found.start, *found.waiting)] == ["fast", "dying", "slow"]


def test_quiet_hours_hold_a_run_and_then_let_it_go():
    quiet = replace(DAILY, quiet=("09:00-12:00",))  # 02:00 to 05:00 UTC
    known = done(NOW - 25 * HOUR)
    held = look(quiet, known)
    assert held.start == ()
    assert (held.next_at, held.later[0].slot) == (NOW + 2 * HOUR, NOW - HOUR)
    assert [run.slot for run in look(quiet, known, NOW + 2 * HOUR).start] == [NOW - HOUR]


def test_a_failed_run_is_tried_again_later_and_later():
    weekly = replace(DAILY, cadence=Every(7 * 86_400), retry_s=6 * 3600)
    slot = weekly.cadence.latest("xa", None, NOW)
    known = ended(replace(done(slot), outcome="running", tries=1), "failed: dead", slot + HOUR)
    assert (known.outcome, known.failures) == ("failed", 1)
    at = slot + 7 * HOUR
    assert look(weekly, known, at - timedelta(seconds=1)).next_at == at
    [run] = look(weekly, known, at).start
    assert run.kind == "retry"
    again = ended(begun(known, run, at), "failed: dead", at)
    assert look(weekly, again, at).next_at == at + 12 * HOUR
    assert look(replace(weekly, retry_s=0), known, at).next_at == slot + timedelta(days=7)


def test_what_was_cut_short_goes_on_for_the_same_slot():
    known = ended(replace(done(NOW - HOUR), outcome="running", tries=1), "interrupted", NOW)
    [run] = look(known=known).start
    assert (run.slot, run.kind) == (NOW - HOUR, "resume")
    assert begun(known, run, NOW).tries == 2


def test_what_dies_again_and_again_is_a_failure():
    known = replace(done(NOW - HOUR), outcome="running", tries=MOST_TRIES)
    assert ended(known, "died", NOW).outcome == "failed"


def test_a_clock_set_back_makes_no_second_run():
    known = done(NOW - HOUR)
    for hours in (1, 3, 20):
        assert look(known=known, now=NOW - hours * HOUR).start == ()


def test_a_slot_that_a_wrong_clock_noted_is_forgotten():
    wrong = done(NOW + 24 * 400 * HOUR)
    assert look(known=wrong).start == ()
    right = mended(wrong, NOW)
    assert right.slot == NOW
    assert [run.slot for run in look(known=right, now=NOW + 24 * HOUR).start] == [NOW + 23 * HOUR]
    assert mended(done(NOW + HOUR), NOW).slot == NOW + HOUR


def test_a_portal_met_for_the_first_time():
    every = replace(DAILY, cadence=Every(86_400))
    assert look(every).start[0].kind == "first"
    assert look(DAILY).next_at == NOW + 23 * HOUR  # cron names the hour, and it is not now
    crawled = Done("xa", NOW, ended_at=NOW - timedelta(minutes=1), outcome="done")
    assert look(every, crawled).next_at == every.cadence.next("xa", crawled.ended_at)
