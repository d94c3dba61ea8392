"""Replay and Memento: captures as they were, inert, from an origin of their own; permalinks; publishing."""

import asyncio
import json
import re

import library
import pytest
from reader import Browser

from archive.commands.common import run as run_command
from archive.web import rewriting
from archive.web.hosts import allowed
from archive.web.publishing import is_snapshot
from archive.web.replay import Replay
from crawler.cli import cli

PUBLIC = "http://127.0.0.1:9002"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return library.make(tmp_path_factory.mktemp("goc") / "kho")


@pytest.fixture(scope="module")
def ask(folder):
    app = Replay(folder, "http://127.0.0.1:9001", PUBLIC, frozenset({"goc.example.vn"}))

    def get(path, method="GET", **headers):
        query = path.partition("?")[2]
        pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        if "host" not in headers:
            pairs.append((b"host", b"127.0.0.1:9002"))
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.partition("?")[0].encode(),
                 "query_string": query.encode(), "headers": pairs}  # fmt: skip
        sent = []

        async def send(event):
            sent.append(event)

        asyncio.run(app(scope, None, send))
        names = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return sent[0]["status"], names, sent[1]["body"]

    return get


PAGE = "http://chaudoc.gov.example/tin/1.html"


@pytest.mark.parametrize(
    "path", ["/capture/1", "/capture/3", "/capture/999", "/", "/../etc", f"/timemap/link/{PAGE}"]
)
def test_every_answer_carries_the_sandbox(ask, path):
    _, headers, _ = ask(path)
    policy = headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; ")
    assert "script-src" not in policy
    assert "frame-ancestors http://127.0.0.1:9001" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_a_page_loads_from_the_archive_alone(ask):
    status, headers, body = ask("/capture/3")
    text = body.decode()
    assert status == 200
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert re.search(r'href="/replay/\d{14}/http://chaudoc.gov.example/giao-dien.css"', text)
    assert re.search(r'src="/replay/\d{14}/http://chaudoc.gov.example/anh/1.png"', text)
    assert not re.search(r'(src|href)="(?!/replay/)', text)
    status, headers, body = ask(re.search(r'src="([^"]+)"', text)[1])
    assert (status, headers["content-type"]) == (200, "image/png")
    status, headers, body = ask("/capture/1")
    assert b'url("/replay/' in body
    assert headers["content-type"] == "text/css; charset=utf-8"


def test_the_nearest_capture_is_shown_with_its_time(ask):
    status, headers, body = ask(f"/replay/20260301/{PAGE}")
    assert status == 200
    assert "13-01" in body.decode()
    assert headers["memento-datetime"] == "Sun, 01 Mar 2026 04:00:00 GMT"
    assert f'<{PAGE}>; rel="original"' in headers["link"]
    assert "14-01" in ask(f"/replay/2027/{PAGE}")[2].decode()
    assert ask("/replay/2027/http://chaudoc.gov.example/never")[0] == 404
    assert ask("/replay/20269999/" + PAGE)[0] == 404


def test_timemap_and_timegate(ask):
    status, headers, body = ask(f"/timemap/link/{PAGE}")
    assert (status, headers["content-type"]) == (200, "application/link-format")
    assert body.decode().count('memento"; datetime=') == 2
    status, headers, _ = ask(f"/timegate/{PAGE}", accept_datetime="Sun, 01 Mar 2026 03:50:00 GMT")
    assert status == 302
    assert headers["location"] == f"{PUBLIC}/replay/20260301040000/{PAGE}"
    assert headers["vary"] == "accept-datetime"
    assert ask(f"/timegate/{PAGE}")[1]["location"] == f"{PUBLIC}/replay/20260301050000/{PAGE}"
    # A proxy made one slash of two.
    assert ask("/timegate/http:/chaudoc.gov.example/tin/1.html")[0] == 302
    assert ask(f"/timegate/{PAGE}", accept_datetime="yesterday")[0] == 400
    assert ask("/timegate/http://nowhere.example/")[0] == 404
    assert ask("/timegate/javascript:alert(1)")[0] == 404


def test_only_reading_and_only_under_our_names(ask):
    assert ask("/capture/1", method="POST")[0] == 405
    assert ask("/capture/1", method="HEAD")[2] == b""
    assert ask("/capture/1", host="evil.example")[0] == 421
    assert ask("/capture/1", host="goc.example.vn")[0] == 200
    assert not allowed("", frozenset())


