"""Records byte for byte, and read back by other people's program."""

import gzip
import itertools
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from archive.errors import CaptureError
from archive.warc.reader import iterate, read_record, rendering_of
from archive.warc.records import SERVER_NOT_MODIFIED, Rendering, safe_uri
from archive.warc.writer import RawRequest, RawResponse, Revisit, WarcWriter

NOW = datetime(2026, 3, 1, 8, 30, tzinfo=timezone(timedelta(hours=7)))
ASK = RawRequest("http://a.gov.example/tin?id=1#x", NOW, headers=[(b"Host", b"a.gov.example")])


def writer_in(folder, **options):
    ids = (f"urn:uuid:00000000-0000-0000-0000-{number:012}" for number in itertools.count(1))
    return WarcWriter(folder, now=lambda: NOW, new_id=lambda: next(ids), software="khocong/test", **options)


def test_records_byte_for_byte(tmp_path):
    with writer_in(tmp_path) as writer:
        answer = RawResponse(
            200, [(b"Content-Type", b"text/html")], "<p>Xin chào</p>".encode(), "OK", ip="192.0.2.1"
        )
        place = writer.write_exchange(ASK, answer)
    assert place.file == "khocong-20260301013000-00000.warc.gz"
    data = (tmp_path / place.file).read_bytes()
    assert gzip.decompress(data[place.offset : place.offset + place.length]).decode() == (
        "WARC/1.1\r\n"
        "WARC-Type: response\r\n"
        "WARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n"
        "WARC-Target-URI: http://a.gov.example/tin?id=1#x\r\n"
        "WARC-Date: 2026-03-01T01:30:00Z\r\n"
        "WARC-Payload-Digest: sha1:7UQCN3TKU6IURJPSXU247MBIT5AO5JQ4\r\n"
        "WARC-IP-Address: 192.0.2.1\r\n"
        "Content-Type: application/http; msgtype=response\r\n"
        "WARC-Block-Digest: sha1:IBZNI27HK27FYUKIPISKBQLKWM3W7PR3\r\n"
        "Content-Length: 60\r\n"
        "\r\n"
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>Xin chào</p>\r\n\r\n"
    )
    request = gzip.decompress(data[place.offset + place.length :]).decode()
    assert "WARC-Type: request\r\n" in request
    assert "WARC-Concurrent-To: <urn:uuid:00000000-0000-0000-0000-000000000001>\r\n" in request
    assert request.endswith("\r\n\r\nGET /tin?id=1 HTTP/1.1\r\nHost: a.gov.example\r\n\r\n\r\n\r\n")
    info = gzip.decompress(data[: place.offset]).decode()
    assert info.startswith("WARC/1.1\r\nWARC-Type: warcinfo\r\n")
    for words in (
        "software: khocong/test\r\n",
        "robots: obey\r\n",
        "order and letter case",
        "transfer-encoding",
    ):
        assert words in info


def test_a_rendering_stands_beside_its_answer(tmp_path):
    with writer_in(tmp_path) as writer:
        made = Rendering("<html><body>Xin chào</body></html>".encode(), NOW, "Chromium/1")
        place = writer.write_exchange(ASK, RawResponse(200, body=b"<html></html>"), rendering=made)
        plain = writer.write_exchange(ASK, RawResponse(200, body=b"<html></html>"))
    path = tmp_path / place.file
    found = rendering_of(path, place.offset, place.record_id)
    assert (found.type, found.payload, found.url) == ("resource", made.body, "onreadydom:" + ASK.url)
    assert rendering_of(path, plain.offset, plain.record_id) is None
    assert [record.type for record in iterate(path)][1:4] == ["response", "request", "resource"]
    path.write_bytes(path.read_bytes()[: place.offset + place.length + 40])
    assert rendering_of(path, place.offset, place.record_id) is None


def test_same_exchange_same_bytes(tmp_path):
    contents = []
    for name in "ab":
        with writer_in(tmp_path / name) as writer:
            place = writer.write_exchange(ASK, RawResponse(200, body=b"x" * 1000))
        contents.append((tmp_path / name / place.file).read_bytes())
    assert contents[0] == contents[1]


