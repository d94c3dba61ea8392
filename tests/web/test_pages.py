"""The pages as a reader without JavaScript gets them."""

import html
import json
import re
import shutil

import datasette
import pytest
import written_archive
from reader import Browser

from archive.database import open_archive
from archive.web import counted, searching, words
from archive.web.describing import describe
from archive.web.plugin import table_search
from archive.web.reading import link
from archive.web.rendering import policy

OURS = [
    "/",
    "/tim",
    "/tim?q=dan",
    "/tim?q=kh%C3%B4ng-c%C3%B3",
    "/bai/1",
    "/bai/1/1",
    "/bai/99999",
    "/bai/1/99999",
    "/tim?q=chi+thi+33&year=2022",
    "/cong",
    "/cong/chaudoc",
    "/cong/99999",
    "/van-ban",
    "/van-ban/99999/CT",
    "/tinh/vn-an-giang",
    "/tinh/vn-an-giang-2025",
    "/tinh/vn-99999",
    "/luot",
    "/luot?portal=chaudoc",
    "/luot/1",
    "/suc-khoe",
    "/nguy-co",
    "/luot/99999",
    "/goc/1",
    "/goc/99999",
]

# Where SQL is asked: the 1.0 alphas moved it.
QUERY = "/archive.json" if datasette.__version__.startswith("0.") else "/archive/-/query.json"
# The one script a page may have; it has no text of its own.
OUR_SCRIPT = '<script src="/khocong/khocong.js" defer></script>'


@pytest.mark.parametrize("path", OURS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_pages_are_safe_and_whole(browser, path, language):
    answer = browser.get(path, cookies={"khocong_lang": language})
    assert answer.status_code == (404 if "99999" in path else 200)
    assert answer.headers["content-security-policy"] == policy()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert f'<html lang="{language}">' in answer.text
    assert "<script" not in answer.text.replace(OUR_SCRIPT, "")
    assert " style=" not in answer.text
    assert not re.search(r'(src|href)="(https?:)?//(?!\w+\.gov\.example)', answer.text), "a third party"
    assert "{{" not in answer.text
    assert answer.text.count("<h1") == 1


def test_home_says_what_is_here(browser):
    text = browser.get("/").text
    assert "Cổng thông tin điện tử tỉnh Đồng Tháp" in text
    assert "2020–2025" in text
    assert 'name="q"' in text
    assert "/bai/40" in text


def test_search_without_marks_finds_and_shows_the_original(browser):
    text = browser.get("/tim?q=chi+thi+33+dan+van").text
    assert "1 kết quả" in text
    assert "<mark>Chỉ thị</mark> số <mark>33/CT</mark>" in text or "<mark>Chỉ thị</mark> số <mark>33" in text
    assert 'href="/bai/1?q=chi%20thi%2033%20dan%20van"' in text


def test_facets_narrow_and_chips_widen_again(browser):
    text = browser.get("/tim?q=dan").text
    address = html.unescape(re.search(r'href="(/tim\?q=dan&amp;section=[^"]+)"', text)[1])
    narrowed = browser.get(address).text
    assert 'href="/tim?q=dan"' in narrowed, "the chip takes the filter off"
    count = int(re.search(r"<h1 class=\"count\">(\d+)", narrowed)[1])
    assert 0 < count < int(re.search(r"<h1 class=\"count\">(\d+)", text)[1])
    both = browser.get("/tim?portal=danang&portal=chaudoc").text
    assert "20 kết quả" in both
    assert "10 kết quả" in browser.get("/tim?portal=danang").text


def test_pages_of_results_follow_each_other(browser):
    first, second = browser.get("/tim?sort=newest").text, browser.get("/tim?sort=newest&page=2").text
    assert 'rel="next" href="/tim?sort=newest&amp;page=2"' in first
    assert 'rel="prev"' in second
    ids = [re.findall(r'href="/bai/(\d+)"', text) for text in (first, second)]
    assert len(ids[0]) == len(ids[1]) == 20
    assert not set(ids[0]) & set(ids[1])


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "²", "500"])
def test_odd_pages_are_answered(browser, page):
    assert browser.get(f"/tim?q=dan&page={page}").status_code == 200


def test_json_is_the_same_search(browser):
    answer = browser.get("/tim.json?q=Đồng+Tháp&year=2021").json()
    assert answer["total"] == 1
    assert answer["results"][0]["title"].startswith("Đồng Tháp")
    assert {"url", "title", "snippet", "portal", "published_at", "source"} <= set(answer["results"][0])
    assert answer["facets"]["year"] == [{"value": "2021", "count": 1}]


def test_notes_are_in_the_readers_language(browser):
    assert "Không có bài khớp dấu đã gõ" in browser.get("/tim?q=Chầu+Đôc").text
    assert "Nothing matches with the marks" in browser.get("/tim?q=Chầu+Đôc&lang=en").text


