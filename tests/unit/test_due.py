"""Which portals should be crawled now, and why."""

from datetime import UTC, datetime, timedelta

import pytest

from archive.due import due_portals
from archive.records import Link, Portal
from archive.store import Store

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "archive") as opened:
        yield opened


def crawled(store, key, reason, hours_ago, *, pending=0, due_hours_ago=None, not_before=None):
    portal = Portal(key, key, (f"{key}.gov.example",))
    crawl_id = store.begin_crawl(portal)
    links = [Link(f"https://{key}.gov.example/{n}", f"{key}/{n}", "article") for n in range(pending + 1)]
    store.ledger.seed(key, links)
    store.end_crawl(crawl_id, reason, 1, {})
    with store.db.transaction() as connection:
        connection.execute("UPDATE crawls SET ended_at = ? WHERE crawl_id = ?", (at(hours_ago), crawl_id))
        connection.execute(
            "UPDATE urls SET state = 'done', next_due_at = ? WHERE portal_key = ? AND urlkey = ?",
            (None if due_hours_ago is None else at(due_hours_ago), key, f"{key}/0"),
        )
        if not_before is not None:
            connection.execute(
                "UPDATE urls SET not_before = ? WHERE portal_key = ? AND state = 'pending'",
                (at(not_before), key),
            )


def at(hours_ago):
    return (NOW - timedelta(hours=hours_ago)).isoformat(timespec="microseconds")


def found(store, **options):
    return {one.portal: one.why for one in due_portals(store.db.conn, NOW, **options)}


def test_each_reason_has_its_words(store):
    crawled(store, "moi", "finished", 2)
    crawled(store, "cu", "finished", 30)
    crawled(store, "rat-cu", "finished", 24 * 9)
    crawled(store, "do-dang", "budget", 1, pending=3)
    crawled(store, "ngat", "interrupted", 1, pending=2)
    crawled(store, "hong", "failed: the host cannot be reached", 7)
    crawled(store, "vua-hong", "failed: the host cannot be reached", 1, pending=5)
    crawled(store, "xem-lai", "finished", 3, due_hours_ago=1)
    crawled(store, "chua-den", "finished", 3, due_hours_ago=-5)
    store.save_portal(Portal("chua", "chua", ("chua.gov.example",)))
    assert found(store) == {
        "cu": "last crawled 30 hours ago",
        "rat-cu": "last crawled 9 days ago",
        "do-dang": "3 URLs wait since the crawl was cut short (budget)",
        "ngat": "2 URLs wait since the crawl was cut short (interrupted)",
        "hong": "last crawl failed: the host cannot be reached",
        "xem-lai": "1 known URLs are to be looked at again",
        "chua": "never crawled",
    }


def test_the_longest_overdue_comes_first(store):
    crawled(store, "a", "finished", 30)
    crawled(store, "b", "finished", 300)
    crawled(store, "c", "finished", 60)
    store.save_portal(Portal("d", "d", ("d.gov.example",)))
    assert [one.portal for one in due_portals(store.db.conn, NOW)] == ["d", "b", "c", "a"]
    assert list(found(store, every=timedelta(days=2))) == ["d", "b", "c"]


def test_what_waits_for_a_retry_is_not_due_before_its_time(store):
    crawled(store, "cho", "budget", 1, pending=2, not_before=-3)
    assert found(store) == {}


def test_a_dead_portal_is_never_due(store):
    crawled(store, "chet", "finished", 1000)
    with store.db.transaction() as connection:
        connection.execute("UPDATE portals SET status = 'dead'")
    assert found(store) == {}