def test_what_could_act_is_for_download(tmp_path):
    with library.Library(tmp_path / "kho") as made:
        made.add(
            "chaudoc", "http://chaudoc.gov.example/x.js", b"alert(1)", mime="text/javascript", kind="page"
        )
        made.add(
            "chaudoc",
            "http://chaudoc.gov.example/x.pdf",
            b"%PDF-1.4",
            mime="application/pdf",
            kind="attachment",
        )
    app = Replay(tmp_path / "kho", "http://127.0.0.1:1", "http://127.0.0.1:2", frozenset())
    for number in (1, 2):
        status, headers, _ = app.answer(f"/capture/{number}")
        assert (status, headers["content-type"]) == (200, "application/octet-stream")
        assert headers["content-disposition"] == "attachment"


@pytest.mark.parametrize(
    "nasty", ["", " ", "<", "<!--", "<html", "\x00", "<p" * 3000, "<svg><style>@import url(x", "]]>"]
)
def test_rewriting_never_fails(nasty):
    assert isinstance(rewriting.html(nasty, "http://a.example/", "20260101000000"), bytes)
    assert isinstance(rewriting.css(nasty, rewriting.rewriter("http://a.example/", "2026")), str)


def test_rewriting_takes_out_what_could_act():
    page = """<base href=/goc/><meta http-equiv=refresh content='0;url=http://evil.example'><script>x</script>
        <a href="javascript:x" onclick=x ping=http://evil.example>a</a> <a href=mailto:x>m</a>
        <link rel=dns-prefetch href=//evil.example><img data-src=anh.png src="data:image/gif;base64,R0">
        <img srcset="a.png 1x, b.png 2x" style="background:url(c.png)"><form action=//evil.example></form>"""
    made = rewriting.html(page, "http://a.example/x/", "20260101000000").decode()
    for gone in (
        "script",
        "refresh",
        "onclick",
        "ping",
        "javascript",
        "mailto",
        "prefetch",
        "action",
        "<base",
    ):
        assert gone not in made, gone
    for kept in ("goc/anh.png", "goc/a.png 1x", "goc/b.png 2x", "goc/c.png"):
        assert f"/replay/20260101000000/http://a.example/{kept}" in made, kept


def test_old_encodings_are_read():
    assert rewriting.decode("Chỉ thị".encode(), None) == "Chỉ thị"
    assert rewriting.decode(b'<meta charset="windows-1258">\xd0\xe0', None).endswith("Đà")
    assert rewriting.decode("dân".encode(), "no-such-charset") == "dân"


def test_permalinks_lead_to_the_article_and_survive_a_rebuild(folder, tmp_path):
    browser = Browser(folder)
    link = re.search(r'href="(/l/[0-9a-f]{16})"', browser.get("/bai/1").text)[1]
    assert browser.get(link).headers["location"] == "/bai/1"
    assert browser.get("/l/0123456789abcdef").status_code == 404
    assert browser.get(f"/url/{PAGE}").headers["location"] == "/bai/1"
    assert browser.get("/url/javascript:alert(1)").status_code == 404
    # The same pages taken in another order have other numbers, and the same permalinks.
    with library.Library(tmp_path / "kho") as made:
        for number in (3, 2, 1):
            portal, _, _, title, lines = library.NEWS[number - 1]
            url = f"http://{library.PORTALS[portal].hosts[0]}/tin/{number}.html"
            made.add(portal, url, library.page(title, lines), library.article(url, title, lines))
    assert Browser(tmp_path / "kho").get(link).headers["location"] == "/bai/3"


def test_the_pages_offer_memento_too(folder):
    browser = Browser(folder)
    assert browser.get(f"/timemap/link/{PAGE}").headers["content-type"].startswith("application/link-format")
    assert browser.get(f"/timegate/{PAGE}").status_code == 302
    assert browser.get("/", headers={"host": "evil.example"}).status_code == 421


def test_publish_says_how_and_makes_a_snapshot(folder, tmp_path, capsys):
    target = tmp_path / "chup"
    words = [
        "publish",
        "https://kho.example.vn",
        "https://goc.example.vn",
        "--archive",
        str(folder),
        "--json",
    ]
    assert run_command(cli, "khocong", [*words, "--snapshot", str(target)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["snapshot"]["articles"] == 6
    assert "server_name kho.example.vn;" in told["nginx"]
    assert "server_name goc.example.vn;" in told["nginx"]
    assert (
        "--public https://kho.example.vn --replay-public https://goc.example.vn --published"
        in told["systemd"]
    )
    assert is_snapshot(target)
    assert not list(target.glob("*-wal"))
    assert Browser(target).get("/tim?q=dan+van").status_code == 200
    assert run_command(cli, "khocong", [*words, "--snapshot", str(target)]) == 2
    same = ["publish", "https://kho.example.vn", "https://kho.example.vn:8443", "--archive", str(folder)]
    assert run_command(cli, "khocong", same) == 2
    bad = ["publish", "https://kho.example.vn; rm -rf", "https://b.example", "--archive", str(folder)]
    assert run_command(cli, "khocong", bad) == 2
