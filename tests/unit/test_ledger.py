"""I2: every URL has an end, and the counts always add up."""

import time

import pytest
from archive_samples import PORTAL, address, begun, capture, link

from archive.ledger import ALLOWED, STATES
from archive.records import Outcome
from archive.store import Store
from archive.urls import urlkey


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "a") as opened:
        yield opened


def states(store):
    return dict(store.db.execute("SELECT url, state FROM urls").fetchall())


def test_known_links_change_nothing(store):
    begun(store, [1, 2])
    before = list(store.db.conn.iterdump())
    assert store.ledger.seed(PORTAL.key, [link(1), link(2), link(1)]) == 0
    store.ledger.forget()
    assert store.ledger.seed(PORTAL.key, [link(1), link(2, lastmod=None)]) == 0
    assert list(store.db.conn.iterdump()) == before


def test_pending_ones_come_forward_and_excluded_ones_stay(store):
    crawl_id = begun(store, [])
    first = [link(1, kind="page"), link(2, state="excluded", reason="print"), link(3, kind="page")]
    assert store.ledger.seed(PORTAL.key, first) == 3
    again = [
        link(1, priority=7),
        link(2, priority=9),
        link(3, kind="listing", priority=-5, lastmod="2026-01-01"),
    ]
    assert store.ledger.seed(PORTAL.key, again) == 0
    rows = store.db.execute(
        "SELECT kind, state, reason, priority, lastmod FROM urls ORDER BY url_id"
    ).fetchall()
    assert rows == [
        ("article", "pending", "", 7, None),
        ("article", "excluded", "print", 0, None),
        ("listing", "pending", "", 0, "2026-01-01"),
    ]
    assert [one.url for one in store.ledger.lease(PORTAL.key, crawl_id, 9)] == [address(1), address(3)]


def test_leases_go_by_priority_then_age(store):
    crawl_id = begun(store, [])
    store.ledger.seed(PORTAL.key, [link(n, priority=p) for n, p in ((1, 0), (2, 5), (3, 5), (4, -1))])
    got = [one.url for _ in range(3) for one in store.ledger.lease(PORTAL.key, crawl_id, 2)]
    assert got == [address(n) for n in (2, 3, 1, 4)]
    assert store.ledger.counts(PORTAL.key)["leased"] == 4
    assert store.ledger.release([1]) == 1
    assert store.ledger.release_stale(PORTAL.key) == 3
    assert store.ledger.counts(PORTAL.key) == {**dict.fromkeys(STATES, 0), "pending": 4}


def test_fetch_url_is_what_is_handed_out(store):
    crawl_id = begun(store, [])
    store.ledger.seed(PORTAL.key, [link(1, fetch_url="http://minhhoa.gov.example/wps/x")])
    assert store.ledger.lease(PORTAL.key, crawl_id, 1)[0].url == "http://minhhoa.gov.example/wps/x"


def test_a_retry_waits_for_its_time(store):
    crawl_id = begun(store, [1])
    (leased,) = store.ledger.lease(PORTAL.key, crawl_id, 1)
    store.record(
        crawl_id, [Outcome(leased.url_id, "pending", "http_503", not_before="2026-03-01T12:00:00+07:00")]
    )
    assert store.ledger.lease(PORTAL.key, crawl_id, 1, "2026-03-01T04:59:59+00:00") == []
    assert store.ledger.next_turn(PORTAL.key) == "2026-03-01T05:00:00.000000+00:00"
    (again,) = store.ledger.lease(PORTAL.key, crawl_id, 1, "2026-03-01T05:00:01+00:00")
    assert again.attempts == 1
    assert store.ledger.next_turn(PORTAL.key) is None
    store.ledger.release_stale()
    assert store.ledger.next_turn(PORTAL.key) == ""


@pytest.mark.parametrize("state", ["pending", "leased", "done", "excluded", "failed", "gone"])
@pytest.mark.parametrize("target", STATES)
def test_only_allowed_moves(store, state, target):
    crawl_id = begun(store, [1])
    store.db.execute("UPDATE urls SET state = ?, reason = 'x'", [state])
    store.db.conn.commit()
    if target in ALLOWED[state]:
        store.record(crawl_id, [Outcome(1, target, "y")])
        assert states(store) == {address(1): target}
    else:
        with pytest.raises(ValueError, match=f"is {state} and cannot become {target}"):
            store.record(crawl_id, [Outcome(1, target, "y", capture=capture())])
        assert states(store) == {address(1): state}
        assert store.db.execute("SELECT count(*) FROM captures").fetchone() == (0,)


