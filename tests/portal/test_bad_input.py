"""What users get wrong, and portals too: one clear line, the right exit code, never a traceback."""

from pathlib import Path

import pytest

from tests.portal.crawling import crawl, query, start
from tests.portal.replay import Replay, Site
from tests.portal.sites import small_site


@pytest.mark.parametrize("word", ["khong-co-cong-nay", "ftp://example.gov.vn/", "file:///etc/passwd"])
def test_what_is_no_portal_is_a_usage_error(tmp_path: Path, word: str) -> None:
    done = crawl(word, tmp_path / "archive")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "archive").exists()


def test_an_unreachable_host_is_told(tmp_path: Path) -> None:
    with Replay(Site()) as replay:
        gone = replay.origin
    done = crawl(gone + "/", tmp_path / "archive")
    assert done.returncode == 1
    assert "cannot be reached (connection refused" in done.stdout.splitlines()[-1]
    assert query(tmp_path / "archive", "SELECT reason FROM crawls")[0][0].startswith("failed: ")


@pytest.mark.parametrize(
    ("body", "mime", "why"),
    [
        (
            "<html><head><title>Trang</title></head><body><p>Xin chào</p></body></html>",
            "text/html",
            "no article found",
        ),
        ('{"tin": []}', "application/json", "not HTML: application/json"),
        ("", "text/html", "empty"),
    ],
)
def test_a_portal_without_articles_fails(tmp_path: Path, body: str, mime: str, why: str) -> None:
    site = Site()
    site.put("/", body, mime=mime)
    with Replay(site) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive")
    assert done.returncode == 1
    assert "no article found" in done.stdout.splitlines()[-1]
    assert why in done.stdout.splitlines()[-1]
    assert query(tmp_path / "archive", "SELECT count(*) FROM captures WHERE status = 200") == [(1,)], (
        "the bytes are kept"
    )


def test_a_damaged_archive_is_left_alone(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "archive.db").write_bytes(b"no database " * 500)
    done = crawl("http://127.0.0.1:9/", archive)
    assert done.returncode == 1
    assert "is damaged" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert (archive / "archive.db").read_bytes() == b"no database " * 500


def test_a_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    site = small_site()
    site.latency_s = 0.5
    with Replay(site) as replay:
        first = start(replay.origin + "/", tmp_path / "archive")
        try:
            while len(site.log) < 2:
                pass
            second = crawl(replay.origin + "/", tmp_path / "archive")
            assert second.returncode == 1
            assert f"(pid {first.pid})" in second.stderr
        finally:
            first.communicate(timeout=60)
    assert first.returncode == 0, "the first one was not disturbed"
