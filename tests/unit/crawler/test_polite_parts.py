"""The parts politeness is made of: gates, robots.txt, Retry-After, and which addresses are public."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive.addresses import is_public
from crawler.exchange import retry_after_s
from crawler.gates import Gate
from crawler.robots import rules_of


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def gate(clock: Clock, shared: Path | None = None, delay_s: float = 1.0) -> Gate:
    return Gate("xa.example", delay_s, shared, clock=clock, wall=clock)


def test_the_gap_counts_from_the_first_byte():
    clock = Clock()
    door = gate(clock)
    assert door.wait_s() == 0
    clock.now += 3
    door.answered(first_byte_at=1002.5)
    assert 0.5 <= door.wait_s() <= 0.56


def test_pauses_double_and_the_delay_never_shrinks():
    clock = Clock()
    door = gate(clock)
    pauses = [door.slow_down(None) for _ in range(4)]
    assert pauses == [5, 10, 20, 40]
    assert door.slow_down(300) == 300
    slow = door.delay_s
    assert slow > 1.0
    door.answered()
    door.ask_for(0.1)
    assert door.delay_s == slow
    assert door.wait_s() >= 299


def test_a_host_that_recovers_is_paused_shortly_again_but_never_asked_faster():
    door = gate(Clock())
    for _ in range(5):
        door.slow_down(None)
    slow = door.delay_s
    for _ in range(20):
        door.went_well()
    assert door.slow_down(None) == 5
    assert door.delay_s > slow


def test_a_page_that_alone_asks_for_patience_does_not_slow_the_host():
    door = gate(Clock())
    for attempts in range(3):
        assert not door.page_is_to_blame(7, attempts)
        for _ in range(4):
            door.went_well()
    assert door.page_is_to_blame(7, 3)
    assert not door.page_is_to_blame(8, 3), "the first time may be chance"


def test_a_host_that_goes_on_asking_is_left_alone():
    door = gate(Clock())
    for _ in range(9):
        door.slow_down(None)
        assert not door.had_enough
    door.slow_down(None)
    assert "10 times in a row" in door.had_enough


def test_even_a_crawl_without_delay_slows_down():
    door = gate(Clock(), delay_s=0)
    door.slow_down(None)
    assert door.delay_s > 0


def test_two_processes_share_a_gate(tmp_path: Path):
    clock = Clock()
    ours, theirs = gate(clock, tmp_path / "xa"), gate(clock, tmp_path / "xa")
    assert ours.wait_s() == 0
    assert theirs.wait_s() > 0
    clock.now += 40
    assert theirs.wait_s() > 0, "one request at a time, however long it takes"
    ours.answered()
    assert theirs.wait_s() >= 1.0
    clock.now += 1.1
    assert theirs.wait_s() == 0
    assert ours.wait_s() > 0


def test_a_stamp_of_another_clock_is_not_believed(tmp_path: Path):
    (tmp_path / "xa").write_text("99999999999.0")
    assert gate(Clock(), tmp_path / "xa").wait_s() == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Fri, 21 Mar 2025 10:00:30 GMT", 30.0),
        ("Fri, 21 Mar 2025 09:00:00 GMT", 0.0),
        ("lát nữa", None),
    ],
)
def test_retry_after_comes_in_two_forms(value: str, seconds: float | None):
    assert retry_after_s(value, datetime(2025, 3, 21, 10, 0, 0, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("status", "state"), [(404, "allow_all"), (403, "allow_all"), (500, "unreachable"), (429, "unreachable")]
)
def test_what_a_failing_robots_txt_means(status: int, state: str):
    assert rules_of(status, b"User-agent: *\nDisallow: /").state == state


def test_rules_delays_and_sitemaps_are_read():
    rules = rules_of(
        200, b"User-agent: *\nDisallow: /admin/\nCrawl-delay: 7\nSitemap: https://xa.example/s.xml\n"
    )
    assert rules.allows("https://xa.example/tin/1.html")
    assert not rules.allows("https://xa.example/admin/x")
    assert rules.crawl_delay_s == 7
    assert rules.sitemaps == ("https://xa.example/s.xml",)


def test_a_page_in_the_place_of_robots_txt_forbids_nothing():
    assert rules_of(200, b"<!DOCTYPE html><html><body>Disallow: /</body></html>").state == "allow_all"


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "100.64.0.1", "169.254.169.254", "0.0.0.0",
     "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1",
     "::ffff:100.64.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "ff02::1", "khong phai dia chi"],
)  # fmt: skip
def test_private_addresses_are_not_public(address: str):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["113.160.1.1", "8.8.8.8", "2001:4860:4860::8888"])
def test_public_addresses_are(address: str):
    assert is_public(address)
