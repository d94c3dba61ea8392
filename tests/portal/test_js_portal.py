"""A portal made of JavaScript, in a real browser: nothing without it, all with it, nothing beside it."""

import json
from pathlib import Path

import pytest

from archive.warc.reader import iterate, read_record, rendering_of
from crawler import browser
from tests.portal.crawling import crawl, query
from tests.portal.replay import Replay, Site

needs_browser = pytest.mark.skipif(bool(browser.missing()), reason=browser.missing() or "all is there")

SHELL = """<!DOCTYPE html><html lang="vi"><head><meta charset="utf-8"><title>Xã Phú Lâm</title>
<link rel="stylesheet" href="/theme.css"><script src="/app.js" defer></script></head>
<body><div id="app"></div><img src="/logo.png"><noscript>Hãy bật JavaScript.</noscript></body></html>"""
APP = """
const app = document.getElementById('app');
const line = (tag, text, cls) => { const made = document.createElement(tag); made.textContent = text;
  if (cls) made.className = cls; return made; };
async function front() {
  const items = await (await fetch('/api/tin.json')).json();
  const list = document.createElement('ul'); list.id = 'danh-sach';
  for (const item of items) { const row = document.createElement('li'); const link = line('a', item.title);
    link.href = '/tin/' + item.id + '.html'; row.append(link); list.append(row); }
  app.append(list);
}
async function article(id) {
  const item = await (await fetch('/api/tin/' + id + '.json')).json();
  const body = document.createElement('article');
  body.append(line('h1', item.title), line('span', 'Ngày đăng: ' + item.day, 'date'));
  const text = line('div', '', 'content'); for (const words of item.text) text.append(line('p', words));
  body.append(text); app.append(body);
}
for (const url of OTHERS) fetch(url).catch(() => {});
try { new WebSocket('ws://' + location.host + '/ws'); } catch (error) { /* refused, as it should be */ }
const found = location.pathname.match(/\\/tin\\/(\\d+)\\.html/);
found ? article(found[1]) : front();
"""
SENTENCES = (
    "Sáng nay, Ủy ban nhân dân xã Phú Lâm họp bàn việc nạo vét kênh Vàm Nao trước mùa nước nổi.",
    "Trưởng các ấp nêu những đoạn đê yếu và đề nghị huy động dân quân cùng đoàn viên thanh niên.",
    "Chủ tịch xã giao cán bộ địa chính báo cáo tiến độ vào thứ Sáu hằng tuần.",
)


def js_site(count: int = 4, others: tuple[str, ...] = ()) -> Site:
    """A front page and *count* articles that are empty until scripts fetch what they show."""
    site = Site()
    site.put("/", SHELL)
    site.put("/robots.txt", "User-agent: *\nDisallow: /rieng/\n", mime="text/plain")
    site.put("/app.js", APP.replace("OTHERS", json.dumps(list(others))), mime="text/javascript")
    site.put("/rieng/so.json", "{}", mime="application/json")
    site.put("/theme.css", "body { color: #111 }", mime="text/css")
    rows = [{"id": n, "title": f"Xã Phú Lâm họp bàn việc số {n}"} for n in range(1, count + 1)]
    site.put("/api/tin.json", json.dumps(rows), mime="application/json")
    for row in rows:
        site.put(f"/tin/{row['id']}.html", SHELL)
        text = [f"{sentence} Việc số {row['id']}." for sentence in SENTENCES]
        day = f"{10 + row['id']}/03/2024"
        site.put(
            f"/api/tin/{row['id']}.json",
            json.dumps({**row, "day": day, "text": text}),
            mime="application/json",
        )
    return site


def test_without_a_browser_it_has_no_articles(tmp_path: Path) -> None:
    with Replay(js_site()) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive", "--json")
        assert done.returncode == 1
        assert json.loads(done.stdout)["articles_in_archive"] == 0
        assert "/api/tin.json" not in replay.site.paths()


