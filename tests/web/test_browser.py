"""The site in real headless Chromium: a reader's walk, keyboard and drag, axe, hostile pages, screenshots."""

import os
import re
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import library
import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: dev)")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine (apt install chromium)")

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@contextmanager
def served(folder):
    """Serve *folder* as `khocong serve` does; yield the addresses of its pages and of its captures."""
    import uvicorn

    from archive.web.replay import Replay
    from archive.web.serve import build, listen

    sockets = [listen(0), listen(0)]
    address, replay = (f"http://127.0.0.1:{one.getsockname()[1]}" for one in sockets)
    apps = (build(folder, replay).app(), Replay(folder, address, replay, frozenset()))
    servers = [
        uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan=how))
        for app, how in zip(apps, ("on", "off"), strict=True)
    ]
    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        for server, bound in zip(servers, sockets, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield address, replay
    finally:
        for server in servers:
            server.should_exit = True
        for thread in threads:
            thread.join(timeout=10)
        for bound in sockets:
            bound.close()


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as api:
        browser = api.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served(library.make(tmp_path_factory.mktemp("thuvien") / "kho")) as addresses:
        yield addresses


@contextmanager
def reading(chromium, base, **options):
    """Open a page that remembers what it asked for, what it complained of, and what dialogs it opened."""
    context = chromium.new_context(base_url=base, viewport=DESK, **options)
    page = context.new_page()
    page.asked, page.said, page.alarms, page.refused = [], [], [], []
    context.on("request", lambda request: page.asked.append(request.url))
    # What the page's policy refuses is announced, and never sent.
    context.on("requestfailed", lambda one: one.failure == "csp" and page.refused.append(one.url))
    page.on("console", lambda message: page.said.append((message.type, message.text)))
    page.on("pageerror", lambda error: page.alarms.append(str(error)))
    page.on("dialog", lambda dialog: (page.alarms.append(dialog.message), dialog.dismiss()))
    try:
        yield page
    finally:
        context.close()


def strangers(page):
    """Return the addresses a page asked for beyond this machine."""
    local = ("data", "about", "blob")
    sent = [urlsplit(url) for url in page.asked if url not in page.refused]
    return [one.geturl() for one in sent if one.scheme not in local and one.hostname != "127.0.0.1"]


def test_a_reader_walks_from_the_first_page_to_the_original(chromium, site):
    base, replay = site
    with reading(chromium, base) as page:
        page.goto("/")
        page.keyboard.press("/")
        page.keyboard.type("chi thi 33 dan van")
        page.keyboard.press("Enter")
        page.wait_for_url("**/tim?q=chi+thi+33+dan+van")
        assert page.locator("a.hit").count() == 4
        page.locator(".facets a", has_text="Châu Đốc").click()
        assert page.locator("a.hit").count() == 1
        assert page.locator(".chips a").first.inner_text().startswith("Cổng: Trang Thông tin")
        page.locator("a.hit").click()
        assert "Thành phố quán triệt" in page.locator("h1").inner_text()
        assert page.locator("article mark").count() > 2
        picture = page.locator("article figure img")
        picture.scroll_into_view_if_needed()
        page.wait_for_function("document.querySelector('article figure img').naturalWidth === 8")
        above, caption = (
            picture.evaluate(f"one => one.closest('figure').{side}ElementSibling.innerText")
            for side in ("previous", "next")
        )
        assert above.startswith("Sáng 14-01")
        assert caption == library.CAPTION, "a picture stands where it stood"
        page.get_by_role("link", name="Bản 2").click()
        assert "13-01" in page.locator("del").first.inner_text()
        assert "14-01" in page.locator("ins").first.inner_text()
        page.go_back()
        page.get_by_text("Trích dẫn bài này").click()
        assert page.locator("details.cite .citation").first.inner_text() == (
            "UBND thành phố Châu Đốc. (2022, 14 tháng 1). Thành phố quán triệt Chỉ thị số 33/CT-TTg về công "
            "tác dân vận. Trang Thông tin điện tử thành phố Châu Đốc. Truy cập ngày 1 tháng 3 năm 2026, từ "
            "http://chaudoc.gov.example/tin/1.html"
        )
        with page.expect_download() as download:
            page.get_by_role("link", name="BibTeX").click()
        assert "@misc{" in Path(download.value.path()).read_text("utf-8")
        page.get_by_role("link", name="Xem trang gốc đã lưu").click()
        frame = page.frame_locator("iframe.replay")
        heading = frame.locator("#tua")
        assert "Thành phố quán triệt" in heading.inner_text()
        assert heading.evaluate("one => getComputedStyle(one).color") == "rgb(1, 2, 3)", "its own style sheet"
        assert frame.locator("img").evaluate("one => one.naturalWidth") == 8
        # Another page of that day opens within the frame, from the archive.
        frame.get_by_role("link", name="Tin khác").click()
        frame.locator("#tua", has_text="Chuẩn bị hội xuân").wait_for()
        assert strangers(page) == []
        assert page.alarms == []
        # That the frame refuses scripts is said of those which this test looks into it with.
        errors = [text for kind, text in page.said if kind == "error" and "'allow-scripts'" not in text]
        assert errors == []
        assert any(url.startswith(replay) for url in page.asked)


def test_who_published_the_directive_in_january_2022_takes_two_clicks(chromium, site):
    base, _ = site
    with reading(chromium, base) as page:
        page.goto("/")
        # What a stranger types without marks leads there as well: the box names the document it may mean.
        page.fill("#q", "chi thi 33")
        page.keyboard.press("Enter")
        page.locator(".meant a", has_text="33/CT-TTg").click()
        assert page.locator("table tr", has_text="01/2022").count() == 2
        page.goto("/")
        page.fill("#q", "chỉ thị 33")
        page.keyboard.press("Enter")
        page.locator(".plot a", has=page.locator("title", has_text="2022")).click(force=True)
        page.locator('.plot a[data-label="2022-01"]').click(force=True)
        facet = page.locator(".facets details", has_text="Cổng").first.inner_text()
        assert "Châu Đốc" in facet
        assert "Đồng Tháp" in facet
        assert "Đà Nẵng" not in facet
        # Or one query, or one click from the first page and the table of the document's page.
        page.goto("/tim?q=" + "doc:33/CT-TTg+year:2022-01")
        assert page.locator("a.hit").count() == 2
        page.goto("/")
        page.get_by_role("link", name="33/CT-TTg").first.click()
        rows = page.locator("table tr", has_text="01/2022").all_inner_texts()
        assert len(rows) == 2
        assert page.locator("h1").inner_text() == "Chỉ thị 33/CT-TTg"


def test_dragging_and_arrows_are_a_comfort(chromium, site):
    base, _ = site
    with reading(chromium, base) as page:
        page.goto("/tim?q=dan+van")
        first, last = (page.locator(f'.plot a[data-label="{year}"]').bounding_box() for year in (2021, 2022))
        page.mouse.move(first["x"] + 5, first["y"] + 60)
        page.mouse.down()
        page.mouse.move(last["x"] + 5, last["y"] + 60, steps=5)
        page.mouse.up()
        page.wait_for_url("**after=2021**")
        assert parse_qs(urlsplit(page.url).query)["before"] == ["2023"]
        assert page.locator("a.hit").count() == 4
        page.keyboard.press("/")
        for _ in range(2):
            page.keyboard.press("ArrowDown")
        assert page.evaluate("document.activeElement.href") == page.locator("a.hit").nth(1).evaluate(
            "one => one.href"
        )


def test_search_needs_no_script(chromium, site):
    base, _ = site
    with reading(chromium, base, java_script_enabled=False) as page:
        page.goto("/tim?q=dan+van")
        page.locator('.plot a[data-label="2022"]').click(force=True)
        assert "year=2022" in page.url
        page.locator('.plot a[data-label="2022-01"]').click(force=True)
        assert page.locator("a.hit").count() == 2
        page.get_by_role("link", name="English").click()
        assert page.locator("html").get_attribute("lang") == "en"
        assert "2 results" in page.locator("h1").inner_text()


PAGES = {
    "home": "/", "search": "/tim?q=dan+van", "article": "/bai/1", "diff": "/bai/1/2", "original": "/goc/4",
    "portals": "/cong", "portal": "/cong/chaudoc", "documents": "/van-ban", "document": "/van-ban/33/CT-TTg",
    "province": "/tinh/vn-an-giang-2025", "nothing": "/tim?q=khong-co-gi-het", "health": "/suc-khoe",
    "dying": "/nguy-co", "runs": "/luot", "run": "/luot/1",
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(chromium, site, tmp_path, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe is not installed (extra: dev)"
    )
    base, _ = site
    found = {}
    # To look at them: KHOCONG_SCREENSHOTS=DIR.
    shots = Path(os.environ.get("KHOCONG_SCREENSHOTS") or tmp_path)
    shots.mkdir(exist_ok=True)
    # axe is put into the page by the test; the page's own policy would refuse it.
    with reading(chromium, base, color_scheme=scheme, bypass_csp=True) as page:
        for name, path in PAGES.items():
            for size in (PHONE, DESK):
                page.set_viewport_size(size)
                page.goto(path)
                width = page.evaluate("document.documentElement.scrollWidth")
                assert width <= size["width"], (name, width)
                page.screenshot(path=shots / f"{name}-{size['width']}-{scheme}.png", full_page=True)
            tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
            options = {"runOnly": {"type": "tag", "values": tags}, "iframes": False}
            result = axe.Axe().run(page, options=options)
            if result.violations_count:
                found[name] = [
                    (one["id"], node["html"][:160])
                    for one in result.response["violations"]
                    for node in one["nodes"]
                ]
    assert found == {}
    assert len(list(shots.glob(f"*-{scheme}.png"))) == 2 * len(PAGES)


def test_an_article_prints_with_its_reference_and_without_what_is_for_screens(chromium, site, tmp_path):
    base, _ = site
    with reading(chromium, base) as page:
        page.emulate_media(media="print")
        page.goto("/bai/1")
        for name in (".top", ".foot", ".actions", ".action"):
            assert not any(one.is_visible() for one in page.locator(name).all()), name
        assert (
            page.locator(".printed").inner_text().startswith("UBND thành phố Châu Đốc. (2022, 14 tháng 1).")
        )
        assert page.locator(".attribution").is_visible()
        assert page.pdf(path=tmp_path / "bai.pdf", format="A4").startswith(b"%PDF")
        for path in ("/", "/tim?q=dan+van", "/cong/chaudoc", "/van-ban/33/CT-TTg"):
            page.goto(path)
            assert not any(one.is_visible() for one in page.locator("form, button, nav").all()), path
            # No heading is left without its chart.
            assert all(one.is_visible() for one in page.locator(".plot svg").all()), path


NASTY = (
    "<script>window.ran=1;alert('ran')</script>", "<img src=x onerror=\"alert('ran')\">",
    "<svg onload=alert('ran')><script>alert('ran')</script></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<style>body{display:none;background:url(http://evil.example/css)}</style>", "<b><i><table><td",
    "<a href=\"javascript:alert('ran')\">bấm</a>", "<base href='http://evil.example/'>", "{{7*7}}",
    "<meta http-equiv=refresh content='0;url=http://evil.example/'>", "<link rel=prefetch href=http://evil.example/>",
    "<form action=http://evil.example/><input autofocus onfocus=alert('ran')>", "<object data=http://evil.example/>",
    "<video autoplay src=http://evil.example/v poster=http://evil.example/p></video>", "\"'><!--",
)  # fmt: skip


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("xau") / "kho"
    # A title swallows all until its end; in the body each stands as markup.
    picture = "http://evil.example/x.png\" onerror=alert('ran')"
    everything = "</title>" + "".join(NASTY)
    with library.Library(folder) as made:
        url = "http://chaudoc.gov.example/tin/1.html?x=%22><script>alert('ran')</script>"
        for day, lines in (("2022-01-01", NASTY), ("2023-01-01", (*NASTY, "mồi mới"))):
            article = library.article(
                url, f"mồi {everything}", lines, published_at=day, section=everything, byline=everything,
                source=everything,
                images=(library.Image(picture, everything, everything),),
            )  # fmt: skip
            body = library.page(everything, lines, extra=everything + "<img src='http://evil.example/a.png'>")
            made.add("chaudoc", url, body, article)
        svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert('ran')</script>"
        svg += b"<image href='http://evil.example/'/></svg>"
        made.add("chaudoc", "http://chaudoc.gov.example/xau.svg", svg, mime="image/svg+xml", kind="image")
        css = b"@import 'http://evil.example/'; p{background:url(//evil.example/)}"
        made.add("chaudoc", "http://chaudoc.gov.example/xau.css", css, mime="text/css", kind="page")
        made.add(
            "chaudoc",
            "http://chaudoc.gov.example/xau.js",
            b"alert('ran')",
            mime="application/javascript",
            kind="page",
        )
    with served(folder) as addresses:
        yield addresses


def test_no_script_of_the_archive_runs_and_no_request_leaves_this_machine(chromium, hostile):
    base, replay = hostile
    with reading(chromium, base) as page:
        for path in (
            "/", "/tim?q=moi", "/tim?q=moi&section=<script>alert(1)</script>", "/bai/1?q=moi+script",
            "/bai/1/2", "/goc/1",
            "/cong", "/cong/chaudoc", "/van-ban", "/tinh/vn-an-giang-2025", "/archive/articles",
             "/archive/articles_flat", "/archive/articles/1",
            f"{replay}/capture/1", f"{replay}/capture/2", f"{replay}/capture/3", f"{replay}/capture/4",
        ):  # fmt: skip
            page.goto(path)
            page.wait_for_load_state("networkidle")
            assert page.evaluate("window.ran") is None
            assert "evil" not in urlsplit(page.url).netloc
            for frame in page.frames:
                for link in frame.locator("a[href]").all():
                    assert not re.match(r"(?i)\s*(javascript|data|vbscript):", link.get_attribute("href"))
        page.goto("/bai/1")
        assert page.locator("article p").first.is_visible(), "its style sheets are text too"
        assert page.alarms == []
        assert strangers(page) == []
