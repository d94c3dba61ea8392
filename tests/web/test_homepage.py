"""What the first page and its kin say: the week, what is dying, coverage, charts and the data behind them."""

import asyncio
from datetime import UTC, datetime, timedelta

import library
import pytest
import written_archive
from reader import Browser

from archive.database import open_archive
from archive.web import homepage, plots, portals, provinces, publishing
from archive.web.homepage import SHADES
from archive.web.serve import Public, build


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return library.make(tmp_path_factory.mktemp("trangdau") / "kho")


@pytest.fixture(scope="module")
def conn(folder):
    db = open_archive(folder, write=False)
    yield db.conn
    db.close()


def test_the_week_counts_what_is_new_and_edited(conn):
    week = homepage.home(conn, library.START + timedelta(days=2), homepage.figures(conn))["week"]
    assert week["new"] == 6
    assert [(one["article_id"], one["number"]) for one in week["edits"]] == [(1, 2)]
    # Nine captures an hour apart: seven days after the fifth, four articles are of this week.
    late = homepage.home(
        conn, library.START + timedelta(days=7, hours=5, minutes=30), homepage.figures(conn)
    )["week"]
    assert late["new"] == 4
    later = homepage.home(conn, library.START + timedelta(days=60), homepage.figures(conn))["week"]
    assert (later["new"], later["edits"], later["gone"]) == (0, [], [])


def test_what_dies_is_told(tmp_path):
    folder = library.make(tmp_path / "kho")
    db = open_archive(folder, write=True)
    now = library.START + timedelta(days=3)
    with db.transaction() as conn:
        conn.execute("UPDATE portals SET status = 'frozen' WHERE portal_key = 'danang'")
        conn.execute("UPDATE crawls SET reason = 'failed: no answer' WHERE portal_key = 'dongthap'")
        conn.execute("UPDATE articles SET status = 'gone' WHERE article_id = 6")
        conn.execute(
            "INSERT INTO events (at, kind, outcome, portal_key, article_id) VALUES (?, 'gone', "
            "'success', ?, 6)",
            (now.isoformat(), "chaudoc"),
        )
    told = homepage.home(db.conn, now, homepage.figures(db.conn))
    assert {one["portal_key"] for one in told["dying"]["portals"]} == {"danang", "dongthap"}
    assert [one["article_id"] for one in told["dying"]["gone"]] == [6]
    assert [one["article_id"] for one in told["week"]["gone"]] == [6]
    assert portals.deletions(db.conn, None) == [("2026-03", 1)]
    db.close()
    text = Browser(folder).get("/").text
    assert "ngừng cập nhật" in text
    assert "lần thu thập cuối bị lỗi" in text
    assert "Chuẩn bị hội xuân núi Sam" in text


def test_coverage_is_of_34_and_of_63(conn):
    now, then = homepage.grids(homepage.portals_with_counts(conn))
    assert (len(now["cells"]), len(then["cells"])) == (34, 63)
    assert now["covered"] == then["covered"] == 3
    cells = {cell["key"]: cell for cell in now["cells"]}
    assert cells["vn-an-giang-2025"]["articles"] == 2
    assert cells["vn-an-giang-2025"]["shade"] == SHADES
    assert {cell["key"] for cell in then["cells"] if cell["portals"]} >= {"vn-an-giang"}


def test_a_province_inherits_what_it_was_made_of(conn):
    place = provinces.province(conn, "vn-an-giang-2025")
    assert {one.key for one in place["before"]} == {"vn-an-giang", "vn-kien-giang"}
    assert [one["portal_key"] for one in place["portals"]] == ["chaudoc"]
    assert "Thành phố Châu Đốc" in {one.name for one, _ in place["units"]}
    old = provinces.province(conn, "vn-an-giang")
    assert old["after"].key == "vn-an-giang-2025"
    assert provinces.province(conn, "vn-atlantis") is None


def test_a_portal_tells_its_life(conn):
    told = portals.portal(conn, "chaudoc")
    assert [one["host"] for one in told["hosts"]] == ["chaudoc.gov.example"]
    assert told["hosts"][0]["good"] == 5
    assert told["place"] == "Thành phố Châu Đốc, Tỉnh An Giang"
    assert told["crawls"][0]["reason"] == "finished"
    assert dict(told["states"]) == {"done": 4}
    assert told["sitemap"] is None
    assert [bar.value for bar in told["months"].bars] == [2]
    assert portals.portal(conn, "none") is None


