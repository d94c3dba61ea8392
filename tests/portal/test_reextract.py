"""`khocong reextract`: what today's rules make of kept captures, reported and then kept as readings."""

import json
import sqlite3
from contextlib import closing

import pytest

import crawler.reextract as module
from archive.database import open_archive
from archive.errors import ArchiveBusy
from archive.records import ChromeModel
from archive.search import index
from archive.store import Store
from archive.verify import verify
from crawler.cli import main
from crawler.reextract import Wish, differences, reextract
from tests.portal.crawling import crawl, query
from tests.portal.replay import Replay
from tests.portal.taught import FURNITURE, taught_site, written

COUNT = 24


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    """A crawled portal; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("reextract") / "archive"
    with Replay(taught_site(COUNT)) as replay:
        assert crawl(replay.origin + "/", folder).returncode == 0
    return folder


@pytest.fixture
def archive(crawled, tmp_path):
    target = tmp_path / "archive"
    (target / "warc").mkdir(parents=True)
    with (
        closing(sqlite3.connect(crawled / "archive.db")) as source,
        closing(sqlite3.connect(target / "archive.db")) as copy,
    ):
        source.backup(copy)
    for path in (crawled / "warc").iterdir():
        (target / "warc" / path.name).write_bytes(path.read_bytes())
    return target


def unlearned(archive):
    """Make the archive as one that was crawled before chrome was learned at all."""
    with Store(archive) as store:
        (key,) = store.db.execute("SELECT portal_key FROM portals").fetchone()
        store.save_chrome(ChromeModel(key), keep=0)
        portal = store.db.execute("SELECT count(*) FROM chrome_evidence").fetchone()
        assert portal == (0,)
    return key


def leave_furniture(archive, words="Chia sẻ bài viết này cho bạn bè và người thân"):
    """Write furniture into every text, as an older extractor would have left it."""
    with closing(sqlite3.connect(archive / "archive.db")) as connection:
        connection.create_function("vn_fold", 1, str)
        connection.execute("UPDATE articles SET text = text || char(10) || ?", (words,))
        connection.execute("UPDATE revisions SET reading = 'generic', extractor = 'khocong/0'")
        connection.commit()


def state(archive):
    return query(
        archive,
        "SELECT a.title, a.text, a.status, a.text_digest, r.number, r.extractor, r.reading, r.blocks"
        " FROM articles a JOIN revisions r ON r.revision_id = a.revision_id ORDER BY a.article_id",
    )


def test_a_dry_run_reports_and_changes_nothing(archive):
    leave_furniture(archive)
    before = state(archive)
    report = reextract(archive, Wish(workers=1))
    assert report.counts["text"] + report.counts["shorter"] == COUNT
    kind, url, words = report.samples[0]
    assert kind in ("text", "shorter")
    assert url.endswith("bai-viet.html")
    assert words == "− Chia sẻ bài viết này cho bạn bè và người thân"
    assert state(archive) == before


def test_applying_makes_readings_not_edits_and_twice_is_once(archive):
    leave_furniture(archive)
    report = reextract(archive, Wish(apply=True, workers=2))
    assert report.counts["text"] + report.counts["shorter"] == COUNT
    assert not any(word in text for _, text, *_ in state(archive) for word in FURNITURE)
    assert {row[2] for row in state(archive)} == {"live"}
    assert {row[4] for row in state(archive)} == {1}
    assert query(archive, "SELECT count(*) FROM events WHERE kind = 'edit'") == [(0,)]
    assert query(
        archive, "SELECT count(*) FROM events WHERE kind = 'normalization' AND article_id IS NOT NULL"
    ) == [(COUNT,)]
    with closing(open_archive(archive, write=False)) as db:
        assert index.check(db) == []
        assert list(verify(db, full=True)) == []
    assert query(
        archive, "SELECT count(*) FROM articles_folded WHERE articles_folded MATCH 'chia AND se'"
    ) == [(0,)]
    after = state(archive)
    again = reextract(archive, Wish(apply=True, workers=1))
    assert again.counts == {"same": COUNT}
    assert state(archive) == after
    assert query(archive, "SELECT count(*) FROM events WHERE article_id IS NOT NULL") == [(COUNT,)]


def test_an_archive_older_than_learning_is_taught_from_its_own_captures(archive):
    key = unlearned(archive)
    leave_furniture(archive)
    reextract(archive, Wish(apply=True, workers=1))
    assert query(archive, f"SELECT pages >= 10 FROM chrome_models WHERE portal_key = '{key}'") == [(1,)]
    for title, text, *_ in state(archive):
        assert not any(word in text for word in FURNITURE), title
    assert {row[0] for row in state(archive)} == {written(number).title for number in range(COUNT)}


def test_what_is_no_article_any_more_is_lost_and_kept(archive, monkeypatch):
    before = state(archive)
    with closing(sqlite3.connect(archive / "archive.db")) as connection:
        # The registry says another platform now, whose rules find nothing here.
        connection.execute("UPDATE urls SET kind = 'page'")
        connection.commit()
    monkeypatch.setattr(module, "read_again", nothing_found)
    report = reextract(archive, Wish(apply=True, workers=1))
    assert report.counts == {"lost": COUNT}
    assert state(archive) == before
    assert query(archive, "SELECT count(*) FROM issues WHERE kind = 'reread_lost'") == [(COUNT,)]
    allowed = reextract(archive, Wish(apply=True, allow_lost=True, workers=1))
    assert allowed.counts["withdrawn"] == COUNT
    assert state(archive) == []
    assert query(archive, "SELECT count(*) FROM events WHERE kind = 'deaccession'") == [(COUNT,)]
    with closing(open_archive(archive, write=False)) as db:
        assert list(verify(db)) == []
    monkeypatch.undo()
    back = reextract(archive, Wish(apply=True, workers=1))
    assert back.counts["new"] == COUNT
    assert [row[:2] for row in sorted(state(archive))] == [row[:2] for row in sorted(before)]


async def nothing_found(readers, folder, connection, kept, portal):
    return module.Again(None, "login")


def test_a_broken_record_is_an_issue_and_the_run_goes_on(archive):
    leave_furniture(archive)
    file, offset, length, url = query(
        archive,
        "SELECT c.warc_file, c.warc_offset, c.warc_length, a.url FROM captures c JOIN revisions r"
        " ON r.capture_id = c.capture_id JOIN articles a ON a.article_id = r.article_id LIMIT 1",
    )[0]
    path = archive / "warc" / file
    data = bytearray(path.read_bytes())
    data[offset + length // 2] ^= 0xFF
    path.write_bytes(data)
    report = reextract(archive, Wish(apply=True, workers=1))
    assert report.counts["broken"] == 1
    assert report.counts["text"] + report.counts["shorter"] == COUNT - 1
    assert query(archive, "SELECT url FROM issues WHERE kind = 'reread_broken'") == [(url,)]
    assert query(archive, f"SELECT text LIKE '%Chia sẻ%' FROM articles WHERE url = '{url}'") == [(1,)]


def test_an_interrupted_run_is_gone_on_with(archive):
    leave_furniture(archive)

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reextract(archive, Wish(apply=True, workers=1), stop, batch=8)
    done = query(archive, "SELECT count(*) FROM revisions WHERE extractor <> 'khocong/0'")
    assert done == [(8,)]
    report = reextract(archive, Wish(apply=True, workers=1))
    assert report.resumed_count == 8
    assert sum(report.counts.values()) == COUNT - 8
    assert not any(word in text for _, text, *_ in state(archive) for word in FURNITURE)
    assert not (archive / "reextract.json").exists()


def test_one_writer(archive):
    with Store(archive), pytest.raises(ArchiveBusy):
        reextract(archive, Wish(apply=True, workers=1))


def test_the_command_says_it_in_words_and_in_json(archive, capsys):
    leave_furniture(archive)
    assert main(["reextract", "--dry-run", "--archive", str(archive), "--workers", "1"]) == 0
    shown = capsys.readouterr()
    assert "− Chia sẻ bài viết này" in shown.out
    assert "nothing was changed" in shown.err
    assert main(["reextract", "--archive", str(archive), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["dry_run"] is False
    assert data["counts"].get("same", 0) == 0
    assert main(["reextract", "--archive", str(archive), "--portal", "khong-co"]) != 0
    assert main(["reextract", "--archive", str(archive), "--since", "hôm qua"]) == 2


def test_since_looks_at_captures(archive):
    assert reextract(archive, Wish(since="2999-01-01", workers=1)).total == 0


def test_differences_are_named():
    old = {"title": "A", "lead": None, "text": "một hai\nba bốn năm sáu", "published_at": "2024-01-01"}
    kinds, words = differences(old, {**old, "title": "B", "text": "một hai", "published_at": None})
    assert kinds == ("title", "shorter", "date")
    assert "title: A → B" in words
    assert "date: 2024-01-01 → none" in words
    assert "− ba bốn năm sáu" in words
