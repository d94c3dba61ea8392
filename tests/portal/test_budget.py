"""A crawl that may not ask for everything asks for the newest first, and the next one goes on from there."""

import re
from datetime import date, timedelta
from pathlib import Path

from tests.portal.crawling import crawl, query, states
from tests.portal.newsroom import story, title_of
from tests.portal.replay import Replay, Site

COUNT = 90
PER_PAGE = 15
LAST_DAY = date(2024, 12, 31)


def day_of(number: int) -> date:
    """Return when an article was published: one a day, the highest number on the last day."""
    return LAST_DAY - timedelta(days=COUNT - 1 - number)


def archive_site(*, sitemap: bool) -> Site:
    """A front page with a list behind it, newest first; each article links three older ones."""
    site = Site()
    names = "Sitemap: {origin}/sitemap.xml\n" if sitemap else ""
    words = "Trang tin của huyện, nơi đăng thông báo và tin tức các xã. " * 10
    old = "".join(f"<li><a href='/tin/bai-{n}.html'>{title_of(n)}</a></li>" for n in (3, 7))
    site.put("/", f"<title>Trang tin</title><p>{words}</p><ul>{old}</ul><a href='/trang-1'>Tin</a>")
    for page in range(1, COUNT // PER_PAGE + 1):
        newest = COUNT - (page - 1) * PER_PAGE
        items = "".join(
            f"<li><a href='/tin/bai-{n}.html'>{title_of(n)}</a></li>"
            for n in range(newest - 1, newest - 1 - PER_PAGE, -1)
        )
        site.put(
            f"/danh-muc?page={page}",
            f"<title>Tin</title><ul>{items}</ul><a href='/danh-muc?page={page + 1}'>Sau</a>",
        )
    site.edit("/", lambda body: body.replace(b"/trang-1", b"/danh-muc?page=1"))
    for number in range(COUNT):
        shown = f"{day_of(number):%d/%m/%Y}"
        related = "".join(
            f"<a href='/tin/bai-{(number * k) % (number or 1)}.html'>{k}</a>" for k in (3, 5, 7)
        )
        page = re.sub(r"<span class='date'>[^<]*", f"<span class='date'>{shown}", story(number, tail=related))
        site.put(f"/tin/bai-{number}.html", page)
    entries = "".join(
        f"<url><loc>{{origin}}/tin/bai-{n}.html</loc><lastmod>{day_of(n)}</lastmod></url>"
        for n in range(COUNT)
    )
    site.put("/robots.txt", f"User-agent: *\nDisallow:\n{names}", mime="text/plain")
    if sitemap:
        site.put("/sitemap.xml", f"<?xml version='1.0'?><urlset>{entries}</urlset>", mime="application/xml")
    return site


def served(site: Site) -> Replay:
    replay = Replay(site)
    for target in ("/robots.txt", "/sitemap.xml"):
        if target in site.pages:
            site.edit(target, lambda body: body.replace(b"{origin}", replay.origin.encode()))
    return replay


def numbers(archive: Path) -> set[int]:
    return {int(re.search(r"bai-(\d+)", url)[1]) for (url,) in query(archive, "SELECT url FROM articles")}


def test_a_budget_is_spent_on_the_newest_and_the_next_run_goes_on(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with served(archive_site(sitemap=True)) as replay:
        done = crawl(replay.origin + "/", archive, "--max-requests", "30")
        assert done.returncode == 0
        assert "the budget of requests is spent" in done.stdout
        assert len(replay.site.log) == 30
        first = numbers(archive)
        # Two that the front page shows, and of the rest the newest.
        assert len(first) >= 25
        assert sorted(first - {3, 7}) == list(range(COUNT - len(first - {3, 7}), COUNT))
        assert query(archive, "SELECT reason FROM crawls") == [("budget",)]
        crawl(replay.origin + "/", archive)
        targets = [target for target in replay.site.paths() if "/tin/" in target]
    assert numbers(archive) == set(range(COUNT))
    assert len(targets) == len(set(targets)) == COUNT
    assert set(states(archive)) <= {"done", "excluded", "gone"}


def test_articles_come_before_old_pages_of_a_list(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with served(archive_site(sitemap=False)) as replay:
        crawl(replay.origin + "/", archive, "--max-requests", "21")
        targets = replay.site.paths()
    assert len(targets) == 21
    assert not [target for target in targets if re.search(r"page=[2-9]", target)]
    assert len(numbers(archive)) >= 17


def test_since_leaves_what_is_older_for_later(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    since = day_of(70).isoformat()
    with served(archive_site(sitemap=True)) as replay:
        assert crawl(replay.origin + "/", archive, "--since", since).returncode == 0
        assert numbers(archive) - {3, 7} == set(range(70, COUNT))
        ((kept,),) = query(
            archive,
            f"SELECT count(*) FROM urls WHERE state = 'excluded' AND reason = 'older than --since {since}'",
        )
        assert kept >= 68
        crawl(replay.origin + "/", archive)
    assert numbers(archive) == set(range(COUNT))


def test_since_stops_walking_a_list_whose_articles_are_older(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with served(archive_site(sitemap=False)) as replay:
        for number in range(COUNT):
            # No links from one article to another: only the list leads on.
            replay.site.edit(
                f"/tin/bai-{number}.html", lambda body: re.sub(rb"<a href='/tin/[^>]*>\d</a>", b"", body)
            )
        assert crawl(replay.origin + "/", archive, "--since", day_of(80).isoformat()).returncode == 0
        pages = [target for target in replay.site.paths() if "danh-muc" in target]
        assert len(pages) < COUNT // PER_PAGE
        assert set(range(80, COUNT)) <= numbers(archive)
        crawl(replay.origin + "/", archive)
    assert numbers(archive) == set(range(COUNT))
