"""For people who know Scrapy: the project is a Scrapy project, and its one spider crawls any portal."""

import subprocess
import sys
from pathlib import Path

from crawler.demo import DemoServer, articles
from tests.portal.crawling import ROOT, environment, query


def scrapy(*arguments: str, archive: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *arguments], cwd=ROOT, env=environment(archive), capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip


def test_the_spider_is_listed(tmp_path: Path) -> None:
    done = scrapy("list", archive=tmp_path / "archive")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["portal"]


def test_scrapy_crawl_fills_an_archive(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with DemoServer() as server:
        done = scrapy(
            "crawl", "portal", "-a", f"portal={server.url}", "-a", f"archive={archive}", "-a", "delay=0",
            "-a", "allow_private=1", archive=archive,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert query(archive, "SELECT count(*) FROM articles")[0][0] == len(articles())
    assert query(archive, "SELECT reason FROM crawls") == [("finished",)]
