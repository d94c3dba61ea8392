"""`khocong demo` as a newcomer runs it: the portal that comes along ends in the archive, word for word."""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from crawler.demo import CHROME, articles
from crawler.demo.addresses import DEAD_ID

TRUTH = {article.id: article for article in articles()}
(CHAU_DOC,) = [article for article in articles() if article.rests_on == ("814/KH-UBND", "2021-12-28")]


def khocong(folder, *words):
    environment = {**os.environ, "COLUMNS": "200", "PYTHONUTF8": "1"}
    environment.pop("KHOCONG_ARCHIVE", None)
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(folder):
    started = time.monotonic()
    done = khocong(folder, "demo", "--no-serve")
    done.took = time.monotonic() - started
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def db(folder, demo):
    with closing(sqlite3.connect(folder / "demo-archive" / "archive.db")) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def rows(db, sql, *values):
    return [dict(row) for row in db.execute(sql, values).fetchall()]


@pytest.fixture(scope="module")
def by_id(db):
    return {row["content_id"]: row for row in rows(db, "SELECT * FROM articles")}


def lines(row):
    return tuple("\n".join(filter(None, (row["lead"], row["text"]))).split("\n"))


def test_it_says_what_it_found_and_where_to_read_it(demo):
    assert demo.took < 60
    assert CHAU_DOC.title in demo.stdout
    assert "«" in demo.stdout
    assert re.search(r"khocong serve --archive demo-archive", demo.stdout)
    assert "Traceback" not in demo.stdout + demo.stderr


def test_every_article_is_there_once_and_nothing_else(by_id, db):
    assert len(rows(db, "SELECT 1 FROM articles")) == len(TRUTH)
    assert by_id.keys() == TRUTH.keys()
    assert rows(db, "SELECT 1 FROM articles_flat GROUP BY url HAVING count(*) > 1") == []


def test_titles_are_exact(by_id):
    wrong = {row["title"]: TRUTH[key].title for key, row in by_id.items() if row["title"] != TRUTH[key].title}
    assert wrong == {}


def test_every_paragraph_stands_by_itself_and_whole(by_id):
    wrong = {}
    for key, row in by_id.items():
        expected, found = TRUTH[key].paragraphs, lines(row)
        if expected != found:
            missing = [line[:90] for line in expected if line not in found]
            added = [line[:90] for line in found if line not in expected]
            wrong[TRUTH[key].title[:50]] = {"missing": missing, "added": added}
    assert wrong == {}


def test_no_word_of_chrome_is_kept(by_id):
    leaked = {
        (row["title"][:50], words)
        for row in by_id.values()
        for words in CHROME
        if words in "\n".join((row["title"], *lines(row)))
    }
    assert leaked == set()


def test_days_sources_and_documents_are_exact(by_id):
    wrong = []
    for key, row in by_id.items():
        truth = TRUTH[key]
        expected = (truth.published, truth.source, *(truth.rests_on or (None, None)))
        found = ((row["published_at"] or "")[:10], row["source"], row["rests_on"], row["rests_on_date"])
        if expected != found:
            wrong.append((truth.title[:50], expected, found))
    assert wrong == []


def test_bylines_are_found_where_there_are_any(by_id):
    found = {key: row["byline"] for key, row in by_id.items() if row["byline"]}
    assert found == {article.id: article.byline for article in articles() if article.byline}


def test_the_chau_doc_article_is_as_its_portal_published_it(by_id):
    row = by_id[CHAU_DOC.id]
    assert row["title"] == (
        "An Giang: Triển khai thực hiện Chỉ thị của Thủ tướng Chính phủ về tiếp tục tăng cường"
        " và đổi mới công tác dân vận"
    )
    assert lines(row) == CHAU_DOC.paragraphs
    assert lines(row)[0].startswith("(Cổng TTĐT tỉnh AG) Ngày 28-12, UBND tỉnh")
    assert row["source"] == "Cổng TTĐT tỉnh AG"
    assert (row["rests_on"], row["rests_on_date"]) == ("814/KH-UBND", "2021-12-28")
    assert (row["source"], row["source_portal"]) == ("Cổng TTĐT tỉnh AG", "angiang")
    assert (row["published_at"], row["published_precision"]) == ("2021-12-28", "day")
    assert "Ngày đăng : 28/12/2021" in row["published_evidence"]