def test_article_carries_its_attribution(browser):
    text = html.unescape(browser.get("/bai/1").text)
    for fact in (
        "Cổng TTĐT tỉnh AG",
        "https://chaudoc.gov.example/tin/1.html",
        "thu-00000.warc.gz",
        "1000 + 500",
        "sha1:",
        "08:30, 14/01/2022",
        "2026-02-03T04:05:06+07:00",
        "UBND thành phố Châu Đốc",
    ):
        assert fact in text, fact
    assert "<mark>" in browser.get("/bai/1?q=dan+van").text
    assert "2022-01-14 08:30" in browser.get("/bai/1?lang=en").text


def test_language_is_remembered(browser):
    answer = browser.get("/tim?q=dan&lang=en")
    assert "khocong_lang=en" in answer.headers["set-cookie"]
    assert 'href="/tim?q=dan&amp;lang=vi"' in answer.text


@pytest.mark.parametrize(
    ("typed", "found"),
    [("dong thap", 2), ("Đồng Tháp", 2), ("đồng", 6), ('"dân vận"', 1), ("33/CT-TTg", 1), ("quyet dinh", 2),
     ("-dong", 0), ('"', 0), ("AND OR NOT (", 0), ("\x00", 0), ("NEAR(a b)", 0)],
)  # fmt: skip
@pytest.mark.parametrize("table", ["articles", "articles_flat"])
def test_datasettes_own_table_search_folds_too(browser, table, typed, found):
    answer = browser.get(f"/archive/{table}.json", params={"_search": typed, "_shape": "array"})
    assert answer.status_code == 200
    assert len(answer.json()) == found


def test_tables_and_sql_are_described_and_read_only(browser):
    page = browser.get("/archive").text
    assert "articles_flat" in page
    table = browser.get("/archive/articles_flat")
    assert "Start here" in table.text
    assert "frame-ancestors 'none'" in table.headers["content-security-policy"]
    sql = {"sql": "select vn_fold('Đà Nẵng') as name", "_shape": "array"}
    assert browser.get(QUERY, params=sql).json() == [{"name": "da nang"}]
    answer = browser.get(QUERY, params={"sql": "delete from articles"})
    assert answer.status_code == 400
    assert browser.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"


def test_every_table_and_column_is_described(browser):
    names = browser.get("/archive.json").json()["tables"]
    db = open_archive(browser.folder, write=False)
    told = describe(db)["databases"]["archive"]["tables"]
    db.close()
    views = [one["name"] for one in browser.get("/archive.json").json()["views"]]
    shown = [one["name"] for one in names if not one["hidden"]]
    assert {name for name in (*shown, *views) if name not in told} == set()
    silent = [
        f"{table}.{column}"
        for table, about in told.items()
        if not about.get("hidden")
        for column, text in about["columns"].items()
        if not text
    ]
    assert silent == []
    assert all(
        about.get("title") and about.get("description") for about in told.values() if not about.get("hidden")
    )
    assert "bytes from the start of that file" in browser.get("/archive/captures").text


def test_limits_are_set(browser):
    settings = {one: browser.datasette.setting(one) for one in ("sql_time_limit_ms", "max_returned_rows")}
    assert settings == {"sql_time_limit_ms": 3000, "max_returned_rows": 1000}
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n"
    assert browser.get(QUERY, params={"sql": endless}).status_code == 400


def test_the_style_sheet_is_ours(browser):
    answer = browser.get("/khocong/khocong.css")
    assert answer.status_code == 200
    assert "prefers-color-scheme: dark" in answer.text
    assert "url(" not in answer.text
    assert "@import" not in answer.text


def test_a_revision_shows_what_it_changed(tmp_path):
    folder = written_archive.make(tmp_path / "archive")
    db = open_archive(folder, write=True)
    with db.transaction() as conn:
        conn.execute(
            "INSERT INTO captures (capture_id, url_id, url, captured_at, status, mime, payload_digest, "
            "body_digest, size_bytes, warc_file, warc_offset, warc_length, record_id) "
            "SELECT 900, url_id, url, '2026-03-01T00:00:00+07:00', status, mime, payload_digest, "
            "body_digest, size_bytes, warc_file, 900000, warc_length, '<urn:uuid:900>' FROM captures "
            "WHERE capture_id = 4"
        )
        old = {"title": "Nông dân cù lao thu hoạch", "lead": "", "text": "Giá lúa <b>giảm</b> nhẹ."}
        conn.execute("UPDATE revisions SET body = ? WHERE revision_id = 4", (json.dumps(old),))
        conn.execute(
            "INSERT INTO revisions (revision_id, article_id, number, capture_id, captured_at, text_digest, "
            "extractor) VALUES (900, 4, 2, 900, '2026-03-01T00:00:00+07:00', 'd', 'test')"
        )
        conn.execute("UPDATE articles SET revision_id = 900, status = 'changed' WHERE article_id = 4")
    db.close()
    browser = Browser(folder)
    assert 'href="/bai/4/1"' in browser.get("/bai/4").text
    text = browser.get("/bai/4/2").text
    assert re.search(r"<del>[^<]*&lt;b&gt;giảm", text)
    assert re.search(r"<ins>[^<]*tăng nhẹ", text)
    assert "Bản đầu tiên được lưu" in browser.get("/bai/4/1").text
    assert "đã sửa" in browser.get("/bai/4").text


