"""What a portal's archive lacks is found by what the portal says of itself, and nothing more is claimed."""

import json
from pathlib import Path

import pytest

from archive.commands.common import run
from archive.database import open_archive
from archive.records import Portal
from crawler.cli import cli
from crawler.completeness import Completeness, summary
from crawler.reconcile import completeness
from tests.portal.crawling import crawl
from tests.portal.replay import Replay, Site
from tests.portal.sites import article, small_site

MISSING_IDS = (104, 109, 110)
HIDDEN = (103, 107)  # not in the sitemap, linked by a listing
DEAD = 112  # in the sitemap, and gone


_WHO = (
    "Hội Nông dân xã", "Đoàn Thanh niên xã", "Trạm Y tế xã", "Trường tiểu học Tân Lộc", "Công an xã",
    "Hội Phụ nữ ấp Trung", "Hợp tác xã lúa giống", "Ban nhân dân ấp Đông", "Mặt trận Tổ quốc xã",
)  # fmt: skip
_DID = (
    "phát động trồng cây xanh", "khám bệnh cho người cao tuổi", "nạo vét kênh thủy lợi", "trao học bổng",
    "tập huấn phòng cháy", "sửa đường bê tông", "gom rác thải nhựa", "khai mạc giải bóng chuyền",
)  # fmt: skip
_WHERE = (
    "tại bến đò cũ", "dọc tuyến kênh Xáng", "ở chợ trung tâm", "trong khuôn viên đình làng",
    "bên cầu Rạch Gòi", "tại nhà văn hóa ấp Tây", "trên cánh đồng mẫu",
)  # fmt: skip


def news(number: int) -> str:
    """An article like no other of the portal: what recurs on many pages is taken for the site's furniture."""
    lines = [
        f"{_WHO[(number + 2 * n) % 9]} {_DID[(number * 3 + n) % 8]} {_WHERE[(number * 5 + n) % 7]}, có bà con"
        f" {_WHERE[(number + 3 * n) % 7].split(' ', 1)[1]} cùng {_WHO[(number * 2 + n) % 9]} tham gia."
        for n in range(6)
    ]
    body = "".join(f"<p>{line}</p>" for line in lines)
    page = article(number)
    start, end = (
        page.index("<div class='content'>") + len("<div class='content'>"),
        page.index("</div></article>"),
    )
    return page[:start] + body + page[end:]


def path_of(number: int) -> str:
    return f"/tin-tuc/viec-so-{number}-{number}.html"


def numbered_site() -> Site:
    """A portal of articles 101 to 115, of which three never were, two hide from the sitemap and one died."""
    site = Site()
    numbers = [number for number in range(101, 116) if number not in MISSING_IDS]
    mark = "<meta name='generator' content='NukeViet v4.5'>"
    for number in numbers:
        if number != DEAD:
            site.put(path_of(number), news(number).replace("<head>", f"<head>{mark}"))
    pages = [numbers[:5], numbers[5:]]
    for page, shown in enumerate(pages, start=1):
        links = "".join(f"<li><a href='{path_of(n)}'>Xã Tân Lộc họp bàn việc số {n}</a></li>" for n in shown)
        after = "<a href='/tin-tuc/page-2/'>2</a>" if page == 1 else ""
        listing = (
            f"<html><head>{mark}<title>Tin tức</title></head><body><ul>{links}</ul>{after}</body></html>"
        )
        site.put("/tin-tuc/" if page == 1 else "/tin-tuc/page-2/", listing)
    site.put(
        "/",
        f"<html><head>{mark}<title>Xã Tân Lộc</title></head>"
        "<body><a href='/tin-tuc/'>Tin tức</a></body></html>",
    )
    site.put("/robots.txt", "User-agent: *\nDisallow:\n", mime="text/plain")
    return site


