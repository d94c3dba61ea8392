"""`khocong new-portal` at a live site on loopback: what it writes is a registry to crawl with."""

import subprocess
import sys
from pathlib import Path

from crawler import registry
from tests.portal.crawling import ROOT, environment, query
from tests.portal.replay import Replay, Site
from tests.portal.sites import article

HEAD = (
    "<html><head><meta name='generator' content='NukeViet v4.5'>"
    "<title>Trang nhất - Trang thông tin điện tử xã Tân Lộc</title></head>"
)


def portal_site() -> Site:
    site = Site()
    site.put("/", b"", status=302, Location="/vi/")
    site.put(
        "/vi/",
        f"{HEAD}<body><a href='/vi/news/tin-tuc/'>Tin tức - Sự kiện</a>"
        "<a href='/vi/news/thong-bao/'>Thông báo</a><a href='/vi/users/login/'>Đăng nhập tin tức</a>"
        "<a href='https://khac.gov.example/tin-tuc/'>Tin tức</a><a href='/vi/'>Tin mới</a></body></html>",
    )
    for name, numbers in (("tin-tuc", (1, 2)), ("thong-bao", (3,))):
        links = "".join(f"<li><a href='/vi/news/{name}/bai-{n}.html'>Bài số {n}</a></li>" for n in numbers)
        site.put(f"/vi/news/{name}/", f"{HEAD}<body><ul>{links}</ul></body></html>")
        for number in numbers:
            site.put(f"/vi/news/{name}/bai-{number}.html", article(number))
    site.put("/robots.txt", "User-agent: *\nDisallow:\n", mime="text/plain")
    return site


def khocong(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {**environment(tmp_path / "archive"), "KHOCONG_PORTALS": str(tmp_path / "portals")}
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *words], cwd=ROOT, env=environ, capture_output=True, text=True,
        timeout=90, check=False,
    )  # fmt: skip


def test_a_look_at_a_site_becomes_a_registry_file_to_crawl_with(tmp_path: Path) -> None:
    (tmp_path / "portals").mkdir()
    with Replay(portal_site()) as replay:
        seen = khocong(tmp_path, "new-portal", replay.origin + "/", "--allow-private", "--write")
        assert seen.returncode == 0, seen.stderr
        key = replay.portal_key.replace(".", "-")
        path = tmp_path / "portals" / "unplaced" / f"{key}.yml"
        assert seen.stdout.strip() == str(path)
        config = registry.load_all(tmp_path / "portals")[key]
        assert config.name == "Trang thông tin điện tử xã Tân Lộc"
        assert (config.platform, config.organ) == ("nukeviet", "Ủy ban nhân dân xã Tân Lộc")
        assert [(seed.url, seed.category) for seed in config.seeds] == [
            (f"{replay.origin}/vi/", ""),
            (f"{replay.origin}/vi/news/tin-tuc/", "tin_tuc"),
            (f"{replay.origin}/vi/news/thong-bao/", "thong_bao"),
        ]
        asked = len(replay.site.log)
        assert asked <= 5, "a look costs a handful of requests"
        assert khocong(tmp_path, "portals", "--check").returncode == 0
        again = khocong(tmp_path, "new-portal", replay.origin + "/", "--allow-private")
        assert again.returncode == 2, "it is registered now"
        assert len(replay.site.log) == asked
        done = khocong(
            tmp_path, "crawl", key, "--allow-private", "--delay", "0", "--archive", str(tmp_path / "kho")
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert query(tmp_path / "kho", "SELECT portal_key, count(*) FROM articles") == [(key, 3)]


def test_a_site_that_does_not_answer_gives_no_file(tmp_path: Path) -> None:
    (tmp_path / "portals").mkdir()
    site = Site()
    site.put("/robots.txt", "User-agent: *\nDisallow: /\n", mime="text/plain")
    with Replay(site) as replay:
        seen = khocong(tmp_path, "new-portal", replay.origin + "/", "--allow-private", "--write")
    assert seen.returncode == 1
    assert seen.stderr.count("\n") == 1
    assert not list((tmp_path / "portals").rglob("*.yml"))
