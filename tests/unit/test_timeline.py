"""Captures take their place in an article's line by their time, in whatever order they come in."""

from itertools import permutations

import pytest
from archive_samples import LINES, START, article, begun, visit

from archive.store import Store
from archive.store.settling import settled

OLD, NEW = article(), article(lines=(*LINES, "Bổ sung: giao Văn phòng theo dõi, báo cáo trước ngày 30-3."))
DAYS = {1: OLD, 2: OLD, 4: NEW, 6: NEW}


def day(at):
    return at[8:10]


def line(store):
    return [
        (int(day(at)) - START.day, "Bổ sung" in text, current)
        for at, text, current in store.db.execute(
            "SELECT captured_at, text, is_current FROM revisions_flat ORDER BY captured_at"
        )
    ]


@pytest.mark.parametrize("order", list(permutations(DAYS)))
def test_any_order_makes_the_same_line(tmp_path, order):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        for at in order:
            visit(store, crawl_id, 1, DAYS[at], at=at)
        assert line(store) == [(1, False, 0), (4, True, 1)]
        (bounds,) = store.db.execute("SELECT first_captured_at, last_captured_at FROM articles")
        assert [int(day(at)) - START.day for at in bounds] == [1, 6]
        cited = store.db.execute("SELECT count(*) FROM citations").fetchone()
        assert cited == (2,)
        shown = store.db.execute(
            "SELECT (SELECT count(*) FROM revisions) + (SELECT count(*) FROM sightings)"
        ).fetchone()
        assert shown == (4,), "each capture of the article is in its line"
        (fetched,) = store.db.execute("SELECT fetched_at FROM urls").fetchone()
        assert int(day(fetched)) - START.day == 6, "the ledger never goes back in time"
        assert store.db.execute("PRAGMA foreign_key_check").fetchall() == []


def test_another_text_between_two_sightings_of_the_current_one_is_past(tmp_path):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        visit(store, crawl_id, 1, OLD, at=1)
        visit(store, crawl_id, 1, OLD, at=6)
        assert visit(store, crawl_id, 1, NEW, at=3).change == "changed"
        assert line(store) == [(1, False, 1), (3, True, 0)]
        assert visit(store, crawl_id, 1, NEW, at=4).change == "same"
        assert visit(store, crawl_id, 1, NEW, at=2).change == "same"
        assert line(store) == [(1, False, 1), (2, True, 0)]


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
def test_two_texts_of_one_moment_stand_in_one_order(tmp_path, order):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store, (1, 2))
        for number, page in enumerate(order, 1):
            visit(store, crawl_id, number, page, at=1)
        (text,) = store.db.execute("SELECT text FROM articles").fetchone()
        (count,) = store.db.execute("SELECT count(*) FROM revisions").fetchone()
    latest = max((OLD, NEW), key=lambda one: one.text_digest or _digest(one))
    assert (text, count) == (latest.text, 2)


def _digest(one):
    from archive.digests import text_digest

    return text_digest(one.title, one.lead, one.text)


def test_what_another_capture_knows_of_a_field_is_said(tmp_path):
    silent = article(published_at=None, published_precision=None)
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        visit(store, crawl_id, 1, article(byline="Thu Hà"), at=1)
        visit(store, crawl_id, 1, silent, at=3)
        visit(store, crawl_id, 1, article(byline="Thu Hà, Văn Minh", source="Báo tỉnh"), at=5)
        rows = store.db.execute(
            "SELECT field, value, is_shown, warc_file, warc_offset, origin FROM field_provenance"
            " WHERE field IN ('published_at', 'byline', 'source') ORDER BY field, captured_at"
        ).fetchall()
        place = ("sample.warc.gz", 100_100, "live")
        assert [(row[0], row[1], row[2]) for row in rows] == [
            ("byline", "Thu Hà", 1), ("byline", "Thu Hà, Văn Minh", 0),
            ("published_at", "2026-02-12", 1), ("source", "Báo tỉnh", 0),
        ]  # fmt: skip
        assert rows[0][3:] == place
        # The earliest capture says nothing of a date: a later one's is still known, with its place.
        visit(store, crawl_id, 1, silent, at=0)
        known = store.db.execute(
            "SELECT value, is_shown FROM field_provenance WHERE field = 'published_at'"
        ).fetchall()
        assert known == [("2026-02-12", 0)]


def test_an_old_capture_does_not_bring_back_what_is_gone(tmp_path):
    with Store(tmp_path / "a") as store:
        crawl_id = begun(store)
        visit(store, crawl_id, 1, OLD, at=1)
        for at in (5, 12, 25):
            visit(store, crawl_id, 1, None, at=at, status=404, state="gone", reason="HTTP 404")
        state = "SELECT a.status, u.state, u.next_due_at FROM articles a JOIN urls u USING (article_id)"
        before = store.db.execute(state).fetchall()
        assert before[0][0] == "gone"
        from archive_samples import capture

        from archive.records import Outcome

        for page, at in ((OLD, 0), (OLD, 2), (NEW, 3)):
            (outcome,) = settled(store.db.conn, [Outcome(1, "done", capture=capture(1, at=at), article=page)])
            store.record(None, [outcome])
        assert store.db.execute(state).fetchall() == before
        assert line(store)[-1] == (3, True, 1)
