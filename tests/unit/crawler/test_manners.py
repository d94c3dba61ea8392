"""Politeness as it is measured at the gates: what was kept is said to be kept, and what was not, not."""

from crawler.gates import Gate
from crawler.manners import Manners, together


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def asked(gate, clock, times, answer_s=0.2):
    for _ in range(times):
        while (wait := gate.wait_s()) > 0:
            clock.now += wait
        clock.now += answer_s
        gate.answered(clock.now)


def test_the_shortest_gap_of_a_gate_is_its_delay_and_a_little_more():
    clock = Clock()
    gate = Gate("a.example", 1.0, clock=clock, wall=clock)
    asked(gate, clock, 30)
    found = gate.manners.as_dict()
    assert found["kept"] is True
    assert 1.0 <= found["shortest_gap_s"] < 1.06
    assert gate.manners.turns == 30


def test_a_retry_after_is_kept_and_counted():
    clock = Clock()
    gate = Gate("a.example", 1.0, clock=clock, wall=clock)
    asked(gate, clock, 2)
    gate.slow_down(90.0)
    before = clock.now
    asked(gate, clock, 1)
    assert clock.now - before >= 90
    assert gate.manners.as_dict() | {"delay_s": 1.0} == gate.manners.as_dict()
    assert (gate.manners.retry_after, gate.manners.retry_after_broken) == (1, 0)
    gate.slow_down(None)
    assert gate.manners.retry_after == 1


def test_what_is_not_kept_is_said():
    hurried = Manners()
    hurried.go(10.0, 0.0, 1.0)
    hurried.go(10.6, 10.1, 1.0)
    assert hurried.as_dict()["kept"] is False
    broken = Manners()
    broken.asked_to_wait(10.0, 60.0)
    broken.go(50.0, 10.0, 1.0)
    assert broken.as_dict() | {"kept": False, "retry_after": 1, "retry_after_kept": 0} == broken.as_dict()


def test_a_run_is_as_polite_as_it_was_to_its_worst_host():
    calm, hurried, unasked = Manners(), Manners(), Manners()
    for one, gap in ((calm, 3.0), (hurried, 0.4)):
        one.go(10.0, 0.0, 1.0)
        one.go(20.0 + gap, 20.0, 1.0)
    found = together({"calm.example": calm, "hurried.example": hurried, "nobody.example": unasked})
    assert (found["kept"], found["shortest_gap_s"], found["hurried"]) == (False, 0.4, 1)
    assert list(found["hosts"]) == ["hurried.example", "calm.example"]
    assert together({})["delay_s"] is None
