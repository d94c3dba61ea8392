"""The gap between two requests to a host, as its server sees it, over thousands of turns of a clock."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crawler.gates import Gate
from crawler.stamps import POLL_S, Stamp


@dataclass
class World:
    """A clock that only moves when told to, and a server that notes when each request arrived."""

    now: float = 1_800_000_000.0
    arrivals: list[tuple[float, float]] = field(default_factory=list)  # (when, the delay its process keeps)


@dataclass
class Crawler:
    """One process that crawls the host: takes turns, meets failures, is killed and begun again."""

    world: World
    path: Path
    delay_s: float
    dice: random.Random
    at: float = 0.0
    arrived: float | None = None
    kills: bool = True
    gate: Gate = field(init=False)

    def __post_init__(self) -> None:
        # Each process has a monotonic clock of its own, which began when it did.
        began = self.world.now - self.dice.uniform(0, 1000)
        self.gate = Gate(
            "xa.example", self.delay_s, self.path,
            clock=lambda: self.world.now - began, wall=lambda: self.world.now, first_pause_s=self.delay_s,
        )  # fmt: skip
        self.gate._jitter = self.dice

    def step(self) -> None:
        if self.arrived is None:
            self._ask()
        else:
            self._end()

    def _ask(self) -> None:
        if self.gate.had_enough:
            self._begin_again()
            return
        wait = self.gate.wait_s()
        if wait > 0:
            # Whoever waits for another's request on its way looks again soon; here not quite so soon.
            self.at = self.world.now + max(
                wait, 1e-4, self.dice.uniform(0, self.delay_s) if wait <= POLL_S else 0
            )
            return
        # Names are resolved, connections made, TLS spoken: the server sees the request later.
        self.arrived = self.world.now + self.dice.choice((0.0, 0.01, self.dice.uniform(0, 4)))
        self.world.arrivals.append((self.arrived, self.delay_s))
        self.at = self.arrived + self.dice.choice((0.0, 0.2, self.dice.uniform(0, 6)))

    def _end(self) -> None:
        arrived, self.arrived = self.arrived or 0.0, None
        self.at = self.world.now
        before = self.gate.delay_s
        how = self.dice.randrange(8)
        if how == 7 and self.kills:
            self._begin_again()
            return
        first_byte = self.dice.uniform(arrived, self.world.now) - self.world.now + self.gate.clock()
        self.gate.answered(None if how in (3, 4) else first_byte)
        if how in (0, 1, 2):
            self.gate.went_well()
            self.gate.failed(again=False)
        elif how in (3, 4):
            self.gate.failed(again=True)
        else:
            self.gate.slow_down(self.dice.choice((None, 0, 3, 100)))
        assert self.gate.delay_s >= before, "a failure made us faster"

    def _begin_again(self) -> None:
        # What the kernel does for a process that dies: its files are closed, and so their locks end.
        if self.gate._stamp is not None:
            self.gate._stamp._close()
        self.at = self.world.now + self.dice.choice((0.1, 50.0))
        self.__post_init__()


def run(path: Path, delays: list[float], seed: int, turns: int, *, kills: bool = True) -> World:
    world, dice = World(), random.Random(seed)
    crawlers = [Crawler(world, path, delay, dice, kills=kills) for delay in delays]
    while len(world.arrivals) < turns:
        one = min(crawlers, key=lambda crawler: crawler.at)
        world.now = max(world.now, one.at)
        one.step()
    for crawler in crawlers:
        if crawler.gate._stamp is not None:
            crawler.gate._stamp._close()
    return world


def closest(world: World, delays: list[float]) -> float:
    """Return the smallest gap as a share of the delay that was to be kept."""
    times = sorted(world.arrivals)
    wanted = max(delays)
    return min((later - earlier) / wanted for (earlier, _), (later, _) in zip(times, times[1:], strict=False))


@pytest.mark.parametrize("delays", [[1.0], [0.15], [300.0], [1.0, 1.0], [0.5, 0.5, 0.5]])
def test_no_gap_is_under_the_delay_over_thousands_of_turns(tmp_path: Path, delays: list[float]) -> None:
    for seed in range(3):
        world = run(tmp_path / f"host-{seed}", delays, seed, 1000)
        assert closest(world, delays) >= 1 - 1e-6, (seed, closest(world, delays))


def test_a_process_that_keeps_a_longer_delay_keeps_it_to_the_others_requests_too(tmp_path: Path) -> None:
    world = run(tmp_path / "host", [1.0, 7.0], 11, 2000)
    times = sorted(world.arrivals)
    for (earlier, _), (later, delay) in zip(times, times[1:], strict=False):
        assert later - earlier >= delay - 1e-3


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**9),
    delays=st.lists(st.floats(0.05, 400.0), min_size=1, max_size=3).map(lambda many: [many[0]] * len(many)),
)
def test_whatever_the_dice_say(tmp_path: Path, seed: int, delays: list[float]) -> None:
    path = tmp_path / f"host-{seed}"
    path.unlink(missing_ok=True)
    assert closest(run(path, delays, seed, 150), delays) >= 1 - 1e-6


def test_a_process_that_died_on_its_way_holds_back_the_next(tmp_path: Path) -> None:
    dead, heir = Stamp(tmp_path / "host"), Stamp(tmp_path / "host")
    assert dead.take(1000.0, 1.0) == 0
    assert 0 < heir.take(1000.5, 1.0) < 1, "on its way"
    dead._close()
    assert heir.take(1030.0, 1.0) == pytest.approx(1.0), "it may have arrived just now"
    assert heir.take(1031.0, 1.0) == 0


def test_a_turn_that_was_not_used_costs_nobody_anything(tmp_path: Path) -> None:
    ours, theirs = Stamp(tmp_path / "host"), Stamp(tmp_path / "host")
    assert ours.take(1000.0, 1.0) == 0
    ours.release()
    assert theirs.take(1001.0, 1.0) == 0
