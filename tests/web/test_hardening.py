"""The web under a scanner's eye: injected scripts, other methods, paths, hosts, sizes, slow neighbours."""

import asyncio
import html
import io
import json
import re
import signal
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection
from urllib.parse import quote, urlencode

import pytest
import written_archive
from lxml.etree import fromstring
from lxml.html import HTMLParser, document_fromstring
from reader import Browser

from archive import Archive
from archive.database import open_archive
from archive.export.feeds import write_atom, write_rss
from archive.export.saved import feed_of_search
from archive.export.selection import Selection
from archive.web import guarding
from archive.web.plugin import register_routes

# What scanners try, by the place it is meant to break out of: text, attributes, URLs, styles, templates, SQL,
# headers, decoders.
CORPUS = (
    "<script>alert(1)</script>",
    "<ScRiPt/src=//evil.example/x.js>",
    "</title><script>alert(1)</script>",
    "</textarea><svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<img src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<math><mtext></mtext><mglyph><style><img src=x onerror=alert(1)>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'>",
    "<body onload=alert(1)>",
    "<style>@import url(//evil.example/x.css)</style>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<form action=//evil.example><input name=x>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    '"><script>alert(1)</script>',
    "` onerror=`alert(1)",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "\x01javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/",
    "\\\\evil.example\\",
    "<!--<script>-->alert(1)",
    "]]><script>alert(1)</script>",
    "{{7*7}}${7*7}#{7*7}<%= 7*7 %>",
    "{% include '/etc/passwd' %}",
    "{{ config.__class__.__init__.__globals__ }}",
    "' OR 1=1 --",
    "'; DROP TABLE articles; --",
    "1 UNION SELECT name, sql FROM sqlite_master",
    'a" OR NEAR(b c) *',
    "\r\nSet-Cookie: x=1\r\n\r\n<script>alert(1)</script>",
    "%0d%0aX-Injected: 1",
    "\x00<script>alert(1)</script>",
    "\ufeff<script>alert(1)</script>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\ud7ff\ue000\ufffe\U0010ffff",
    "𝒜" * 300,
    "\u202etxt.exe",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "file:///etc/passwd",
    "AAAA" * 900,
)
NAMES = ("q", "portal", "province", "year", "section", "source", "sort", "page", "lang", "after", "doc", "by")
PAGES = ("/", "/tim", "/tim.json", "/tim.csv", "/tim.atom", "/tim/nam.csv", "/cong", "/van-ban", "/bai/1")
FORBIDDEN = {"iframe", "object", "embed", "base", "math", "animate", "frame", "applet", "mglyph"}
LINKS = ("href", "src", "action", "formaction", "data", "poster", "xlink:href")


def injected(text):
    """Yield what a page has that no template of ours or of Datasette's writes."""
    if not text.strip():
        return
    for element in document_fromstring(text.encode(), parser=HTMLParser(encoding="utf-8")).iter():
        if not isinstance(element.tag, str):
            if "script" in str(element.text) or "alert" in str(element.text):
                yield f"comment {element.text}"
            continue
        inside = element.text or ""
        if element.tag in FORBIDDEN or (element.tag in ("script", "style") and "alert" in inside):
            yield f"<{element.tag}> {inside[:60]}"
        if element.tag == "meta" and element.get("http-equiv", "").lower() == "refresh":
            yield "meta refresh"
        for name, value in element.attrib.items():
            if name.lower().startswith("on") and "alert" in value:
                yield f"{name}={value[:60]}"
            if name.lower() in LINKS and LEADS_OUT.match(value):
                yield f"{name}={value[:60]}"


LEADS_OUT = re.compile(r"[\s\x00-\x20]*(?:java\s*script|data|vbscript|file):|//|\\\\", re.IGNORECASE)


def checked(answer, path):
    """Assert what holds of every answer; return its text."""
    assert answer.status_code < 500, path
    names = answer.headers
    assert names["x-content-type-options"] == "nosniff", path
    policy = names["content-security-policy"]
    assert "default-src 'none'" in policy, path
    assert "frame-ancestors 'none'" in policy, path
    assert "set-cookie" not in names or names["set-cookie"].startswith("khocong_lang="), path
    assert "x-injected" not in names, path
    assert "access-control-allow-origin" not in names, path
    return answer.text


@pytest.mark.parametrize("path", PAGES)
def test_no_typed_word_becomes_markup(browser, path):
    for number, nasty in enumerate(CORPUS):
        typed = {name: nasty for name in NAMES[number % 3 :: 3]} | {"q": nasty}
        text = checked(browser.get(path, params=typed), (path, nasty))
        if not path.endswith((".json", ".csv", ".atom")):
            assert list(injected(text)) == [], (path, nasty)


def test_a_feed_of_typed_words_is_one_feed(browser):
    for nasty in CORPUS:
        answer = browser.get("/tim.atom", params={"q": nasty})
        if answer.status_code == 200:
            tags = {element.tag for element in fromstring(answer.content).iter()}
            assert all(tag.startswith("{http://www.w3.org/2005/Atom}") for tag in tags), nasty


