"""Servers that mean harm: each ends typed, bounded in time and memory, said once, reaching nothing else."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.warc.reader import iterate
from tests.faults.hostile import HOSTILE, RedirectChain
from tests.faults.quickly import quickly
from tests.faults.servers import Conn, Fault, FaultServer, article
from tests.faults.test_crawl_faults import Ran
from tests.portal.crawling import query, states


@pytest.fixture(scope="module")
def witness() -> Iterator[FaultServer]:
    """A server on loopback that nobody was sent to."""
    with FaultServer() as server:
        yield server


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, witness: FaultServer) -> Iterator[Ran]:
    """One crawl over every way to mean harm."""
    archive = tmp_path_factory.mktemp("hostile") / "archive"
    with FaultServer(HOSTILE, witness=str(witness.port)) as server:
        step = RedirectChain().serve
        server.extra |= {f"/chuoi/buoc-{number}.html": step for number in range(1, 10_001)}
        yield Ran(server, archive, quickly([server.origin + "/"], archive, timeout_s=120, answer_s=3))


@pytest.mark.parametrize("fault", HOSTILE, ids=lambda fault: fault.__name__)
def test_it_ends_typed(hostile: Ran, fault: type[Fault]) -> None:
    url = hostile.server.origin + fault.path()
    [(state, reason)] = query(hostile.archive, f"SELECT state, reason FROM urls WHERE url = '{url}'")
    assert (state, reason) in fault.ends, fault.__doc__
    [(articles,)] = query(hostile.archive, f"SELECT count(*) FROM articles WHERE url = '{url}'")
    assert articles == fault.article
    assert query(hostile.archive, f"SELECT count(*) FROM issues WHERE url = '{url}'")[0][0] <= 1


def test_nothing_else_was_reached(hostile: Ran, witness: FaultServer) -> None:
    assert witness.log == []
    assert {entry.headers["Host"] for entry in hostile.server.log} == {hostile.server.netloc}
    assert not any("Authorization" in entry.headers for entry in hostile.server.log)
    hosts = query(
        hostile.archive,
        "SELECT DISTINCT substr(url, 1, length(?1)) FROM urls".replace("?1", f"'{hostile.server.origin}/'"),
    )
    assert hosts == [(hostile.server.origin + "/",)]


def test_time_and_memory_are_bounded(hostile: Ran) -> None:
    assert hostile.ended.took_s < 60
    assert hostile.ended.peak_mb < 700
    assert len(hostile.ended.log) < 60_000, "said once, not at each turn of a bomb"
    assert states(hostile.archive).keys() <= {"done", "failed", "gone", "excluded"}


def test_ten_thousand_redirects_are_followed_for_ten(hostile: Ran) -> None:
    steps = [path for path in hostile.server.paths() if "/chuoi/" in path]
    assert 5 <= len(steps) <= 11
    [(last,)] = query(
        hostile.archive, "SELECT reason FROM urls WHERE url LIKE '%/chuoi/%' ORDER BY url_id DESC LIMIT 1"
    )
    assert last == "too many redirects"


def test_the_warc_holds_our_records_and_no_others(hostile: Ran) -> None:
    records = [record for path in sorted((hostile.archive / "warc").glob("*.gz")) for record in iterate(path)]
    kinds = Counter(record.type for record in records)
    assert (
        kinds["response"] == query(hostile.archive, "SELECT count(*) FROM captures")[0][0] == kinds["request"]
    )
    assert all(
        record.url.startswith(hostile.server.origin) for record in records if record.type != "warcinfo"
    )
    assert all(record.digest_matches() for record in records)


def test_files_are_not_written_by_names_of_the_servers(hostile: Ran) -> None:
    names = {path.relative_to(hostile.archive).parts[0] for path in hostile.archive.rglob("*")}
    ours = ("archive.db", "warc", "logs", "config", "lock", "portals", "fixity", "events.jsonl", ".")
    assert all(name.startswith(ours) for name in names), names
    assert not list(hostile.archive.parent.parent.rglob("*ra-ngoai*"))


@pytest.mark.parametrize(
    "turns",
    [
        [["127.0.0.1"]],
        [
            [
                "10.1.2.3",
                "127.0.0.1",
                "100.64.0.1",
                "169.254.169.254",
                "::1",
                "::ffff:127.0.0.1",
                "64:ff9b::7f00:1",
            ]
        ],
        # A name server that answers with a public address to a check, and with ours to the connection.
        [["203.113.0.1"], ["127.0.0.1"]],
    ],
    ids=["loopback", "everything private", "rebinding"],
)
def test_addresses_are_checked_as_connected_to(tmp_path: Path, turns: list[list[str]]) -> None:
    with FaultServer() as server:
        word = f"http://hai-mat.test:{server.port}/"
        quickly([word], tmp_path / "archive", names={"hai-mat.test": turns}, private=False, answer_s=1)
    assert server.log == []
    [(reason,)] = query(tmp_path / "archive", "SELECT reason FROM crawls")
    assert "not a public address" in reason or len(turns) == 2


def test_an_allowed_loopback_host_opens_no_other_name(tmp_path: Path) -> None:
    with FaultServer() as allowed, FaultServer() as other:
        # Both are crawled in one process; only the one that was allowed by name is reached.
        quickly([allowed.origin + "/"], tmp_path / "archive")
        quickly([f"http://ke-ben.test:{other.port}/"], tmp_path / "archive", private=False,
                names={"ke-ben.test": [["127.0.0.1"]]})  # fmt: skip
    assert allowed.log
    assert not other.log


def test_cookies_stay_with_their_host(tmp_path: Path) -> None:
    def gate(conn: Conn) -> None:
        if "Cookie" not in conn.headers:
            conn.answer(
                b"", "302 Found", Location=conn.target, Set_Cookie="phien=bi-mat; domain=127.0.0.1; path=/"
            )
        else:
            conn.answer(
                b"", "302 Found", Location=f"{other.origin}/tot/ben-kia.html", Set_Cookie="hai=2; path=/"
            )

    with FaultServer() as other, FaultServer(extra={"/loi/cua.html": gate}) as server:
        server.extra["/"] = lambda conn: conn.answer(
            f"<html><body><a href='/loi/cua.html'>Cửa</a>"
            f"<a href='{other.origin}/tot/kia.html'>Kia</a></body></html>"
        )
        quickly([server.origin + "/"], tmp_path / "archive", hosts=[other.netloc])
    assert [entry.headers.get("Cookie") for entry in server.log if entry.target == "/loi/cua.html"] == [
        None,
        "phien=bi-mat",
    ]
    assert other.log
    assert all("Cookie" not in entry.headers for entry in other.log)


def test_a_page_of_many_links_grows_the_ledger_by_its_cap_alone(tmp_path: Path) -> None:
    links = "".join(f"<a href='/muc/{number}.html'>a</a>" for number in range(60_000))
    with FaultServer(extra={"/": lambda conn: conn.answer(f"<html><body>{links}</body></html>")}) as server:
        ended = quickly([server.origin + "/"], tmp_path / "archive", max_requests=4)
    assert sum(states(tmp_path / "archive").values()) <= 5010
    assert query(tmp_path / "archive", "SELECT kind FROM issues") == [("too_many_links",)]
    assert ended.took_s < 30


@pytest.mark.parametrize("form", ["<a href=/{0}>a", "<a href='/muc/{0}.html'>a</a>"], ids=["17 MB", "32 MB"])
def test_a_page_of_a_million_links_costs_itself_alone(tmp_path: Path, form: str) -> None:
    page = ("<html><body>" + "".join(map(form.format, range(1_000_000)))).encode()
    front = "<html><body><a href='/nhieu.html'>Nhiều</a><a href='/tot/a.html'>Tốt</a></body></html>"
    with FaultServer() as server:
        server.extra |= {
            "/": lambda conn: conn.answer(front),
            "/nhieu.html": lambda conn: conn.answer(page),
            "/tot/a.html": lambda conn: conn.answer(article(1)),
        }
        ended = quickly([server.origin + "/"], tmp_path / "archive", max_requests=10, timeout_s=120)
    # Read within its ten seconds, its links are cut at the cap; else it is kept for a better reader.
    [(kind,)] = query(tmp_path / "archive", "SELECT kind FROM issues")
    assert kind in ("too_many_links", "too_slow", "too_heavy", "out_of_memory")
    assert sum(states(tmp_path / "archive").values()) <= 5010
    assert query(tmp_path / "archive", "SELECT count(*) FROM captures WHERE url LIKE '%/nhieu.html'") == [
        (1,)
    ]
    assert query(tmp_path / "archive", "SELECT count(*) FROM articles WHERE url LIKE '%/tot/a.html'") == [
        (1,)
    ]
    assert ended.took_s < 60
    assert ended.peak_mb < 1200


LAUGHS = (
    "<!DOCTYPE u [<!ENTITY a0 'ha'>"
    + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 11))
    + "]>"
)
XXE = "<!DOCTYPE u [<!ENTITY x SYSTEM '{target}'><!ENTITY % p SYSTEM '{target}'>%p;]>"
NS = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"


def _sitemaps(witness: FaultServer) -> dict[str, object]:
    def nest(conn: Conn) -> None:
        depth = int(conn.target.partition("-")[2].partition(".")[0])
        inner = "".join(
            f"<sitemap><loc>{conn.origin}/sm/long-{depth * 2 + n}.xml</loc></sitemap>" for n in (1, 2)
        )
        conn.answer(f"<sitemapindex {NS}>{inner}</sitemapindex>", mime="text/xml")

    def xml(head: str, loc: str):
        return lambda conn: conn.answer(
            f"<?xml version='1.0'?>{head}<urlset {NS}><url><loc>{loc}</loc></url>"
            f"<url><loc>{conn.origin}/tot/trong.html</loc></url></urlset>", mime="text/xml"
        )  # fmt: skip

    made = {f"/sm/long-{n}.xml": nest for n in range(2000)}
    made["/sm/xxe.xml"] = xml(XXE.replace("{target}", "file:///etc/passwd"), "&x;")
    made["/sm/xxe-net.xml"] = xml(XXE.replace("{target}", f"http://127.0.0.1:{witness.port}/"), "&x;")
    made["/sm/laughs.xml"] = xml(LAUGHS, "http://a/&a10;")
    made["/sm/line.xml"] = lambda conn: conn.answer(
        b"<urlset><url><loc>" + b"a" * 50_000_000, mime="text/xml"
    )
    made["/sm/bomb.xml.gz"] = lambda conn: conn.answer(gzip_bomb(), mime="application/gzip")
    made["/sm/tin.rss"] = lambda conn: conn.answer(
        f"<?xml version='1.0'?>{LAUGHS}<rss version='2.0'><channel>"
        f"<item><link>javascript:alert(1)</link></item>"
        f"<item><link>{conn.origin}/tot/tu-rss.html</link><title>&a10;</title></item></channel></rss>",
        mime="application/rss+xml",
    )
    return made


def gzip_bomb() -> bytes:
    import zlib

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(
        [packer.compress(b"<urlset>"), *(packer.compress(bytes(1 << 20)) for _ in range(150)), packer.flush()]
    )


def test_hostile_sitemaps_and_feeds(tmp_path: Path, witness: FaultServer) -> None:
    names = ("xxe.xml", "xxe-net.xml", "laughs.xml", "line.xml", "bomb.xml.gz", "long-0.xml", "tin.rss")
    with FaultServer(extra=_sitemaps(witness), good=1) as server:
        server.robots = "".join(f"Sitemap: {server.origin}/sm/{name}\n" for name in names).encode()
        ended = quickly([server.origin + "/"], tmp_path / "archive", answer_s=10, timeout_s=100)
    assert witness.log == []
    found = [url for (url,) in query(tmp_path / "archive", "SELECT url FROM urls")]
    assert not any("root:" in url or len(url) > 2100 for url in found)
    assert any(url.endswith("/tot/tu-rss.html") for url in found), "what is sound in it is taken"
    assert sum("/sm/long-" in path for path in server.paths()) < 60, "sitemaps of sitemaps come to an end"
    assert "sitemaps_without_end" in {
        kind for (kind,) in query(tmp_path / "archive", "SELECT kind FROM issues")
    }
    assert states(tmp_path / "archive").keys() <= {"done", "failed", "gone", "excluded"}
    assert ended.took_s < 60
    assert ended.peak_mb < 700


@pytest.mark.parametrize("form", ["50 MB of rules", "an endless line", "a gzip bomb"])
def test_hostile_robots(tmp_path: Path, form: str) -> None:
    def robots(conn: Conn) -> None:
        rules = b"User-agent: *\nDisallow: /rieng/\n"
        if form == "a gzip bomb":
            conn.answer(gzip_bomb(), mime="text/plain", Content_Encoding="gzip")
        elif form == "an endless line":
            conn.head()
            conn.send(rules + b"Disallow: /")
            while True:
                conn.send(b"a" * 65536)
        else:
            conn.answer(rules + b"Disallow: /khong/co/*/gi$\n" * 2_000_000, mime="text/plain")

    with FaultServer(extra={"/robots.txt": robots}) as server:
        server.extra["/rieng/a.html"] = lambda conn: conn.answer(article(1))
        server.extra["/"] = lambda conn: conn.answer(
            "<html><body><a href='/rieng/a.html'>Riêng</a><a href='/tot/a.html'>Tốt</a></body></html>"
        )
        ended = quickly([server.origin + "/"], tmp_path / "archive")
    assert ended.took_s < 30
    assert ended.peak_mb < 400
    assert "/tot/a.html" in server.paths()
    if form != "a gzip bomb":
        assert "/rieng/a.html" not in server.paths(), "the first 512 kB count (RFC 9309, 2.5)"
