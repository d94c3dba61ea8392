"""Crawling again: cost follows what is new, an edit is found, and what is gone is known to be gone."""

import json
from pathlib import Path
from urllib.parse import unquote

import pytest

from archive.warc.reader import read_record
from tests.portal.ageing import age
from tests.portal.crawling import crawl, query
from tests.portal.newsroom import story, title_of
from tests.portal.replay import Answer, Replay, Site

NEW = "Ủy ban nhân dân xã họp thông qua phương án sửa chữa cầu Rạch Gốc lần thứ "


def site_of(count: int) -> Site:
    """A front page that links *count* articles."""
    site = Site()
    items = "".join(f"<li><a href='/tin/bai-{n}.html'>{title_of(n)}</a></li>" for n in range(count))
    words = "Trang tin của huyện, nơi đăng thông báo và tin tức các xã. " * 10
    site.put(
        "/", f"<html><head><title>Trang tin</title></head><body><p>{words}</p><ul>{items}</ul></body></html>"
    )
    for number in range(count):
        site.put(f"/tin/bai-{number}.html", story(number))
    site.put("/robots.txt", "User-agent: *\nDisallow:\n", mime="text/plain")
    return site


def run(replay, archive):
    """Crawl once more; return the summary and the targets the server was asked for, robots.txt aside."""
    before = len(replay.site.log)
    done = crawl(replay.origin + "/", archive, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), [entry.target for entry in replay.site.log[before:]][1:]


def events(archive, kind):
    return query(archive, f"SELECT url, detail FROM events WHERE kind = '{kind}' ORDER BY event_id")