@needs_browser
def test_with_a_browser_every_article_is_there(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with Replay(js_site()) as replay:
        done = crawl(replay.origin + "/", archive, "--json", "--browser")
        assert done.returncode == 0, done.stderr
        summary = json.loads(done.stdout)
        paths = replay.site.paths()
    rows = query(archive, "SELECT title, text, published_at FROM articles ORDER BY title")
    assert [title for title, _, _ in rows] == [f"Xã Phú Lâm họp bàn việc số {n}" for n in range(1, 5)]
    for number, (_, text, day) in enumerate(rows, 1):
        assert text.splitlines() == [f"{sentence} Việc số {number}." for sentence in SENTENCES]
        assert day == f"2024-03-{10 + number}"
    assert summary["requests"] == len(paths), "what the scripts asked for is counted"
    assert paths.count("/app.js") == 1, "a script is asked for once a run"
    assert not {"/theme.css", "/logo.png", "/ws"} & set(paths), "what nobody reads is not fetched"

    # The answer as it came is the capture; what the browser made of it stands beside it.
    for file, offset, record_id, url in query(
        archive, "SELECT warc_file, warc_offset, record_id, url FROM captures WHERE url LIKE '%/tin/%'"
    ):
        record = read_record(archive / "warc" / file, offset)
        assert (record.type, record.body()) == ("response", SHELL.encode())
        made = rendering_of(archive / "warc" / file, offset, record_id)
        assert made is not None
        assert made.url == f"onreadydom:{url}"
        assert "họp bàn việc số" in made.payload.decode()
        assert made.digest_matches()
        assert (made.warc_header("X-Archive-Rendered-By") or "").startswith("Chromium/")
    kinds = [(record.type, record.url) for path in (archive / "warc").iterdir() for record in iterate(path)]
    assert ("response", f"{replay.origin}/api/tin/1.json") in kinds, (
        "what the page was made of is captured too"
    )


@needs_browser
def test_the_registry_says_so_and_a_recrawl_finds_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`rendering: browser` in the portal's file; its shells never change, and what they show is found."""
    registry, archive = tmp_path / "portals", tmp_path / "archive"
    registry.mkdir()
    monkeypatch.setenv("KHOCONG_PORTALS", str(registry))
    with Replay(js_site(2)) as replay:
        (registry / "xa-phu-lam.yml").write_text(
            f"name: Xã Phú Lâm\nhosts: ['{replay.origin.removeprefix('http://')}']\n"
            f"seeds: ['{replay.origin}/']\nrendering: browser\nwait_for: '#danh-sach li, article p'\n"
            "evidence: {kind: seen, noted_on: 2026-11-23, what: a test}\n",
            encoding="utf-8",
        )
        assert crawl("xa-phu-lam", archive).returncode == 0
        replay.site.pages.update(js_site(3).pages)
        done = crawl("xa-phu-lam", archive, "--json")
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["articles"]["new"] == 1
    assert query(archive, "SELECT count(*) FROM articles") == [(3,)]


@needs_browser
def test_scripts_go_nowhere_else(tmp_path: Path) -> None:
    """Other hosts, other ports of this one, robots.txt's refusals: none is asked, in whatever way."""
    with Replay(Site()) as other, Replay(Site()) as replay:
        site = js_site(2, (f"{other.origin}/leak", "/rieng/so.json", "http://203.0.113.7/leak"))
        replay.site.pages.update(site.pages)
        done = crawl(replay.origin + "/", tmp_path / "archive", "--browser")
        assert done.returncode == 0, done.stderr
        assert other.site.log == []
        assert "/rieng/so.json" not in replay.site.paths()
    assert query(tmp_path / "archive", "SELECT count(*) FROM articles") == [(2,)]


@needs_browser
def test_what_scripts_ask_for_is_paced(tmp_path: Path) -> None:
    with Replay(js_site(1)) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive", "--browser", delay=0.2)
        assert done.returncode == 0, done.stderr
        assert min(replay.site.gaps()) >= 0.2
        assert "/api/tin/1.json" in replay.site.paths()


@needs_browser
def test_a_page_that_hangs_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without its selector, and scripts that never end, are given up after their time."""
    monkeypatch.setenv("KHOCONG_PAGE_TIME", "3")
    site = js_site(2)
    site.put("/tin/1.html", "<html><body><p>Chờ…</p><script>while (true) {}</script></body></html>")
    with Replay(site) as replay:
        done = crawl(
            replay.origin + "/", tmp_path / "archive", "--browser", "--json", "--wait-for", "article, li"
        )
        assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["issues"] == {"page not rendered": 1}
    assert query(tmp_path / "archive", "SELECT title FROM articles") == [("Xã Phú Lâm họp bàn việc số 2",)]


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(browser.SETTING, "khong-co-trinh-duyet")
    with Replay(js_site()) as replay:
        done = crawl(replay.origin + "/", tmp_path / "archive", "--browser")
    assert done.returncode == 1
    assert "khong-co-trinh-duyet" in done.stdout + done.stderr or "pip install" in done.stdout + done.stderr
    assert replay.site.log == []