def test_warcio_check_passes(tmp_path):
    with writer_in(tmp_path) as writer:
        for body, headers in (
            (b"", []),
            (b"plain", [(b"Transfer-Encoding", b"chunked")]),
            (gzip.compress(b"packed"), [(b"Content-Encoding", b"gzip")]),
            (b"5\r\nhello\r\n0\r\n\r\n", [(b"transfer-encoding", b"chunked"), (b"Content-Length", b"9")]),
        ):
            first = writer.write_exchange(ASK, RawResponse(200, headers, body, ip="2001:db8::1"))
        revisit = Revisit(first.record_id, ASK.url, NOW, first.payload_digest, SERVER_NOT_MODIFIED)
        writer.write_exchange(ASK, RawResponse(304), revisit=revisit)
        writer.write_exchange(ASK, RawResponse(200, body=b"half", truncated="disconnect"))
    path = tmp_path / first.file
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", "-v", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.count("digest pass") == 12


def test_headers_cannot_be_injected(tmp_path):
    with writer_in(tmp_path) as writer:
        place = writer.write_exchange(
            RawRequest(
                "http://a.gov.example/x\r\nWARC-Type: evil\r\n\r\n", NOW, headers=[(b"A\r\nB", b"c\r\nD: e")]
            ),
            RawResponse(
                200,
                [(b"X-One", b"1\r\n\r\n<script>"), (b"Two\nSet-Cookie", b"y")],
                b"body",
                reason="OK\r\nInjected: yes",
                ip="1.2.3.4\r\nWARC-Type: evil",
            ),
        )
    records = list(iterate(tmp_path / place.file))
    assert [record.type for record in records] == ["warcinfo", "response", "request"]
    assert records[1].payload == b"body"
    assert records[1].headers == (("X-One", "1 <script>"), ("Two Set-Cookie", "y"))
    assert records[1].warc_header("WARC-IP-Address") is None
    assert records[1].url == "http://a.gov.example/x%0D%0AWARC-Type:%20evil%0D%0A%0D%0A"
    assert safe_uri("http://a.gov.example/ả\ud800") == "http://a.gov.example/%E1%BA%A3%ED%A0%80"


def test_revisit_points_at_the_payload(tmp_path):
    with writer_in(tmp_path) as writer:
        first = writer.write_exchange(ASK, RawResponse(200, body=b"same"))
        place = writer.write_exchange(
            ASK,
            RawResponse(200, [(b"ETag", b'"1"')], b"same"),
            revisit=Revisit(first.record_id, ASK.url, NOW, first.payload_digest),
        )
    record = read_record(tmp_path / place.file, place.offset)
    assert (record.type, record.status, record.payload) == ("revisit", 200, b"")
    assert record.warc_header("WARC-Refers-To") == f"<{first.record_id}>"
    assert record.warc_header("WARC-Refers-To-Date") == "2026-03-01T01:30:00Z"
    assert record.payload_digest == place.payload_digest == first.payload_digest


def test_files_rotate_and_are_never_shared(tmp_path):
    first, second = writer_in(tmp_path, max_bytes=2000), writer_in(tmp_path)
    assert list(tmp_path.iterdir()) == []  # nothing before the first exchange
    names = {first.write_exchange(ASK, RawResponse(200, body=bytes([n] * 10))).file for n in range(8)}
    names.add(second.write_exchange(ASK, RawResponse(200)).file)
    first.close()
    second.close()
    assert len(names) >= 4
    assert {path.name for path in tmp_path.iterdir()} == names
    assert all([record.type for record in iterate(path)][0] == "warcinfo" for path in tmp_path.iterdir())


def test_full_disk_leaves_the_file_whole(tmp_path):
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = writer_in(tmp_path)
    place = writer.write_exchange(ASK, RawResponse(200, body=b"first"))
    path = tmp_path / place.file
    size = path.stat().st_size
    noise = b"".join(number.to_bytes(4, "big") for number in range(50_000))
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, old[1]))
        with pytest.raises(CaptureError, match=place.file):
            writer.write_exchange(ASK, RawResponse(200, body=noise))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert path.stat().st_size == size
    again = writer.write_exchange(ASK, RawResponse(200, body=b"second"))
    writer.close()
    assert (again.file, again.offset) == (place.file, size)
    assert [record.payload for record in iterate(path) if record.type == "response"] == [b"first", b"second"]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CaptureError, match="cannot start"):
        writer_in(tmp_path / "file" / "warc").write_exchange(ASK, RawResponse(200))
    naive = datetime.now(UTC)
    assert RawRequest("http://a.gov.example/", naive).at is naive
