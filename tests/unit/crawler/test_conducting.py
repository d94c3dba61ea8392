"""The queue of portals and what they share, without a network: what ends one ends it alone."""

import asyncio
from collections import Counter
from types import SimpleNamespace

import pytest

from archive.errors import ArchiveDamaged
from archive.records import Outcome, Portal
from crawler import conducting
from crawler.conducting import Conductor
from crawler.plans import Plan
from crawler.sharing import CommitGroup, ReadersShare
from crawler.tally import Options


class FakeSession:
    """As much of a session as the conductor sees; *work* is its crawl."""

    ids = 0

    def __init__(self, plan, work):
        FakeSession.ids += 1
        self.crawl_id = FakeSession.ids
        self.portal = plan.portal
        self.tally = SimpleNamespace(requests=0)
        self.frontier = SimpleNamespace(stop=self._stop)
        self.reason = "finished"
        self.closed = 0
        self.stopped = asyncio.Event()
        self.work = work

    def _stop(self, reason):
        self.reason = self.reason if self.stopped.is_set() else reason
        self.stopped.set()

    def close(self, reason=None):
        self.closed += 1
        self.reason = reason or self.reason


def plans(*keys):
    return [Plan(Portal(key, key, (f"{key}.gov.example",)), (), Options()) for key in keys]


def conductor(works, *, parallel=2, most=None):
    """A conductor of the portals *works* names; *most* learns how many ran at once."""
    running = Counter()

    def begin(plan):
        work = works[plan.portal.key]
        if isinstance(work, Exception):
            raise work
        return FakeSession(plan, work)

    async def run(session):
        running["now"] += 1
        running["most"] = max(running["most"], running["now"])
        try:
            await session.work(session)
        finally:
            running["now"] -= 1
            if most is not None:
                most.append(running["most"])

    return Conductor(
        plans(*works),
        begin=begin,
        crawl=lambda session: asyncio.get_running_loop().create_task(run(session)),
        finish=lambda session: {"portal": session.portal.key, "reason": session.reason},
        parallel=parallel,
    )


async def quick(_session):
    await asyncio.sleep(0)


async def breaks(_session):
    raise RuntimeError("a bug in one portal")


def ended(one):
    return {row.summary["portal"]: row.summary["reason"] for row in one.ended}


def test_what_ends_one_portal_ends_it_alone():
    works = {"mot": quick, "hong": breaks, "kho": ArchiveDamaged("no such table"), "hai": quick, "ba": quick}
    one = conductor(works)
    asyncio.run(one.run())
    assert ended(one) == {
        "mot": "finished", "hai": "finished", "ba": "finished",
        "hong": "failed: RuntimeError: a bug in one portal", "kho": "failed: no such table",
    }  # fmt: skip
    assert one.sessions == []


def test_no_more_than_so_many_at_once():
    most = []
    one = conductor({str(number): quick for number in range(9)}, parallel=3, most=most)
    asyncio.run(one.run())
    assert len(one.ended) == 9
    assert max(most) <= 3


def test_a_portal_that_hangs_gives_its_place_to_the_next(monkeypatch):
    monkeypatch.setattr(conducting, "ASIDE_AFTER_S", 0.05)
    monkeypatch.setattr(conducting, "_LOOK_S", 0.02)

    async def hangs(session):
        await session.stopped.wait()

    one = conductor({"treo": hangs, "mot": quick, "hai": quick}, parallel=1)

    async def scenario():
        task = asyncio.ensure_future(one.run())
        for _ in range(200):
            await asyncio.sleep(0.02)
            if len(one.ended) == 2:
                break
        assert ended(one) == {"mot": "finished", "hai": "finished"}
        one.stop("interrupted")
        await task

    asyncio.run(scenario())
    assert ended(one)["treo"] == "interrupted"