def test_charts_fill_gaps_and_stay_small():
    assert plots.bars([]) is None
    assert plots.years([("2019", 1), ("2021", 2), ("", 7)]) == [("2019", 1), ("2020", 0), ("2021", 2)]
    assert plots.months([("2021-12", 1), ("2022-02", 1), ("odd", 3), ("2022-13", 1)])[1] == ("2022-01", 0)
    assert len(plots.months([("1900-01", 1), ("2022-01", 1)])) == 120
    chart = plots.bars([("2020", 1), ("2021", 1000), ("2022", 0)], lambda label: f"/tim?year={label}")
    assert [bar.height for bar in chart.bars] == [2.0, 120, 0.0]
    assert chart.bars[1].href == "/tim?year=2021"
    assert all(bar.x >= 0 and bar.x + bar.width <= chart.width for bar in chart.bars)


def test_an_empty_archive_has_a_first_page(tmp_path):
    db = open_archive(tmp_path / "kho", write=True)
    told = homepage.home(db.conn, datetime.now(UTC), homepage.figures(db.conn))
    assert (told["articles"], told["week"]["new"], told["first"]) == (0, 0, None)
    db.close()


@pytest.mark.parametrize("published", [False, True])
def test_robots_stay_out_until_it_is_published(folder, published):
    browser = Browser(folder)
    browser.datasette = build(
        folder, public=Public("https://kho.example.vn", "https://goc.example.vn", published)
    )
    answer = browser.get("/", headers={"host": "kho.example.vn"})
    assert answer.status_code == 200
    assert ("noindex" in answer.headers.get("x-robots-tag", "")) is not published
    assert ("Disallow: /\n" in browser.get("/robots.txt").text) is not published
    assert "img-src 'self' https://goc.example.vn;" in answer.headers["content-security-policy"]


def steps(conn, work):
    """Return what *work* costs in steps of SQLite's machine, to the hundred."""
    count = [0]

    def tick():
        count[0] += 100
        return 0

    conn.set_progress_handler(tick, 100)
    try:
        work()
    finally:
        conn.set_progress_handler(None, 0)
    return count[0]


def test_the_first_page_reads_no_more_of_a_larger_archive(tmp_path, monkeypatch):
    costs, now = [], datetime.now(UTC)
    for size in (50, 1000):
        folder = written_archive.make(tmp_path / str(size))
        db = open_archive(folder, write=True)
        with db.transaction() as conn:
            for number in range(1000, 1000 + size):
                written_archive.add(
                    conn,
                    number,
                    "chaudoc",
                    f"20{number % 20:02}-03-01",
                    None,
                    None,
                    f"Bài số {number}",
                    "Nội dung.",
                )
        costs.append(
            (
                steps(db.conn, lambda conn=db.conn: homepage.home(conn, now, None)),
                steps(db.conn, lambda conn=db.conn: homepage.home(conn, now, homepage.figures(conn))),
            )
        )
        assert homepage.home(db.conn, now, None)["counting"]
        if size > 50:
            monkeypatch.setattr(homepage, "_TICK", 100)
            assert homepage.figures_within(db.conn, 1000) is None, "nobody waits for more than is allowed"
        assert homepage.figures_within(db.conn) == homepage.figures(db.conn)
        db.close()
    (few, few_counted), (many, many_counted) = costs
    assert many < few + 1500, "but for what is counted, twenty times the articles cost no more"
    assert many_counted - few_counted < 950 * 12, "what is counted is counted along narrow indexes"


def test_where_counting_takes_long_the_page_comes_first_and_the_figures_after_it(tmp_path, monkeypatch):
    folder = written_archive.make(tmp_path / "kho")
    browser = Browser(folder)
    monkeypatch.setattr(homepage, "figures_within", lambda _conn: None)

    async def twice():
        first = await browser.datasette.client.get("/")
        for _ in range(100):
            await asyncio.sleep(0.05)
            second = await browser.datasette.client.get("/")
            if "Đang đếm" not in second.text:
                break
        return first, second

    first, second = asyncio.run(twice())
    assert "Đang đếm" in first.text
    assert first.headers["cache-control"] == "no-store"
    assert "Đang đếm" not in second.text
    assert "chưa có bài" in second.text


@pytest.mark.parametrize("is_snapshot", [False, True])
def test_nothing_is_counted_at_the_start(tmp_path, monkeypatch, is_snapshot):
    from datasette.database import Database

    folder = written_archive.make(tmp_path / "kho")
    if is_snapshot:
        publishing.snapshot(folder, tmp_path / "ban-sao")
        folder = tmp_path / "ban-sao"
    asked = []
    real = Database.execute

    async def execute(self, sql, *arguments, **named):
        asked.append(sql)
        return await real(self, sql, *arguments, **named)

    monkeypatch.setattr(Database, "execute", execute)
    browser = Browser(folder)
    assert browser.get("/").status_code == 200
    assert [sql for sql in asked if "count(" in sql.lower()] == []
    if is_snapshot:
        listed = browser.get("/archive.json").json()["tables"]
        assert {one["name"]: one["count"] for one in listed}["articles"] == 40
        assert [sql for sql in asked if "count(" in sql.lower()] == [], "it was counted when it was made"