def test_the_citations_of_the_chau_doc_article_are_found(db, by_id):
    cited = rows(
        db,
        "SELECT d.normal FROM citations c JOIN documents d USING (document_id)"
        " JOIN articles a USING (revision_id) WHERE a.content_id = ?",
        CHAU_DOC.id,
    )
    assert {"33/CT-TTg", "01-KL/TW", "217-QĐ/TW", "814/KH-UBND"} <= {row["normal"] for row in cited}


def test_twins_are_kept_out_and_the_dead_link_has_an_end(db):
    fetched = rows(db, "SELECT url, status FROM captures")
    assert not [row["url"] for row in fetched if "presentationtemplate" in row["url"]]
    assert not [
        row["url"] for row in fetched if "/myportal/" in row["url"] or "/contenthandler/" in row["url"]
    ]
    (dead,) = rows(db, "SELECT state FROM urls WHERE url LIKE ?", f"%{DEAD_ID}%")
    assert dead["state"] in ("gone", "failed")
    assert rows(db, "SELECT 1 FROM urls WHERE state IN ('leased', 'pending')") == []
    assert len(fetched) <= 3 * len(TRUTH)


def test_the_attachment_is_captured(db):
    (article,) = [article for article in articles() if article.attachment]
    kept = rows(db, "SELECT url, mime, status FROM captures WHERE url LIKE ?", f"%{article.attachment}%")
    assert [(row["mime"], row["status"]) for row in kept] == [("application/pdf", 200)]
    named = rows(
        db,
        "SELECT t.url FROM attachments t JOIN articles a USING (article_id) WHERE a.content_id = ?",
        article.id,
    )
    assert [urlsplit(row["url"]).path.endswith(article.attachment) for row in named] == [True]


def test_the_legal_clause_that_recurs_is_not_taken_for_chrome(by_id):
    clause = "Trong quá trình tổ chức thực hiện, nếu có khó khăn, vướng mắc"
    expected = {article.id for article in articles() if any(clause in line for line in article.paragraphs)}
    assert {key for key, row in by_id.items() if clause in row["text"]} == expected


@pytest.mark.parametrize(
    "words",
    ["chi thi 33 dan van", "Chỉ thị số 33/CT-TTg dân vận", "doc:33/CT-TTg", "CHI THI dân vận"],
)
def test_it_is_found_with_and_without_marks(folder, demo, words):
    done = khocong(folder, "search", words, "--archive", "demo-archive", "--json")
    assert done.returncode == 0, done.stderr
    results = json.loads(done.stdout)["results"]
    assert results[0]["title"] == CHAU_DOC.title
    assert results[0]["published_at"].startswith("2021-12-28")
    assert results[0]["source"] == "Cổng TTĐT tỉnh AG"


@pytest.mark.parametrize(
    ("words", "title"),
    [("mua lu vinh te", "Chủ động ứng phó mùa nước nổi"), ("mắm châu đốc", "Giữ nghề làm mắm Châu Đốc")],
)
def test_other_articles_are_found_too(folder, demo, words, title):
    done = khocong(folder, "search", words, "--archive", "demo-archive", "--json")
    titles = [result["title"] for result in json.loads(done.stdout)["results"]]
    assert [found for found in titles[:3] if found.startswith(title)]


def test_a_second_time_changes_nothing(folder, demo, db):
    def kept():
        return rows(db, "SELECT article_id, url, text_digest, revision_id FROM articles ORDER BY article_id")

    before = kept()
    again = khocong(folder, "demo", "--json")
    assert again.returncode == 0, again.stderr
    said = json.loads(again.stdout)
    assert said["articles"] == len(TRUTH)
    assert said["search"]["results"][0]["title"] == CHAU_DOC.title
    assert kept() == before
    assert rows(db, "SELECT count(*) AS n FROM portals") == [{"n": 1}]
    assert rows(db, "SELECT count(*) AS n FROM revisions") == [{"n": len(TRUTH)}]


def test_status_adds_up(folder, demo):
    done = khocong(folder, "status", "--archive", "demo-archive", "--json")
    (portal,) = json.loads(done.stdout)["portals"]
    assert portal["articles"] == len(TRUTH)
    assert portal["urls"]["leased"] == portal["urls"]["pending"] == 0
    assert portal["platform"] == "websphere"
