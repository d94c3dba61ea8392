"""Files crawled from a live portal: their words found, broken ones told, none in the way."""

import json
import subprocess
import sys

import pytest
from file_samples import LINES, doc, pdf

from tests.portal.crawling import ROOT, crawl, environment, query
from tests.portal.replay import Replay
from tests.portal.sites import article, small_site


@pytest.fixture(scope="module")
def crawled(tmp_path_factory):
    site = small_site(2)
    files = {
        "ke-hoach.pdf": ("application/pdf", pdf(LINES)),
        "bao-cao.doc": ("application/octet-stream", doc("Báo cáo số lượng ghe xuồng neo đậu.\n" * 3)),
        "kin.doc": ("application/msword", doc("kín", encrypted=True)),
        "hong.pdf": ("application/pdf", pdf(LINES)[:300]),
        "quet.pdf": ("application/pdf", pdf(["1"], picture=True)),
    }
    links = "".join(f"<p><a href='/tep/{name}'>Tải {name}</a></p>" for name in files)
    site.put("/tin/bai-0.html", article(0, links))
    site.put("/tin/bai-1.html", article(1, "<p><a href='/tep/ban-sao.pdf'>Tải bản sao</a></p>"))
    site.put("/tep/ban-sao.pdf", files["ke-hoach.pdf"][1], mime="application/pdf")
    for name, (mime, body) in files.items():
        site.put(f"/tep/{name}", body, mime=mime)
    archive = tmp_path_factory.mktemp("tep") / "kho"
    with Replay(site) as replay:
        assert crawl(replay.origin, archive).returncode == 0
    return archive


def khocong(archive, *words):
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", *words, "--archive", str(archive), "--json"],
        cwd=ROOT, env=environment(archive), capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_words_of_files_find_the_articles_that_link_them(crawled):
    found = khocong(crawled, "search", "Rạch Sâu")
    assert found["total"] == 2
    assert {one["attachment"].rpartition("/")[2] for one in found["results"]} == {
        "ke-hoach.pdf",
        "ban-sao.pdf",
    }
    (one,) = khocong(crawled, "search", "ghe xuong neo dau")["results"]
    assert one["url"].endswith("bai-0.html")


def test_each_file_is_one_row_and_says_its_state(crawled):
    states = dict(query(crawled, "SELECT format || ' ' || state, count(*) FROM files GROUP BY 1"))
    assert states == {"pdf read": 1, "doc read": 1, "doc protected": 1, "pdf corrupt": 1, "pdf scanned": 1}
    assert query(crawled, "SELECT count(*) FROM attachments WHERE file_id IS NULL") == [(0,)]


def test_unreadable_files_are_issues_and_stop_nothing(crawled):
    kinds = [kind for (kind,) in query(crawled, "SELECT kind FROM issues WHERE kind LIKE 'file%' ORDER BY 1")]
    assert kinds == ["file_corrupt", "file_protected"]
    assert query(crawled, "SELECT reason FROM crawls") == [("finished",)]


def test_python_gives_the_files_of_an_article(crawled):
    from archive import Archive

    with Archive(crawled) as archive:
        url = archive.search("ghe xuồng").hits[0].url
        files = {one.url.rpartition("/")[2]: one for one in archive.files(url)}
        assert archive.duplicates(url) == []
    assert (files["ke-hoach.pdf"].state, files["kin.doc"].state) == ("read", "protected")
    assert files["ke-hoach.pdf"].text == "\n".join(LINES)


def test_a_crawl_compares_its_articles_at_its_end(crawled):
    assert query(crawled, "SELECT count(*) FROM unsigned_articles") == [(0,)]
    assert query(crawled, "SELECT count(*) FROM signatures") == [(2,)]
    # Two notices of one form, told apart by their numbers.
    assert query(crawled, "SELECT count(*) FROM near_duplicates") == [(0,)]


def test_files_captured_before_are_read_by_the_command(crawled):
    from archive.store import Store

    with Store(crawled) as store, store.db.transaction() as connection:
        connection.execute("UPDATE attachments SET file_id = NULL")
        connection.execute("DELETE FROM files")
    assert khocong(crawled, "search", "Rạch Sâu")["total"] == 0
    read = khocong(crawled, "attachments", "--read")
    assert read["read"] == {"read": 3, "protected": 1, "corrupt": 1, "scanned": 1}
    assert khocong(crawled, "search", "Rạch Sâu")["total"] == 2
    assert khocong(crawled, "attachments", "--read")["read"] == {}
    assert khocong(crawled, "attachments", "--again")["read"]["read"] == 2