def test_stopping_begins_nothing_more_and_names_what_was_left():
    async def waits(session):
        await session.stopped.wait()

    one = conductor({"mot": waits, "hai": waits, "ba": quick}, parallel=1)

    async def scenario():
        task = asyncio.ensure_future(one.run())
        await asyncio.sleep(0.01)
        one.stop("interrupted")
        one.stop("again")
        await task

    asyncio.run(scenario())
    assert ended(one) == {"mot": "interrupted"}
    assert [plan.portal.key for plan in one.skipped] == ["hai", "ba"]
    assert one.stopped == "interrupted"


def test_a_full_disk_stops_the_queue():
    async def full(session):
        session.reason = "failed: cannot record: No space left on device"

    one = conductor({"mot": full, "hai": quick}, parallel=1)
    asyncio.run(one.run())
    assert list(ended(one)) == ["mot"]
    assert [plan.portal.key for plan in one.skipped] == ["hai"]


class FakeStore:
    """Records what is recorded together; refuses what `bad` names."""

    def __init__(self, bad=()):
        self.bad = set(bad)
        self.transactions = []
        self.db = SimpleNamespace(transaction=self.transaction)
        self._open = []

    def transaction(self):
        store = self

        class Block:
            def __enter__(self):
                store._open.append([])

            def __exit__(self, kind, *_rest):
                done = store._open.pop()
                if kind is None and done:
                    store.transactions.append(done)

        return Block()

    def record(self, crawl_id, group):
        with self.transaction():
            if crawl_id in self.bad:
                raise ValueError("a move of the ledger that is not allowed")
            self._open[0].append(crawl_id)
        return [None] * len(group)


@pytest.fixture
def writer():
    return SimpleNamespace(sync=lambda: writer_syncs.append(1))


writer_syncs: list[int] = []


def grouped(store, writer):
    group, told, errors = CommitGroup(store, writer), [], []
    members = [
        group.committer(
            store, writer, crawl_id,
            on_stored=lambda rows, crawl_id=crawl_id: told.append((crawl_id, len(rows))),
            on_error=lambda error, crawl_id=crawl_id: errors.append((crawl_id, str(error))),
        )
        for crawl_id in (1, 2, 3)
    ]  # fmt: skip
    return group, members, told, errors


def test_what_all_portals_queued_is_one_sync_and_one_transaction(writer):
    async def scenario():
        store = FakeStore()
        group, members, told, errors = grouped(store, writer)
        writer_syncs.clear()
        for member in members:
            member.add(Outcome(1, "done"))
            member.hurry()
        members[0].add(Outcome(2, "done"))
        assert told == [], "a hurry waits a moment for the others"
        await asyncio.sleep(0.2)
        assert (store.transactions, sorted(told), errors) == ([[1, 2, 3]], [(1, 2), (2, 1), (3, 1)], [])
        assert len(writer_syncs) == 1
        group.leave(members[0])
        members[0].add(Outcome(3, "done"))
        members[1].flush()
        assert len(store.transactions) == 1, "nothing of a portal that left, and nothing for nothing"

    asyncio.run(scenario())


def test_what_one_portal_cannot_record_costs_that_portal_alone(writer):
    async def scenario():
        store = FakeStore(bad={2})
        _group, members, told, errors = grouped(store, writer)
        for member in members:
            member.add(Outcome(1, "done"))
        members[0].flush()
        assert sorted(told) == [(1, 1), (3, 1)]
        assert errors == [(2, "a move of the ledger that is not allowed")]
        assert store.transactions == [[1], [3]]
        members[1].add(Outcome(9, "done"))
        members[0].add(Outcome(9, "done"))
        members[0].flush()
        assert told[-1] == (1, 1)
        assert len(errors) == 1, "a portal that is broken stays so, and says it once"

    asyncio.run(scenario())


def test_a_portal_of_slow_pages_holds_one_reader_only():
    class Pool:
        now = most = 0

        async def read(self, job):
            Pool.now += 1
            Pool.most = max(Pool.most, Pool.now)
            await asyncio.sleep(0.01)
            Pool.now -= 1
            return job

    async def scenario():
        share = ReadersShare(Pool())
        assert await asyncio.gather(*(share.read(number) for number in range(4))) == [0, 1, 2, 3]
        share.warm_up()
        share.kill()

    asyncio.run(scenario())
    assert Pool.most == 1
