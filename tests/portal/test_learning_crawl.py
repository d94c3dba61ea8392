"""Chrome learned while a portal of no known CMS is crawled: the first pages come out as clean as the last."""

import json
import time
from contextlib import closing

from archive.database import open_archive
from archive.search import index
from tests.portal.crawling import crawl, query, start
from tests.portal.replay import Replay
from tests.portal.sites import small_site
from tests.portal.taught import FURNITURE, has_clauses, taught_site, written
from tests.portal.test_ingest import ingest

COUNT = 64


def texts(archive):
    rows = query(archive, "SELECT url, title, lead, text, published_at FROM articles_flat")
    return {
        "/" + url.split("/", 3)[3]: (title, [line for line in (lead, *text.split("\n")) if line], at)
        for url, title, lead, text, at in rows
    }


def assert_clean(archive, count=COUNT):
    """Every line the editors wrote, the clauses among them, and no other; titles and days right."""
    found = texts(archive)
    assert len(found) == count
    clauses = 0
    for number in range(count):
        article = written(number)
        title, lines, at = found[article.path]
        assert lines == list(article.lines), article.path
        assert title == article.title
        assert at[:10] == "-".join(reversed(article.day.split("/")))
        assert not any(word in line for word in FURNITURE for line in lines)
        clauses += 4 * has_clauses(number)
    assert clauses >= 0.38 * count * 4


def test_the_first_pages_are_read_again_and_nothing_looks_like_an_edit(tmp_path):
    archive = tmp_path / "archive"
    with Replay(taught_site(COUNT)) as replay:
        done = crawl(replay.origin + "/", archive, "--json")
        assert done.returncode == 0, done.stderr
        assert_clean(archive)
        assert json.loads(done.stdout)["articles"] == {"new": COUNT, "changed": 0, "same": 0}
        # A reading is no edit: one revision an article, its own capture, no event of an edit.
        assert query(archive, "SELECT count(*), max(number) FROM revisions") == [(COUNT, 1)]
        assert query(archive, "SELECT DISTINCT status FROM articles") == [("live",)]
        assert query(archive, "SELECT count(*) FROM events WHERE kind IN ('edit', 'moved')") == [(0,)]
        assert query(archive, "SELECT count(*) FROM revisions WHERE read_at IS NOT NULL")[0][0] >= 10
        assert query(archive, "SELECT count(*) FROM events WHERE kind = 'normalization'")[0][0] >= 1
        assert query(archive, "SELECT count(*) FROM revisions WHERE instr(reading, ' ') = 0") == [(0,)]
        # What was cut is recorded with its reason: learning can be undone.
        cut = query(archive, "SELECT reason, path, text FROM removed_blocks WHERE article_id = 1")
        assert any("recurs on" in reason and path and text for reason, path, text in cut)
        with closing(open_archive(archive, write=False)) as db:
            assert index.check(db) == []
        assert query(archive, "SELECT pages >= 10 FROM chrome_models") == [(1,)]

        again = crawl(replay.origin + "/", archive, "--json")
        assert again.returncode == 0
        assert json.loads(again.stdout)["articles"].get("changed", 0) == 0
        assert_clean(archive)
        assert query(archive, "SELECT count(*) FROM revisions") == [(COUNT,)]


def test_kill_9_before_and_after_the_model_and_the_same_texts_at_the_end(tmp_path):
    archive = tmp_path / "archive"
    with Replay(taught_site(COUNT)) as replay:
        for goal in (9, 14, 22, 40):
            running = start(replay.origin + "/", archive)
            while running.poll() is None and len(replay.site.log) < goal:
                time.sleep(0.004)
            time.sleep(0.15)
            running.kill()
            running.communicate()
        done = crawl(replay.origin + "/", archive)
        assert done.returncode == 0, done.stderr
    assert_clean(archive)
    assert query(archive, "SELECT count(*), max(number) FROM revisions") == [(COUNT, 1)]
    assert query(archive, "SELECT count(*) FROM revisions WHERE instr(reading, ' ') = 0") == [(0,)]


def test_a_later_crawl_reads_on_with_what_an_earlier_one_learned(tmp_path):
    archive = tmp_path / "archive"
    with Replay(taught_site(COUNT)) as replay:
        assert crawl(replay.origin + "/", archive, "--max-requests", "18").returncode == 0
        (model,) = query(archive, "SELECT model FROM chrome_models")[0]
        (read,) = query(archive, "SELECT count(*) FROM revisions")[0]
        done = crawl(replay.origin + "/", archive, "--json")
        assert done.returncode == 0
    assert 10 <= read < 20
    assert_clean(archive)
    assert json.loads(done.stdout)["articles"].get("changed", 0) == 0
    (later,) = query(archive, "SELECT model FROM chrome_models")[0]
    assert json.loads(later)["pages"] > json.loads(model)["pages"] >= 10


def test_what_others_captured_of_the_portal_comes_out_as_clean(tmp_path):
    crawled, archive = tmp_path / "crawled", tmp_path / "archive"
    with Replay(taught_site(COUNT)) as replay:
        assert crawl(replay.origin + "/", crawled).returncode == 0
        host = replay.origin.removeprefix("http://")
    (file,) = (crawled / "warc").glob("*.warc.gz")
    ingest(archive, file, "--portal", host)
    assert_clean(archive)
    assert query(archive, "SELECT count(*), max(number) FROM revisions") == [(COUNT, 1)]
    assert query(archive, "SELECT count(*) FROM events WHERE kind IN ('edit', 'moved')") == [(0,)]
    assert query(archive, "SELECT pages >= 10 FROM chrome_models") == [(1,)]
    before = texts(archive)
    assert ingest(archive, file, "--portal", host)[0]["captures"] == 0
    assert texts(archive) == before


def test_notices_that_differ_in_a_number_alone_keep_their_text_and_titles(tmp_path) -> None:
    archive = tmp_path / "kho"
    with Replay(small_site(24)) as replay:
        assert crawl(replay.origin + "/", archive).returncode == 0
    titles = {title for (title,) in query(archive, "SELECT title FROM articles")}
    assert titles == {f"Xã Tân Lộc họp bàn việc số {number}" for number in range(24)}
    assert query(archive, "SELECT count(*) FROM articles WHERE text LIKE '%nạo vét%một cửa%'") == [(24,)]
