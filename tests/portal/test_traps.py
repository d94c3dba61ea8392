"""A portal full of traps: each is left after a request or three, and every article is archived once."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.portal.crawling import crawl, query
from tests.portal.newsroom import story, title_of
from tests.portal.replay import Answer, Replay, Site

ARTICLES = 300
PER_PAGE = 20
PAGES = ARTICLES // PER_PAGE

NOTHING = "<html><title>Không tìm thấy trang</title><p>Trang không tồn tại.</p></html>"

# Each trap by the addresses that are inside it.
TRAPS = {
    "locale tails": r"\.html/(?:en|vi)\b",
    "calendar": r"^/lich-cong-tac/20",
    "sort order": r"[?&](?:sort|order|dir)=",
    "print and save twins": r"/(?:print|savefile|sendmail)/|[?&]print=|pop_up",
    "session tokens": r"jsessionid|[?&]sid=|nvvithemever|PHPSESSID",
    "login": r"^/(?:dang-nhap|user/login)",
    "tags": r"^/(?:tag|tu-khoa)/",
    "script fragments": r"['+$]|%27|\$\(",
    "endless paging": r"^/thong-bao\?page=(?:[4-9]|\d\d)",
    "soft 404": r"^/khong-con/",
    "redirect to home": r"^/chuyen-huong/",
}


def _menu(number: int) -> str:
    """Return what stands below each page: a way into every trap, another one on each page."""
    path, year, month = f"/tin/bai-{number}.html", 2000 + number % 90, 1 + number % 12
    hrefs = [
        f"{path}/en", f"{path}/en/vi", f"/lich-cong-tac/{year}/{month:02d}",
        f"/tin-tuc?sort=title&dir={number}",
        f"/tin-tuc?page=2&order=o{number}", f"/print/{number}.html", f"/savefile/{number}.html",
        f"/sendmail/{number}/", f"{path}?print=1", f"{path}?p_p_state=pop_up",
        f"{path};jsessionid=A{number:031X}",
        f"{path}?sid={number:032x}",
        f"/?nvvithemever=m&amp;nv_redirect=R{number}", f"{path}?PHPSESSID=s{number}",
        f"/user/login?destination=tin/{number}", f"/dang-nhap?ve={number}", f"/tag/tu-{number}",
        f"/tu-khoa/tu-{number}", f"/tin/' + $(this).data('{number}') + '", "/thong-bao?page=1",
        f"/khong-con/{number}.html", f"/chuyen-huong/{number}.html",
    ]  # fmt: skip
    return "".join(f'<a href="{href}">{index}</a> ' for index, href in enumerate(hrefs))


def _listing(title: str, numbers: list[int], more: str) -> str:
    items = "".join(f"<li><a href='/tin/bai-{n}.html'>{title_of(n)}</a></li>" for n in numbers)
    head = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>"
    return f"{head}<ul>{items}</ul>{more}</body></html>"


def trapped_site() -> Site:
    site = Site()
    site.put("/robots.txt", "User-agent: *\nDisallow:\n", mime="text/plain")
    menu = _menu(0)
    site.put("/", _listing("Trang tin", list(range(10)), f"<a href='/tin-tuc?page=1'>Tin tức</a>{menu}"))
    for page in range(1, PAGES + 1):
        numbers = list(range((page - 1) * PER_PAGE, page * PER_PAGE))
        more = f"<a href='/tin-tuc?page={page + 1}'>Sau</a>" if page < PAGES else ""
        site.put(f"/tin-tuc?page={page}", _listing("Tin tức", numbers, more + menu))
    for number in range(ARTICLES):
        site.put(f"/tin/bai-{number}.html", story(number, tail=_menu(number)))
    repeated = list(range(40, 60))

    def endless(target: str, _number: int) -> Answer | None:
        if found := re.match(r"/thong-bao\?page=(\d+)", target):
            # After its third page the list says the third page again, whatever number is asked for.
            page = min(int(found[1]), 3)
            numbers = repeated[(page - 1) * 6 : page * 6]
            more = f"<a href='/thong-bao?page={int(found[1]) + 1}'>Sau</a>"
            return Answer(body=_listing("Thông báo", numbers, more).encode())
        if target.startswith("/khong-con/"):
            return Answer(
                body="<html><title>Không tìm thấy trang</title><p>Trang không tồn tại.</p></html>".encode()
            )
        if target.startswith("/chuyen-huong/"):
            return Answer(302, (("Location", "/"),))
        for pattern in TRAPS.values():
            if re.search(pattern, target):
                inside = int(re.sub(r"\D", "", target)[-3:] or 0) % ARTICLES
                return Answer(body=story(inside, tail=_menu((inside * 7 + 1) % ARTICLES)).encode())
        return None

    site.fault = endless
    return site


@pytest.mark.timeout(240)
def test_no_trap_costs_more_than_a_hundredth_and_every_article_is_there_once(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with Replay(trapped_site()) as replay:
        done = crawl(replay.origin + "/", archive, "--json", timeout_s=230)
        assert done.returncode == 0, done.stderr
        targets = replay.site.paths()
    assert json.loads(done.stdout)["reason"] == "finished"
    inside = Counter(
        name for target in targets for name, pattern in TRAPS.items() if re.search(pattern, target)
    )
    assert all(count <= 0.01 * len(targets) for count in inside.values()), inside
    # What a trap looks like to the ledger: closed with the reason, not just never asked for.
    reasons = dict(
        query(archive, "SELECT reason, count(*) FROM urls WHERE state = 'excluded' GROUP BY reason")
    )
    assert {
        "calendar",
        "sort order",
        "print twin",
        "login",
        "tag",
        "session or theme token",
    } <= reasons.keys()
    assert reasons["family teaches nothing new"] > 100
    found = [url for (url,) in query(archive, "SELECT url FROM articles WHERE url LIKE '%/tin/bai-%'")]
    assert sorted(found) == sorted(f"{replay.origin}/tin/bai-{n}.html" for n in range(ARTICLES))
    assert query(archive, "SELECT count(*) FROM articles") == [(ARTICLES,)]
    assert max(Counter(targets).values()) == 1
    assert len(targets) <= 1.15 * ARTICLES
