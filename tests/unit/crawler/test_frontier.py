"""Turns: which URL is handed out next, what is not, and that nothing handed out is lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from archive.ledger import utc
from archive.records import Link, Outcome, Portal
from archive.store import Store
from crawler.frontier import MAX_HELD_BYTES, MAX_UNSETTLED, Frontier
from crawler.gates import AT_ONCE, Gates
from crawler.robots import RobotsBook, Rules, rules_of
from crawler.tally import Options

ROOT = "http://xa.gov.example"


def link(path, kind="article", priority=50):
    return Link(ROOT + path, path, kind, priority=priority)


class Crawl:
    """A frontier whose every turn is answered at once."""

    def __init__(self, store, **options):
        self.store = store
        self.portal = Portal("xa", hosts=("xa.gov.example",))
        self.crawl_id = store.begin_crawl(self.portal)
        self.queue = []
        self.robots = RobotsBook()
        self.robots.put(ROOT, rules_of(200, b"User-agent: *\nDisallow: /rieng/\n"))
        self.wanted = []
        self.frontier = Frontier(
            store.ledger, "xa", self.crawl_id, gates=Gates(0.0), robots=self.robots,
            record=self.queue.append, hurry=self.hurry, want_robots=self.wanted.append, **options,
        )  # fmt: skip

    def hurry(self):
        group, self.queue[:] = list(self.queue), []
        if group:
            stored = self.store.record(self.crawl_id, group)
            new = any(one.new_links for one in stored)
            best = max((link.priority for outcome in group for link in outcome.links), default=0)
            self.frontier.settled([outcome.url_id for outcome in group], best_new=best if new else None)

    def seed(self, *links):
        self.store.ledger.seed("xa", links)

    def run(self, links_of=lambda _lease: ()):
        async def turns():
            taken = []
            async for lease in self.frontier.turns():
                taken.append(lease.url.removeprefix(ROOT))
                self.frontier.fetched(lease)
                self.queue.append(Outcome(lease.url_id, "done", links=tuple(links_of(lease))))
            return taken

        return asyncio.run(asyncio.wait_for(turns(), 20))

    def states(self):
        return {state: count for state, count in self.store.ledger.counts("xa").items() if count}


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "archive") as opened:
        yield opened


def test_by_priority_then_by_age(store):
    crawl = Crawl(store)
    crawl.seed(link("/b"), link("/page", "page", 30), link("/a"), link("/", "seed", 95))
    assert crawl.run() == ["/", "/b", "/a", "/page"]
    assert crawl.states() == {"done": 4}
    assert crawl.frontier.reason == ""


def test_what_is_found_on_the_way_goes_before_what_is_worth_less(store):
    crawl = Crawl(store)
    crawl.seed(link("/danh-muc", "listing", 20), link("/danh-muc?page=2", "listing", 20))
    found = {"/danh-muc": [link("/moi")]}
    order = crawl.run(lambda lease: found.get(lease.url.removeprefix(ROOT), ()))
    assert order == ["/danh-muc", "/moi", "/danh-muc?page=2"]


def test_robots_txt_is_kept_and_asked_for_first(store):
    crawl = Crawl(store)
    crawl.seed(link("/rieng/1"), link("/tin/1"))
    assert crawl.run() == ["/tin/1"]
    assert store.ledger.reasons("xa", "excluded") == {"robots.txt": 1}
    other = Crawl(store)
    other.robots = other.frontier.robots = RobotsBook()
    other.robots.put(ROOT, Rules("unreachable", why="timeout"))
    other.seed(link("/tin/2"))
    assert other.run() == [], "without an answer nothing may be fetched (RFC 9309)"
    assert store.ledger.counts("xa")["pending"] == 1


def test_a_budget_ends_the_turns_and_gives_back_the_rest(store):
    crawl = Crawl(store, max_requests=2)
    crawl.seed(*(link(f"/{number}") for number in range(5)))
    assert crawl.run() == ["/0", "/1"]
    assert crawl.frontier.reason == "budget"
    assert crawl.states() == {"done": 2, "pending": 3}


def test_what_is_closed_is_excluded_with_its_reason(store):
    crawl = Crawl(store, closed=lambda lease: "teaches nothing" if "page" in lease.url else "")
    crawl.seed(link("/a"), link("/danh-muc?page=2", "listing", 20))
    assert crawl.run() == ["/a"]
    assert store.ledger.reasons("xa", "excluded") == {"teaches nothing": 1}


def test_what_is_demoted_comes_after_all_else(store):
    crawl = Crawl(store, demoted=lambda lease: lease.kind == "page" and lease.priority > 12)
    crawl.seed(link("/the/a", "page", 30), link("/danh-muc", "listing", 20), link("/the/b", "page", 30))
    assert crawl.run() == ["/danh-muc", "/the/a", "/the/b"]


def test_a_family_nobody_knows_is_asked_one_by_one(store):
    crawl = Crawl(store, wary=lambda lease: lease.kind == "page")
    crawl.seed(*(link(f"/la/{number}", "page", 30) for number in range(3)))
    unsettled = []
    taken = crawl.run(lambda _lease: unsettled.append(len(crawl.frontier._unsettled)) or ())
    assert taken == ["/la/0", "/la/1", "/la/2"]
    assert unsettled == [1, 1, 1]


def test_a_retry_waits_for_its_time(store):
    crawl = Crawl(store)
    crawl.seed(link("/a"), link("/b"))
    (first,) = store.ledger.lease("xa", crawl.crawl_id, 1)
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    store.record(crawl.crawl_id, [Outcome(first.url_id, "pending", "HTTP 500", not_before=utc(soon))])
    assert crawl.run() == ["/b", "/a"]
    assert datetime.now(UTC) >= soon


def test_closing_gives_back_what_was_handed_out(store):
    crawl = Crawl(store)
    crawl.seed(link("/a"), link("/b"))

    async def one():
        async for _lease in crawl.frontier.turns():
            crawl.frontier.close()

    asyncio.run(asyncio.wait_for(one(), 20))
    assert crawl.states() == {"pending": 2}


def test_what_is_held_goes_back_for_something_better_only(store):
    run = Crawl(store, lease_size=4)
    run.seed(*(link(f"/{n}") for n in range(4)))
    held = run.frontier._take()
    run.frontier.settled([], best_new=50)
    assert len(run.frontier._held) == 3
    run.frontier.settled([], best_new=51)
    assert not run.frontier._held
    assert run.states() == {"leased": 1, "pending": 3}
    assert held.url == f"{ROOT}/0"


def test_a_dry_ledger_is_asked_again_when_something_was_recorded(store):
    run = Crawl(store)
    run.seed(link("/1"))
    assert run.frontier._take() is not None
    assert run.frontier._take() is None
    run.seed(link("/2"))
    assert run.frontier._take() is None, "nothing was recorded meanwhile"
    run.frontier.settled([], best_new=None)
    assert run.frontier._take() is not None


def test_beside_one_another_only_on_ones_own_machine_and_without_delay():
    ours, paced = Options(delay_s=0, allow_private=True), Options(delay_s=0.2, allow_private=True)
    assert Gates.for_run(ours).at_once == AT_ONCE > 1
    assert Gates.for_run(paced).at_once == Gates.for_run(Options(delay_s=0)).at_once == 1
    gates = Gates.for_run(ours)
    gates.of("xa.gov.example").slow_down(None)
    assert gates.at_once == 1, "a host that wants a pause gets one"


def test_bytes_that_are_being_read_hold_up_turns(store):
    frontier = Crawl(store).frontier
    assert not frontier._is_full()
    with frontier.holding(MAX_HELD_BYTES + 1):
        assert frontier._is_full()
    assert not frontier._is_full()


def test_turns_wait_at_each_of_three_limits(store):
    frontier = Crawl(store).frontier
    assert (frontier.held_bytes, MAX_HELD_BYTES) == (0, 24 * 1024 * 1024)
    with frontier.holding(MAX_HELD_BYTES):
        assert not frontier._is_full(), "a limit may be reached"
        with frontier.holding(1):
            assert frontier.held_bytes == MAX_HELD_BYTES + 1
            assert frontier._is_full()
    assert frontier.held_bytes == 0
    frontier._fetching.add(1)
    assert frontier._is_full(), "one at a time, where nothing else is said"
    frontier._fetching.clear()
    frontier._unsettled.update({number: 50 for number in range(MAX_UNSETTLED - 1)})
    assert not frontier._is_full()
    frontier._unsettled[-1] = 50
    assert frontier._is_full()


@pytest.mark.parametrize(
    ("kind", "waits"),
    [("seed", False), ("article", False), ("page", False), ("listing", True), ("attachment", True)],
)
def test_who_waits_for_a_page_that_is_being_read(store, kind, waits):
    """A page may name articles and pages; a list waits for its equals too, as each decides of the next."""
    crawl = Crawl(store)
    crawl.seed(link("/x", kind, 7))
    (one,) = store.ledger.lease("xa", crawl.crawl_id, 1)
    assert not crawl.frontier._must_wait(one)
    for other, rank in (("page", 30), ("listing", 20)):
        crawl.frontier._unsettled = {99: rank}
        assert crawl.frontier._must_wait(one) == (waits and (kind == "listing" or rank > 10)), other
    # What is excluded is recorded and taught nothing: nobody waits for it.
    crawl.frontier._unsettled = {99: -1}
    assert not crawl.frontier._must_wait(one)


def test_a_budget_of_nothing_asks_for_nothing(store):
    crawl = Crawl(store, max_requests=0)
    crawl.seed(link("/a"))
    assert crawl.run() == []
    assert (crawl.frontier.reason, crawl.frontier.requests) == ("budget", 0)