def test_five_new_three_edited_two_deleted_on_a_real_portal(shared_dir: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    truth = [
        json.loads(line)
        for line in (shared_dir / "captures/nukeviet.truth.jsonl").read_text("utf-8").splitlines()
    ]
    with Replay.of_warc(shared_dir / "captures" / "nukeviet.warc.gz") as replay:
        site = replay.site
        first, asked = run(replay, archive)
        shown, silent, deleted = _change(site, truth)

        second, again = run(replay, archive)
        assert second["articles"] == {"new": 5, "changed": 1, "same": 0}
        assert len(again) + 1 <= 25, again
        assert not set(again) & {*silent, *deleted}, "nothing tells of them yet"

        age(archive, 2)
        third, later = run(replay, archive)
        known = {unquote(url) for (url,) in query(archive, "SELECT url FROM articles")}
        rechecks = [target for target in later if unquote(replay.origin + target) in known]
        assert third["articles"]["new"] == 0
        assert third["articles"]["changed"] == 2
        assert len(rechecks) == len(set(rechecks))
        assert len(later) - len(rechecks) <= 25, set(later) - set(rechecks)
        assert set(silent) | set(deleted) <= set(later)

    edited = {unquote(url) for (url,) in query(archive, "SELECT url FROM edited_articles")}
    assert edited == {unquote(replay.origin + path) for path in (shown, *silent)}
    absent = {
        unquote(url): detail
        for url, detail in query(
            archive,
            "SELECT a.url, e.detail FROM events e JOIN articles a USING (article_id)"
            " WHERE e.kind = 'absence'",
        )
    }
    assert absent == {
        unquote(replay.origin + deleted[0]): "HTTP 404 where an article stood",
        unquote(replay.origin + deleted[1]): "redirected_home where an article stood",
    }
    assert not query(archive, "SELECT 1 FROM articles WHERE status = 'gone'"), "one day proves nothing"
    assert first["articles_in_archive"] + 5 == third["articles_in_archive"]
    assert len(again) <= 0.1 * len(asked)


def _change(site, truth):
    """Publish five, edit three, delete two; return the edit the front page shows, the others, the deleted."""
    paths = [row["url"].removeprefix(site.recorded_origin) for row in truth]
    home = site.pages["/"].body.decode()
    # One whose headline stands on the front page in one place, and four that it does not name.
    shown = next(
        (path, row["title"]) for path, row in zip(paths, truth, strict=True)
        if home.count(row["title"] + "<") == 1 and home.count(path) >= 1
    )  # fmt: skip
    hidden = [path for path in paths if path.rsplit("/", 1)[1] not in home and site.pages[path].status == 200]
    silent, deleted = hidden[:2], hidden[2:4]
    _publish_five(site, paths[0], truth[0]["title"])
    for path in silent:
        site.edit(path, lambda body: body.replace(b'id="news-bodyhtml"', b'id="news-bodyhtml"', 1))
        _insert_sentence(site, path)
    changed_title = shown[1] + " (cập nhật)"
    for page in ("/", shown[0]):
        site.edit(page, lambda body: body.replace(shown[1].encode(), changed_title.encode()))
    site.remove(deleted[0])
    site.put(deleted[1], "", status=301, Location=site.recorded_origin + "/")
    return shown[0], silent, deleted


def _publish_five(site, path, title) -> None:
    page = site.pages[path].body.decode()
    links = []
    for number in range(9001, 9006):
        slug = f"{path.rsplit('-', 1)[0]}-moi-{number}.html"
        site.put(slug, page.replace(title, f"{NEW}{number}"))
        _insert_sentence(site, slug, f"Bài số {number} nói về việc sửa cầu.")
        links.append(f'<li><a href="{slug}">{NEW}{number}</a></li>')
    for page_with_news in ("/", path.rsplit("/", 1)[0] + "/"):
        site.edit(page_with_news, lambda body: body.replace(b"</body>", "".join(links).encode() + b"</body>"))


def _insert_sentence(site, path, words="Nội dung này được bổ sung sau khi đăng.") -> None:
    def add(body: bytes) -> bytes:
        at = body.index(b">", body.index(b"news-bodyhtml")) + 1
        return body[:at] + f"<p>{words}</p>".encode() + body[at:]

    site.edit(path, add)


def test_what_did_not_change_is_a_304_and_a_revisit_record(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with Replay(site_of(30)) as replay:
        replay.site.validators = True
        first, _ = run(replay, archive)
        age(archive, 1.1)
        replay.site.put("/tin/bai-3.html", story(3, "<p>Ấp Tân Tiến đã làm xong trước hạn hai tuần.</p>"))
        before = len(replay.site.log)
        second, asked = run(replay, archive)
        log = replay.site.log[before:]
    assert first["articles"]["new"] == 30
    assert second["articles"] == {"new": 0, "changed": 1, "same": 0}
    assert sum(entry.status == 304 for entry in log) == 30, "29 articles and the front page"
    assert all("If-None-Match" in entry.headers for entry in log if entry.path != "/robots.txt")
    revisits = query(
        archive,
        "SELECT r.warc_file, r.warc_offset, r.revisit_of, o.url, r.url, r.payload_digest = o.payload_digest"
        " FROM captures r JOIN captures o ON o.record_id = r.revisit_of WHERE r.status = 304",
    )
    assert len(revisits) == 30
    for file, offset, revisit_of, old_url, url, same_payload in revisits:
        record = read_record(archive / "warc" / file, offset)
        assert record.type == "revisit"
        assert revisit_of in (record.warc_header("WARC-Refers-To") or "")
        assert old_url == url
        assert same_payload
    assert query(archive, "SELECT count(*) FROM articles WHERE last_captured_at > first_captured_at") == [
        (30,)
    ]
    assert query(archive, "SELECT count(*) FROM revisions") == [(31,)]


def test_known_articles_are_looked_at_less_and_less(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    looked = []
    with Replay(site_of(3)) as replay:
        run(replay, archive)
        for day in range(1, 46):
            age(archive, 1)
            if day in (1, 2, 7, 8, 9, 20, 37, 38, 39, 45):
                _, asked = run(replay, archive)
                looked.append((day, sum("/tin/" in target for target in asked)))
    assert looked == [(1, 3), (2, 0), (7, 0), (8, 3), (9, 0), (20, 0), (37, 0), (38, 3), (39, 0), (45, 0)]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, body=b"<html><head><title>404</title></head><body>404 Not Found</body></html>"),
        Answer(410),
        Answer(302, (("Location", "/"),)),
        Answer(
            200, body="<html><title>Không tìm thấy trang</title><p>Trang không tồn tại.</p></html>".encode()
        ),
    ],
    ids=["404", "410", "home", "soft 404"],
)
def test_gone_after_14_days_of_evidence_and_back_again(tmp_path: Path, answer: Answer) -> None:
    archive = tmp_path / "archive"
    status = "SELECT status FROM articles WHERE url LIKE '%/bai-1.html'"
    with Replay(site_of(3)) as replay:
        run(replay, archive)
        text = query(archive, "SELECT text FROM articles WHERE url LIKE '%/bai-1.html'")
        whole = replay.site.pages["/tin/bai-1.html"]
        replay.site.pages["/tin/bai-1.html"] = answer
        seen = []
        for days in (1.1, 1.1, 7, 7):
            age(archive, days)
            run(replay, archive)
            seen.append(query(archive, status)[0][0])
        assert seen == ["live", "live", "live", "gone"]
        assert query(archive, "SELECT text FROM articles WHERE url LIKE '%/bai-1.html'") == text, "I5"
        ((url, detail),) = events(archive, "gone")
        assert url.endswith("/bai-1.html")
        assert " since 20" in detail
        assert "asked 4 times" in detail
        replay.site.pages["/tin/bai-1.html"] = whole
        age(archive, 31)
        run(replay, archive)
    assert query(archive, status) == [("live",)]
    assert len(events(archive, "comeback")) == 1
    assert query(archive, "SELECT count(*) FROM revisions") == [(3,)]
