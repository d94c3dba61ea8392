"""Captures listed elsewhere: a stand-in on loopback answers as the Wayback Machine and Common Crawl do."""

import gzip
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from warcio.archiveiterator import ArchiveIterator

from archive.digests import payload_digest
from tests.portal.crawling import query
from tests.portal.foreign_files import HOST, Warc, page
from tests.portal.test_ingest import ingest, rows, verify

pytest.importorskip("wayback", reason="the extra `services` is not installed")
pytest.importorskip("cdx_toolkit", reason="the extra `services` is not installed")

BARE = HOST.removeprefix("http://")
FIRST, SECOND = (
    page("Sơ kết cải cách hành chính"),
    page("Sơ kết cải cách hành chính", "Bổ sung: lịch họp tổ."),
)
URL = f"{HOST}/tin-tuc/so-ket.html"
MEMENTOS = {
    ("20190513020000", URL): FIRST,
    ("20190613020000", URL): FIRST,
    ("20200613020000", URL): SECOND,
    ("20190513030000", f"{HOST}/tin-tuc/mat.html"): None,
}


class StandIn(BaseHTTPRequestHandler):
    """Recorded answers of the two services, in their forms."""

    warc = b""
    asked: list[str] = []

    def log_message(self, *_arguments) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/cdx/search/cdx"):
            lines = [
                f"vn,gov,example,phuong1)/x {at} {url} text/html 200 {payload_digest(body or b'')[5:]} 900"
                for (at, url), body in MEMENTOS.items()
            ]
            return self.answer(200, "\n".join(lines).encode() + b"\n", {"Content-Type": "text/plain"})
        if self.path.startswith("/web/"):
            at, _, url = self.path.removeprefix("/web/").partition("id_/")
            body = MEMENTOS[at, url]
            if body is None:
                return self.answer(404, b"The Wayback Machine has not archived that URL.", {})
            return self.answer(200, body, {
                "Memento-Datetime": "Mon, 13 May 2019 02:00:00 GMT",
                "X-Archive-Orig-Content-Type": "text/html; charset=utf-8", "X-Archive-Orig-Server": "IIS/7.5",
                "Link": f'<{url}>; rel="original"', "Content-Type": "text/html; charset=utf-8",
            })  # fmt: skip
        first, _, last = self.headers["Range"].removeprefix("bytes=").partition("-")
        return self.answer(206, self.warc[int(first) : int(last) + 1], {})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def server():
    StandIn.asked = []
    stand_in = ThreadingHTTPServer(("127.0.0.1", 0), StandIn)
    threading.Thread(target=stand_in.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{stand_in.server_port}"
    stand_in.shutdown()
    stand_in.server_close()


def test_a_dead_host_comes_back_from_the_wayback_machine(tmp_path, server) -> None:
    archive = tmp_path / "archive"
    (taking,) = ingest(archive, "--wayback", BARE, "--server", server, "--workers", 0)
    assert (taking["captures"], taking["damaged"], taking["changes"]) == (
        3, 1, {"new": 1, "same": 1, "changed": 1},
    )  # fmt: skip
    assert sum("id_/" in path for path in StandIn.asked) == 3, "equal bytes are asked for once"
    found = query(archive, "SELECT substr(captured_at, 1, 10), is_current FROM revisions_flat ORDER BY 1")
    assert found == [("2019-05-13", 0), ("2020-06-13", 1)]
    assert query(archive, "SELECT origin FROM captures ORDER BY captured_at LIMIT 1") == [
        (f"wayback:20190513020000/{URL}",)
    ]
    assert "mat.html" in query(archive, "SELECT detail FROM issues WHERE kind = 'damaged_record'")[0][0]
    verify(archive)
    before, asked = rows(archive), len(StandIn.asked)
    (again,) = ingest(archive, "--wayback", BARE, "--server", server, "--workers", 0)
    assert again["captures"] == 0
    assert rows(archive) == before
    assert len(StandIn.asked) - asked <= 2, "what is here is not asked for again"


def common_crawl(tmp_path):
    warc = Warc()
    for number in range(3):
        warc.add(
            f"{HOST}/tin-tuc/bai-{number}.html", page(f"Bài viết số {number} của phường"),
            f"2021-05-0{number + 1}T01:02:03Z",
        )  # fmt: skip
    data, lines = warc.bytes(), []
    iterator = ArchiveIterator(io.BytesIO(data))
    for record in iterator:
        record.raw_stream.read()
        offset = iterator.get_record_offset()
        lines.append((record.rec_headers.get_header("WARC-Target-URI"), offset, iterator.get_record_length()))
    index = tmp_path / "cc.jsonl.gz"
    told = [
        {"urlkey": "x", "timestamp": f"2021050{n + 1}010203", "url": url, "mime": "text/html",
         "status": "200",
         "offset": str(offset), "length": str(length), "filename": "crawl-data/CC-MAIN-2021-21/a.warc.gz"}
        for n, (url, offset, length) in enumerate(lines)
    ]  # fmt: skip
    index.write_bytes(gzip.compress("\n".join(map(json.dumps, told)).encode()))
    return data, index, lines


def test_an_extract_of_common_crawls_index(tmp_path, server, monkeypatch) -> None:
    StandIn.warc, index, _ = common_crawl(tmp_path)
    monkeypatch.setenv("CDXT_DEFAULT_MIN_RETRY_INTERVAL", "0.01")
    archive = tmp_path / "archive"
    (taking,) = ingest(archive, "--cdx", index, "--server", server, "--portal", BARE, "--workers", 0)
    assert (taking["captures"], taking["changes"], taking["damaged"]) == (3, {"new": 3}, 0)
    origins = query(archive, "SELECT origin FROM captures ORDER BY 1")
    assert all(origin.startswith("commoncrawl:crawl-data/CC-MAIN-2021-21/") for (origin,) in origins)
    asked = len(StandIn.asked)
    assert ingest(archive, "--cdx", index, "--server", server, "--workers", 0)[0]["captures"] == 0
    assert len(StandIn.asked) == asked
    verify(archive)


@pytest.mark.parametrize("form", ["cdxj", "cdx 11", "cdx header"])
def test_the_index_of_a_warc_that_lies_beside_it(tmp_path, form) -> None:
    data, _, lines = common_crawl(tmp_path)
    (tmp_path / "a.warc.gz").write_bytes(data)
    index = tmp_path / "index.cdx"
    told = []
    for number, (url, offset, length) in enumerate(lines):
        at = f"2021050{number + 1}010203"
        if form == "cdxj":
            said = {"url": url, "mime": "text/html", "status": "200", "offset": str(offset),
                    "length": str(length), "filename": "a.warc.gz"}  # fmt: skip
            told.append(f"example,phuong1)/x {at} {json.dumps(said)}")
        elif form == "cdx 11":
            told.append(f"example,phuong1)/x {at} {url} text/html 200 AAAA - - {length} {offset} a.warc.gz")
        else:
            told.append(f"{url} {at} {offset} a.warc.gz")
    head = [" CDX a b V g"] if form == "cdx header" else []
    index.write_text("\n".join([*head, *told[:2], "no line at all", told[2]]) + "\n")
    (taking,) = ingest(tmp_path / "archive", "--cdx", index, "--portal", BARE, "--workers", 0)
    assert (taking["captures"], taking["changes"], taking["damaged"]) == (3, {"new": 3}, 1)


def test_what_is_no_list_is_said(tmp_path) -> None:
    (tmp_path / "x.cdx").write_text("nothing of the kind\n" * 30)
    (said,) = ingest(tmp_path / "archive", "--cdx", tmp_path / "x.cdx", code=2)
    assert "no list of captures" in said["stderr"]
    (said,) = ingest(tmp_path / "archive", code=2)
    assert "--wayback" in said["stderr"]