HOSTILE = "<script>alert(1)</script>\"><img src=x onerror=alert(1)>'{{7*7}}<!--"
BAIT = f"mồi {HOSTILE}"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = written_archive.make(
        tmp_path_factory.mktemp("xau") / "archive", articles=[], portals={"xau": (HOSTILE, HOSTILE, HOSTILE)}
    )
    db = open_archive(folder, write=True)
    rows = [[0, "heading", 2, []], [1, "list_item", 1, []], [2, "table_row", 0, [HOSTILE, HOSTILE]]]
    with db.transaction() as conn:
        written_archive.add(
            conn, 1, "xau", "2024-01-01", HOSTILE, HOSTILE, BAIT, "\n".join([BAIT] * 4),
            url="javascript:alert(document.cookie)//", lead=HOSTILE, blocks=rows,
        )  # fmt: skip
        for table, name in (("attachments", "label"), ("images", "caption")):
            conn.execute(
                f"INSERT INTO {table} (article_id, url, {name}) VALUES (1, ?, ?)",
                ("data:text/html,<script>alert(1)</script>", HOSTILE),
            )
    db.close()
    return Browser(folder)


@pytest.mark.parametrize(
    "path",
    ["/", "/tim", "/tim?q=moi+script", "/bai/1", "/bai/1?q=moi+script+alert", "/bai/1/1"],
)
def test_what_the_web_wrote_is_text(hostile, path):
    text = hostile.get(path).text
    assert "mồi" in html.unescape(re.sub(r"</?mark>", "", text))
    tags = set(re.findall(r"<\s*([a-zA-Z!]+)", text.replace(OUR_SCRIPT, "")))
    assert not tags & {"script", "img", "iframe", "svg", "object", "embed"}
    assert "<!--" not in text
    assert not re.search(r'href="(?!/|#|https?://)', text), "no link but to us and to the web"
    assert "49" not in re.findall(r"\b49\b", text)


def test_typed_text_is_text_too(hostile):
    for path in ("/tim", "/bai/1"):
        text = hostile.get(
            path, params={"q": HOSTILE, "portal": HOSTILE, "section": HOSTILE, "lang": HOSTILE}
        ).text
        assert "<script>" not in text
        assert "<img" not in text


def test_only_web_addresses_become_links():
    assert link("https://a.gov.example/x?y#z")
    for url in (
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " https:x",
        "data:text/html,x",
        "//x",
        "",
        None,
        "http://[",
    ):
        assert link(url) is None


def test_an_empty_archive_is_a_page(tmp_path):
    empty = Browser(written_archive.make(tmp_path / "archive", articles=[], portals={}))
    assert "khocong crawl" in empty.get("/").text
    assert "0 kết quả" in empty.get("/tim?q=gi").text
    shutil.rmtree(tmp_path / "archive")


def test_both_languages_say_everything():
    assert set(words.words("vi")) == set(words.words("en"))
    assert all(words.words("vi").values())
    assert words.date("2021-12-28T15:30:00+07:00", "vi", "day") == "28/12/2021"
    assert words.date(None, "vi") == ""
    assert words.date("2026-03-01T20:30:00+00:00", "vi") == "03:30, 02/03/2026", "clocks in Vietnam"
    assert words.date("2026-03-01Tquá", "vi")


def test_table_search_never_raises():
    for text in (None, 5, "", "((", '"""', "\ud800", "-a", "a -b"):
        assert isinstance(table_search(text), str)


def test_a_page_counts_the_newest_of_a_huge_match_and_says_so(browser, monkeypatch):
    whole = browser.get("/tim.json?q=dong").json()
    assert whole["total_is_exact"]
    assert whole["facets_are_whole"]
    monkeypatch.setattr(searching, "FACET_BOUND", 2)
    monkeypatch.setattr(counted, "KEPT_S", 0.0)
    part = browser.get("/tim.json?q=dong").json()
    assert not part["facets_are_whole"]
    assert sum(one["count"] for one in part["facets"]["portal"]) == 2
    # What ranking has counted to the end is exact all the same.
    assert part["total"] == whole["total"]
    assert "Đếm trên những bài lưu gần đây nhất" in browser.get("/tim?q=dong&sort=oldest").text


def test_more_matches_than_are_weighed_by_neighbours_are_a_page(tmp_path):
    folder = written_archive.make(tmp_path / "kho")
    db = open_archive(folder, write=True)
    with db.transaction() as conn:
        for number in range(1000, 1300):
            lines = "xã phường " * (number % 7 + 1)
            written_archive.add(conn, number, "chaudoc", "2024-03-01", None, None, f"Tin xã {number}", lines)
    db.close()
    browser = Browser(folder)
    for path in (
        "/tim?q=xa+phuong",
        "/tim?q=xã",
        "/tim?q=xa+phuong&year=2024",
        "/tim?q=phuo*",
        "/tim?sort=oldest",
    ):
        for sort in ("", "&sort=newest"):
            answer = browser.get(path + sort)
            assert answer.status_code == 200, path
            assert answer.text.count('class="hit"') == 20, path