def shapes():
    """Return each of our routes as a path with {} where the reader's word goes."""
    found = []
    for pattern, _ in register_routes():
        path = re.sub(r"\(\?P<\w+>[^()]*\)", "{}", pattern.strip("^$")).replace("\\", "")
        if "{}" in path:
            found.append(path)
    return sorted(found)


@pytest.mark.parametrize("shape", shapes())
def test_no_part_of_an_address_becomes_markup(browser, shape):
    for nasty in CORPUS:
        path = shape.replace("{}", quote(nasty, safe=""))
        text = checked(browser.get(path), path)
        assert list(injected(text)) == [], path


@pytest.fixture(scope="module")
def infested(tmp_path_factory):
    """An archive whose every title, text, portal name, section, source and URL is of the corpus."""
    portals = {f"xau{n}": (nasty, nasty, nasty) for n, nasty in enumerate(CORPUS[:30])}
    folder = written_archive.make(
        tmp_path_factory.mktemp("infested") / "archive", articles=[], portals=portals
    )
    db = open_archive(folder, write=True)
    with db.transaction() as conn:
        for number, nasty in enumerate(CORPUS[:30]):
            written_archive.add(
                conn, number + 1, f"xau{number}", "2024-01-01", nasty, nasty, f"mồi {nasty}",
                f"mồi {nasty}\n{nasty}", url=f"{nasty}//{number}", lead=nasty,
            )  # fmt: skip
    db.close()
    return Browser(folder)


def test_nothing_archived_becomes_markup(infested):
    count = 30
    paths = ["/", "/cong", "/tim?q=moi", "/tim.atom?q=moi", "/van-ban", "/archive", "/archive/articles_flat"]
    paths += [f"/bai/{number}" for number in range(1, count + 1)] + [f"/cong/xau{n}" for n in range(count)]
    for path in paths:
        text = checked(infested.get(path), path)
        if path.startswith("/archive"):
            # Datasette's own script and style are inline; what it shows of the archive is escaped.
            assert "alert(1)</script>" not in text, path
            assert not re.search(r"<(?:img|svg|details|iframe|base)\b[^>]*(?:onerror|onload|alert)", text), (
                path
            )
        else:
            assert list(injected(text)) == [], path


# Every character below the blank, and what else XML has no place for; then markup that would end an element.
UNSPEAKABLE = [
    *map(chr, range(32)),
    "\x7f",
    "\x85",
    "\ufffe",
    "\uffff",
    "\U0001fffe",
    "]]>",
    "</title><entry>",
]


def test_feeds_of_titles_with_control_characters_are_well_formed(tmp_path):
    folder = written_archive.make(tmp_path / "kho", articles=[], portals={"x": ("Xã", "Xã", "Xã")})
    db = open_archive(folder, write=True)
    with db.transaction() as conn:
        for number, nasty in enumerate(UNSPEAKABLE, 1):
            written_archive.add(
                conn, number, "x", f"2024{nasty}-01-01", nasty, nasty, f"mồi {nasty} câu {number}",
                f"mồi {nasty}\n{nasty}", url=f"https://x.gov.vn/{nasty}/{number}", lead=f"lời {nasty} dẫn",
            )  # fmt: skip
    db.close()
    with Archive(folder) as archive:
        selection = Selection(archive, "", range(1, len(UNSPEAKABLE) + 1))
        written = [io.BytesIO(), io.BytesIO()]
        assert [write_atom(selection, written[0]), write_rss(selection, written[1])] == [len(UNSPEAKABLE)] * 2
        feeds = [one.getvalue() for one in written] + [feed_of_search(archive, "mồi")]
    browser = Browser(folder)
    feeds.append(browser.get("/tim.atom?q=moi").content)
    feeds += [browser.get("/tim.atom", params={"q": f"moi {nasty}"}).content for nasty in UNSPEAKABLE]
    for feed in feeds:
        titles = [one.text for one in fromstring(feed).iter() if one.tag.endswith("title")][1:]
        assert all(re.fullmatch(r"(?s)mồi .*câu \d+", title) for title in titles)
    assert [
        sum(one.tag.endswith(("entry", "item")) for one in fromstring(feed).iter()) for feed in feeds[:4]
    ] == ([len(UNSPEAKABLE)] * 4)


def test_what_is_found_comes_whole_through_json_and_csv(infested):
    rows = json.loads(infested.get("/tim.json?q=moi&limit=50").text)["results"]
    assert {row["title"] for row in rows} & {html.unescape(f"mồi {nasty}") for nasty in CORPUS[:5]}
    cells = infested.get("/tim.csv?q=moi").text
    assert not re.search(r"(?:^|,)\"?[=+@-]\w", cells, re.MULTILINE), "a cell that a spreadsheet would run"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", ["/", "/tim", "/bai/1", "/archive", "/archive/articles", "/-/permissions"])