def test_reopening_for_a_recrawl(store):
    crawl_id = begun(store, [1])
    store.ledger.seed(PORTAL.key, [link("http://minhhoa.gov.example/", kind="seed")])
    for leased in store.ledger.lease(PORTAL.key, crawl_id, 5):
        store.record(crawl_id, [Outcome(leased.url_id, "done")])
    assert store.ledger.reopen(PORTAL.key, ["seed", "listing"]) == 1
    assert [one.kind for one in store.ledger.lease(PORTAL.key, crawl_id, 5)] == ["seed"]


def test_a_rollback_forgets_what_was_met(store):
    crawl_id = begun(store, [1])
    with pytest.raises(ValueError, match="no URL 99"):
        store.record(crawl_id, [Outcome(1, "done", links=(link(5),)), Outcome(99, "done")])
    assert store.ledger.seed(PORTAL.key, [link(5)]) == 1


def test_next_url_stays_flat(store):
    crawl_id = begun(store, [])

    def fill(first, count):
        rows = (
            (
                PORTAL.key,
                urlkey(address(1)) + str(n),
                f"u{n}",
                "article",
                "pending",
                n % 7,
                "x",
                None if n % 2 else "2999",
            )
            for n in range(first, first + count)
        )
        with store.db.transaction() as connection:
            connection.executemany(
                "INSERT INTO urls (portal_key, urlkey, url, kind, state, priority, discovered_at, not_before)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def cost():
        times = []
        for _ in range(30):
            begin = time.perf_counter()
            assert len(store.ledger.lease(PORTAL.key, crawl_id, 1)) == 1
            times.append(time.perf_counter() - begin)
        return sorted(times)[len(times) // 3]

    fill(0, 1000)
    small = cost()
    fill(1000, 49_000)
    # Half of them wait for a retry and stand before the others: a scan would cost 50 times as much.
    assert cost() < 5 * small + 0.001


def test_the_kept_counts_are_the_counted_ones(store):
    crawl_id = begun(store, range(1, 9))
    leased = store.ledger.lease(PORTAL.key, crawl_id, 5)
    store.record(
        crawl_id, [Outcome(leased[0].url_id, "done"), Outcome(leased[1].url_id, "failed", "timeout")]
    )
    store.ledger.demote(leased[2].url_id, 3)
    store.ledger.release([leased[3].url_id])
    with pytest.raises(ValueError, match="cannot become"):
        store.record(crawl_id, [Outcome(leased[4].url_id, "done"), Outcome(leased[0].url_id, "excluded")])
    counted = dict(store.db.execute("SELECT state, count(*) FROM urls GROUP BY state").fetchall())
    assert {state: count for state, count in store.ledger.counts(PORTAL.key).items() if count} == counted
    assert sum(counted.values()) == 8


def test_a_demoted_url_comes_last(store):
    crawl_id = begun(store, [])
    store.ledger.seed(PORTAL.key, [link(1, priority=30), link(2, priority=20)])
    (first,) = store.ledger.lease(PORTAL.key, crawl_id, 1)
    assert (first.url, first.priority) == (address(1), 30)
    store.ledger.demote(first.url_id, 12)
    assert [lease.url for lease in store.ledger.lease(PORTAL.key, crawl_id, 2)] == [address(2), address(1)]


def test_what_is_due_is_opened_and_nothing_else(store):
    crawl_id = begun(store, [1, 2, 3])
    leased = store.ledger.lease(PORTAL.key, crawl_id, 3)
    store.record(crawl_id, [Outcome(lease.url_id, "done") for lease in leased])
    with store.db.transaction() as connection:
        connection.execute("UPDATE urls SET next_due_at = '2026-01-01' WHERE url_id = ?", (leased[0].url_id,))
        connection.execute("UPDATE urls SET next_due_at = '2026-03-01' WHERE url_id = ?", (leased[1].url_id,))
    assert store.ledger.reopen_due(PORTAL.key, 14, now="2026-02-01") == 1
    (due,) = store.ledger.lease(PORTAL.key, crawl_id, 3)
    assert (due.url_id, due.priority) == (leased[0].url_id, 14)