def put_sitemap(replay: Replay) -> None:
    listed = [number for number in range(101, 116) if number not in (*MISSING_IDS, *HIDDEN)]
    locs = "".join(f"<url><loc>{replay.origin}{path_of(number)}</loc></url>" for number in listed)
    replay.site.put(
        "/sitemap.xml",
        f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{locs}</urlset>",
        mime="application/xml",
    )


def report_on(archive: Path) -> Completeness:
    db = open_archive(archive, write=False)
    try:
        key, name, hosts, platform = db.execute(
            "SELECT portal_key, name, hosts, platform FROM portals"
        ).fetchone()
        return completeness(db, Portal(key, name, tuple(json.loads(hosts)), platform))
    finally:
        db.close()


def test_a_portal_with_hidden_articles_missing_ids_and_a_dead_one(tmp_path: Path, capsys) -> None:
    archive = tmp_path / "archive"
    with Replay(numbered_site()) as replay:
        put_sitemap(replay)
        crawl(replay.origin + "/", archive)
    report = report_on(archive)
    assert report.articles == 11
    assert report.platform == "nukeviet"
    sitemap = report.sitemap
    assert (sitemap.files, sitemap.urls, sitemap.archived) == (1, 10, 9)
    assert [(url.rpartition("/")[2], why) for url, why in sitemap.missing] == [
        ("viec-so-112-112.html", "gone: HTTP 404")
    ]
    assert (report.ids.first, report.ids.last, report.ids.telling) == (101, 115, True)
    assert report.ids.missing == ((104, 104), (109, 110)), "112 was met, and the ledger says it is gone"
    said = summary(report)
    assert said.startswith("9 of 10 in the sitemap, 2 articles beside it; ")
    assert said.endswith("3 ids missing: 104, 109–110")
    assert sum(row.urls for row in report.ledger) == _urls(archive)
    _check_command(archive, capsys, said)


def _urls(archive: Path) -> int:
    db = open_archive(archive, write=False)
    try:
        return db.execute("SELECT count(*) FROM urls").fetchone()[0]
    finally:
        db.close()


def _check_command(archive: Path, capsys, said: str) -> None:
    assert run(cli, "khocong", ["report", "--archive", str(archive)]) == 0
    shown = capsys.readouterr().out
    assert said in shown
    assert "missing (gone: HTTP 404): http://127.0.0.1" in shown
    assert run(cli, "khocong", ["report", "--archive", str(archive), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["portals"]
    assert rows[0]["summary"] == said
    assert rows[0]["ids"]["missing"] == [[104, 104], [109, 110]]
    assert run(cli, "khocong", ["report", "nobody", "--archive", str(archive)]) == 2


def test_without_sitemap_and_ids_nothing_is_claimed(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with Replay(small_site(3)) as replay:
        crawl(replay.origin + "/", archive, "--max-requests", "4")
    said = summary(report_on(archive))
    assert said.startswith("not finished: ")
    assert "no sitemap" in said
    assert "says how many there are" in said


@pytest.mark.parametrize("name", ["nukeviet", "wordpress"])
def test_the_replays_are_complete_by_the_truth(tmp_path: Path, shared_dir: Path, name: str) -> None:
    archive = tmp_path / "archive"
    with Replay.of_warc(shared_dir / "captures" / f"{name}.warc.gz") as replay:
        crawl(replay.origin + "/", archive, timeout_s=240)
    report = report_on(archive)
    lines = (shared_dir / "captures" / f"{name}.truth.jsonl").read_text(encoding="utf-8").splitlines()
    truth = {int(json.loads(line)["id"]) for line in lines}
    # The captures hold the index of the sitemaps or none, never the files it names: that is said, not hidden.
    assert report.sitemap.archived == 0
    assert report.sitemap.unread
    assert "says how many there are" in summary(report)
    if name == "wordpress":
        assert not report.ids.telling
        assert report.ids.missing == ()
        return
    missing = {number for first, last in report.ids.missing for number in range(first, last + 1)}
    span = set(range(min(truth), max(truth) + 1))
    assert missing == span - truth
    assert report.ids.known == len(truth)