def test_only_reading(browser, path, method):
    before = (browser.folder / "archive.db").read_bytes()
    answer = asyncio.run(browser.datasette.client.request(method, path, content=b"x=1" * 100))
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, HEAD"
    assert (browser.folder / "archive.db").read_bytes() == before


@pytest.mark.parametrize(
    "path",
    [
        "/khocong/../serve.py",
        "/khocong/%2e%2e/serve.py",
        "/khocong/..%2fserve.py",
        "/khocong/%2fetc/passwd",
        "/-/static/../../../../etc/passwd",
        "/-/static/%2e%2e/%2e%2e/app.py",
        "/-/static-plugins/khocong/../../serve.py",
        "/archive.db",
        "/archive/../archive.db",
        "/url/file:///etc/passwd",
        "/timegate/file:///etc/passwd",
    ],
)
def test_no_path_leads_to_a_file(browser, path):
    answer = browser.get(path)
    assert answer.status_code in (400, 403, 404, 302)
    assert "root:" not in answer.text
    assert "SQLite format" not in answer.text
    assert "def build" not in answer.text
    assert not answer.headers.get("location", "").startswith("file:")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""])
def test_other_names_are_not_answered(browser, host):
    assert browser.get("/", headers={"host": host}).status_code == 421
    answer = browser.get("/", headers={"host": "127.0.0.1", "x-forwarded-host": host or "x"})
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


def test_an_address_of_no_sane_length_is_refused(browser):
    assert browser.get("/tim", params={"q": "a" * guarding.LONGEST_B}).status_code == 414
    assert browser.get("/tim", params={"q": "a b " * 1000}).status_code < 500


@pytest.mark.parametrize(
    "sql",
    [
        "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n",
        "select count(*) from captures a, captures b, captures c, captures d, urls e, urls f, urls g",
        "select hex(zeroblob(400000000))",
        "select printf('%.*c', 400000000, 'x')",
        "select group_concat(a.url, b.url) from captures a, captures b, captures c, captures d, captures e",
        "select load_extension('x')",
        "attach database '/etc/passwd' as x",
        "pragma writable_schema = 1",
        "select writefile('x.txt', 'x')",
        "select readfile('/etc/passwd')",
        "delete from articles",
    ],
)
def test_heavy_and_forbidden_queries_end(browser, sql):
    started = time.monotonic()
    answer = browser.get("/archive.json?" + urlencode({"sql": sql, "_shape": "array"}))
    assert time.monotonic() - started < 30
    assert answer.status_code < 500
    assert len(answer.content) < 5_000_000
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/archive.json?sql=select+*+from+pragma_database_list",
        "/archive.json?sql=select+x.file||''+from+PRAGMA_Database_List()+as+x",
        "/archive/articles.json?_where=(select+file+from+pragma_database_list+limit+1)+like+'/%'",
        "/archive",
    ],
)
def test_no_query_tells_where_the_archive_stands(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    assert str(browser.folder) not in answer.text
    assert answer.json()["rows"] in ([[None] * 3], [[None]], []) if ".json" in path else True


def ask(port, path, timeout=30):
    """Return (status, seconds) of one request to a server in this process."""
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    started = time.monotonic()
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status, time.monotonic() - started
    finally:
        connection.close()


@pytest.fixture
def serving():
    """A function that serves an archive in a process of its own and returns its port."""
    processes = []

    def serve(folder):
        words = [sys.executable, "-m", "archive", "serve", "--archive", str(folder), "--port", "0", "--json"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        processes.append(process)
        told = ""
        while not told.rstrip().endswith("}"):
            line = process.stdout.readline()
            assert line, "the server ended"
            told += line
        return int(json.loads(told)["address"].rstrip("/").rpartition(":")[2])

    yield serve
    for process in processes:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        process.stdout.close()


def test_slow_queries_hold_nobody_else_up(tmp_path, serving):
    """Twenty readers of endless queries; meanwhile articles come as they do alone."""
    port = serving(written_archive.make(tmp_path / "kho"))
    endless = "with recursive n(x) as (select 1 union all select x + 1 from n) select max(x) from n"
    heavy = "/archive.json?" + urlencode({"sql": endless})
    alone = sorted(ask(port, f"/bai/{n % 3 + 1}")[1] for n in range(9))[4]
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(ask(port, heavy, 90))) for _ in range(20)]
    for thread in threads:
        thread.start()
    time.sleep(0.5)
    beside = [ask(port, f"/bai/{n % 3 + 1}") for n in range(9)]
    for thread in threads:
        thread.join()
    assert {status for status, _ in beside} == {200}
    # A thread that waits for a slow query waits its whole three seconds.
    assert max(seconds for _, seconds in beside) < 2.5 + alone, beside
    assert {status for status, _ in answers} <= {400, 503}
    assert max(seconds for _, seconds in answers) < 60
