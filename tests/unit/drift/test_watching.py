"""Crawls as the archive keeps them, watched: facts are kept once, and our own line is nobody's death."""

from datetime import UTC, datetime, timedelta

import pytest
from archive_samples import article, begun, visit

from archive.drift.alarms import alarms
from archive.drift.facts import from_json
from archive.drift.watching import check, watch
from archive.records import Link, Portal
from archive.store import Store
from archive.urls import urlkey


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "kho") as store:
        yield store


def unreached(store, key, reason="unknown host"):
    """A crawl whose robots.txt could not be asked for; return what was raised."""
    url = f"https://{key}.gov.example/robots.txt"
    crawl_id = store.begin_crawl(Portal(key, key, (f"{key}.gov.example",)))
    store.ledger.seed(key, [Link(url, urlkey(url), "robots")])
    with store.db.transaction() as connection:
        connection.execute("UPDATE urls SET attempts = 4, reason = ? WHERE portal_key = ?", (reason, key))
    store.end_crawl(crawl_id, f"failed: {key} failed 4 times in a row", 4, {})
    return [one.kind for one in watch(store.db, crawl_id, datetime.now(UTC)).raised]


def test_one_that_does_not_resolve_is_told(store) -> None:
    assert unreached(store, "a") == ["dns_gone"]
    assert unreached(store, "b", "timeout") == ["down"]
    assert len(alarms(store.db.conn)) == 2


def test_when_nobody_answers_it_is_us(store) -> None:
    told = [unreached(store, key) for key in "abcde"]
    assert told[3:] == [[], []]
    assert alarms(store.db.conn) == []
    assert {one.ending for one in alarms(store.db.conn, closed=True)} == {"own network"}
    (issues,) = store.db.execute("SELECT count(*) FROM issues WHERE kind = 'own_network'").fetchone()
    assert issues == 2


def test_a_crawl_is_kept_once_however_often_it_is_judged(store) -> None:
    crawl_id = begun(store, (1, 2))
    for number in (1, 2):
        visit(store, crawl_id, number, article(number), at=number)
    store.end_crawl(crawl_id, "finished", 2, {})
    now = datetime.now(UTC)
    for _ in range(2):
        assert watch(store.db, crawl_id, now).raised == ()
    assert check(store.db, now + timedelta(hours=1)).raised == ()
    ((stored, sound, last),) = store.db.execute(
        "SELECT facts, sound, last_capture_id FROM crawl_facts"
    ).fetchall()
    facts = from_json(stored)
    assert (facts.pages, facts.articles, facts.read, facts.titled, facts.dated) == (2, 2, 2, 2, 2)
    assert facts.reason == "finished"
    assert (sound, last) == (1, 2)
    with pytest.raises(ValueError, match="no crawl 99"):
        watch(store.db, 99, now)
